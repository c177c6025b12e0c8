"""Environments that no check was designed for: combinations, and odd but healthy set-ups."""

from __future__ import annotations

import shutil
import zipfile

from tests.truth import stock
from tests.truth.declare import environment
from tests.truth.place import Place
from tests.truth.stock import Absent


@environment("libpython-missing", "package-missing", python="3.9")
def two_causes_package_and_library(place: Place) -> None:
    """No libpython, and a package of the client removed: curing one shows the other."""
    if stock.cached_by_loader("libpython3.9.so.1.0"):
        raise Absent("this machine's loader knows a libpython 3.9")
    place.remove("wrapt")
    place.unset("LD_LIBRARY_PATH")


@environment("workspace-path-unsafe", "libstdcxx-too-old")
def two_causes_path_and_library(place: Place) -> None:
    """A space in the workspace's path hides an old libstdc++."""
    place.set(PYTRITON_HOME=place.here / "a b")
    place.library_path(place.debian("bullseye", "libstdc++.so.6"), place.base.lib)


@environment("port-in-use", "numpy-too-new")
def two_causes_port_and_numpy(place: Place) -> None:
    """Neither would be seen while the other is there."""
    place.occupy("0.0.0.0", 8001)
    place.pip("numpy==2.2.6")


@environment("limit-too-low", "shared-memory-unusable")
def two_causes_limits(place: Place) -> None:
    """A container that is too small in two ways."""
    place.limit(nofile=40)
    place.options += ["--size", "1000000", "--tmpfs", "/dev/shm"]


@environment("libpython-wrong-build")
def linked_to_the_wrong_libpython(place: Place) -> None:
    """The least invasive cure, with the distribution's libpython."""
    library = stock.debian_library("bookworm", "libpython3.11.so.1.0").resolve()
    if place.base.version in ("3.11.0", "3.11.1", "3.11.2"):
        raise Absent("this Python is not newer than Debian's library")
    place.unset("LD_LIBRARY_PATH")
    (place.packages / "nvidia_pytriton.libs/libpython3.11.so.1.0").symlink_to(library)


@environment("libpython-missing", python="3.9")
def linked_libpython_dangles(place: Place) -> None:
    """The cure's link outlived the Python that it led to."""
    if stock.cached_by_loader("libpython3.9.so.1.0"):
        raise Absent("this machine's loader knows a libpython 3.9")
    place.unset("LD_LIBRARY_PATH")
    link = place.packages / "nvidia_pytriton.libs/libpython3.9.so.1.0"
    link.symlink_to("/opt/removed/lib/libpython3.9.so.1.0")


@environment("libstdcxx-too-old", python="3.10")
def old_libstdcxx_in_the_wheels_folder(place: Place) -> None:
    """Somebody copied a whole environment's libraries beside PyTriton's."""
    place.link_libpython()
    old = stock.debian_library("bullseye", "libstdc++.so.6").resolve()
    shutil.copy(old, place.packages / "nvidia_pytriton.libs/libstdc++.so.6")


@environment("package-missing")
def sitecustomize_hides_a_package(place: Place) -> None:
    """An import hook of the site refuses a module of the launch."""
    text = "import sys\nsys.modules['wrapt'] = None\n"
    place.write(place.packages / "sitecustomize.py", text)


@environment()
def sitecustomize_that_prints(place: Place) -> None:
    """A sitecustomize that talks at each start of Python."""
    place.write(place.packages / "sitecustomize.py", "import sys\nprint('hello', file=sys.stderr)\n")


@environment()
def sitecustomize_that_prints_to_stdout(place: Place) -> None:
    """… on standard output, where the doctor's question is answered."""
    place.write(place.packages / "usercustomize.py", "print('hello')\n")
    place.write(place.packages / "sitecustomize.py", "print('hello')\nprint('{}')\n")


@environment()
def pth_lines(place: Place) -> None:
    """Blank lines, comments, code and missing folders in .pth files."""
    place.write(place.packages / "odd.pth", "# odd\n\nimport os; os.environ.get('X')\n/nope\n../../..\n")


@environment()
def more_packages_by_pth(place: Place) -> None:
    """A .pth file adds a package of one's own, in another folder."""
    place.write(place.here / "mine/mine.py", "")
    place.write(place.packages / "mine.pth", f"{place.here}/mine\n")


@environment()
def package_in_a_zip(place: Place) -> None:
    """typing_inspect lies in a zip file on a .pth line; zipimport finds it."""
    module = place.packages / "typing_inspect.py"
    archive = place.here / "more.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.write(module, "typing_inspect.py")
    module.unlink()
    place.write(place.packages / "zipped.pth", f"{archive}\n")


@environment(python="3.9")
def package_in_a_zip_on_pythonpath(place: Place) -> None:
    """The same on PYTHONPATH."""
    module = place.packages / "typing_inspect.py"
    archive = place.here / "more.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.write(module, "typing_inspect.py")
    module.unlink()
    place.set(PYTHONPATH=archive)


@environment()
def module_as_bytecode_only(place: Place) -> None:
    """A module shipped as .pyc, without its source."""
    source = place.packages / "typing_inspect.py"
    code = f"import py_compile; py_compile.compile({str(source)!r}, {str(source) + 'c'!r})"
    place.check([place.python, "-I", "-c", code])
    source.unlink()


@environment("package-damaged")
def module_unreadable(place: Place) -> None:
    """A module is a dangling link."""
    path = place.packages / "typing_inspect.py"
    path.unlink()
    path.symlink_to("/nonexistent")


@environment()
def home_is_a_link(place: Place) -> None:
    """HOME leads through links to another folder."""
    (place.here / "h1").symlink_to("h2")
    (place.here / "h2").symlink_to(place.home)
    place.set(HOME=place.here / "h1")


@environment("workspace-path-unsafe")
def home_is_a_link_to_a_path_with_space(place: Place) -> None:
    """The link's name is harmless, what it leads to is not."""
    (place.here / "my files").mkdir()
    (place.here / "h").symlink_to("my files")
    place.set(HOME=place.here / "h")


@environment()
def home_is_a_harmless_link_of_a_bad_name(place: Place) -> None:
    """The link's name has a space, and PyTriton uses what it leads to."""
    (place.here / "my home").symlink_to(place.home)
    place.set(HOME=place.here / "my home")


@environment()
def cache_is_a_dangling_link(place: Place) -> None:
    """~/.cache leads to a folder that is not there yet; PyTriton makes it."""
    (place.home / ".cache").symlink_to("../scratch/cache")


@environment("workspace-not-writable")
def cache_is_a_link_to_nowhere(place: Place) -> None:
    """~/.cache leads to where nobody makes folders."""
    (place.home / ".cache").symlink_to("/proc/scratch")


@environment("workspace-not-writable")
def cache_is_a_link_to_itself(place: Place) -> None:
    """~/.cache is a link in a circle."""
    (place.home / ".cache").symlink_to(".cache")


@environment(cases={"copies": ["--copies"], "system-packages": ["--system-site-packages"]})
def venv_made_with(place: Place, options: list[str]) -> None:
    """Other ways of venv."""
    fresh = stock.site_packages(place.venv_without_packages(*options))
    fresh.rmdir()
    stock.link_tree(place.kept_packages(), fresh)


@environment(cases=("virtualenv", "uv"))
def made_by(place: Place, tool: str) -> None:
    """virtualenv and uv make environments of their own kind."""
    tools = stock.venv("3.11", tool)
    target = place.here / tool
    command = [f"{tools}/bin/python", "-m", tool, *(["venv"] if tool == "uv" else []), "-q"]
    stock.run([*command, "--python", place.base.path, str(target)], tool)
    fresh = stock.site_packages(target)
    shutil.rmtree(fresh)
    stock.link_tree(place.kept_packages(), fresh)
    place.python = target / "bin" / "python"


@environment()
def environment_through_a_link(place: Place) -> None:
    """The venv is named through a link to its folder."""
    (place.here / "link").symlink_to(place.prefix)
    place.python = place.here / "link/bin/python"


@environment()
def interpreter_by_relative_path(place: Place) -> None:
    """The interpreter is named from the working directory."""
    _ = place.prefix
    place.python = "../env/bin/python"


@environment()
def environment_moved(place: Place) -> None:
    """A venv that was renamed after it was made."""
    place.prefix.rename(place.here / "moved")
    place.python = place.here / "moved/bin/python"


@environment()
def healthy_numpy_on_pythonpath(place: Place) -> None:
    """Another numpy 1 on PYTHONPATH comes before the environment's."""
    other = stock.venv("3.11", "numpy==1.26.4")
    folder = place.here / "numpy-1.26"
    folder.mkdir()
    for name in ("numpy", "numpy.libs"):
        stock.link_tree(stock.site_packages(other) / name, folder / name)
    place.set(PYTHONPATH=folder)


@environment("numpy-too-new", python="3.9")
def numpy_2_on_pythonpath(place: Place) -> None:
    """PYTHONPATH brings numpy 2 over the environment's numpy 1; the stub of 3.9 sees it too."""
    other = stock.venv("3.9", "numpy==2.0.2")
    folder = place.here / "numpy-2"
    folder.mkdir()
    for name in ("numpy", "numpy.libs"):
        stock.link_tree(stock.site_packages(other) / name, folder / name)
    place.set(PYTHONPATH=folder)


@environment()
def numpy_2_on_pythonpath_that_the_stub_ignores(place: Place) -> None:
    """The same with 3.11, whose stub ignores PYTHONPATH: client with numpy 2, stub with numpy 1."""
    other = stock.venv("3.11", "numpy==2.0.2")
    folder = place.here / "numpy-2"
    folder.mkdir()
    for name in ("numpy", "numpy.libs"):
        stock.link_tree(stock.site_packages(other) / name, folder / name)
    place.set(PYTHONPATH=folder)


@environment()
def folder_named_like_a_package(place: Place) -> None:
    """A folder `numpy` without code beside the script is no package that hides another."""
    (place.cwd / "numpy").mkdir()
    place.write(place.cwd / "zmq/readme.txt", "notes\n")


@environment("package-shadowed")
def repository_clone_of_pytriton(place: Place) -> None:
    """The quick start is run from a folder that holds an unrelated package `pytriton`."""
    place.write(place.cwd / "pytriton/__init__.py", "")


@environment("package-shadowed")
def module_of_the_standard_library_shadowed_in_stub(place: Place) -> None:
    """A file that the client has loaded before, and only the stub takes from the working directory."""
    place.write(place.cwd / "typing.py", "raise SystemExit('not typing')\n")


@environment()
def current_folder_on_pythonpath(place: Place) -> None:
    """PYTHONPATH=. and an empty element."""
    place.set(PYTHONPATH=".:")


@environment("python-does-not-start")
def shared_library_of_interpreter_empty(place: Place) -> None:
    """An empty libpython first on LD_LIBRARY_PATH: the interpreter itself is shared and stops."""
    place.write(place.here / "lib/libpython3.11.so.1.0", "")
    place.library_path(place.here / "lib", place.base.lib)
    place.from_outside = True


@environment("libpython-missing", python="3.12")
def interpreter_static(place: Place) -> None:
    """LD_LIBRARY_PATH has the unversioned library only."""
    if stock.cached_by_loader("libpython3.12.so.1.0"):
        raise Absent("this machine's loader knows a libpython 3.12")
    place.library_path(place.folder_with("unversioned", f"{place.base.lib}/libpython3.so"))


@environment(cases={"bytes": b"\xff".decode("utf-8", "surrogateescape"), "long": "x" * 20000})
def variable_with_odd_value(place: Place, value: str) -> None:
    """Values of other variables: no text, or very long."""
    place.set(ODD=value)


@environment()
def many_variables(place: Place) -> None:
    """A start below a scheduler that sets hundreds of variables."""
    place.set(**{f"JOB_{number}": "x" * 100 for number in range(800)})


@environment()
def working_directory_with_space(place: Place) -> None:
    """The working directory's name matters to nobody as long as the workspace lies elsewhere."""
    place.cwd = place.here / "my project (1)"
    place.cwd.mkdir()


@environment()
def working_directory_read_only(place: Place) -> None:
    """Nothing is written beside the script."""
    place.options += ["--ro-bind", str(place.cwd), str(place.cwd)]


@environment()
def packages_read_only(place: Place) -> None:
    """The environment lies on a read-only mount."""
    place.options += ["--ro-bind", str(place.prefix), str(place.prefix)]


@environment(python=("3.9", "3.11", "3.13"))
def pythonhome_of_the_base(place: Place) -> None:
    """PYTHONHOME of the venv's own base changes nothing."""
    place.set(PYTHONHOME=place.base.prefix)


@environment("pytriton-missing")
def venv_without_its_configuration(place: Place) -> None:
    """pyvenv.cfg was lost in a copy: python takes itself for its base."""
    (place.prefix / "pyvenv.cfg").unlink()


@environment("pytriton-missing", python="3.9")
def user_site_switched_off(place: Place) -> None:
    """PyTriton is installed for the user, and PYTHONNOUSERSITE is set."""
    folder = place.home / f".local/lib/python{place.base.minor}"
    folder.mkdir(parents=True)
    stock.link_tree(place.kept_packages(), folder / "site-packages")
    place.python = place.base.path
    place.set(PYTHONNOUSERSITE="1")


@environment("package-shadowed")
def standard_library_of_another_python(place: Place) -> None:
    """PYTHONPATH leads to Python 3.9's standard library."""
    place.set(PYTHONPATH=f"{stock.interpreter('3.9').prefix}/lib/python3.9")


@environment()
def site_packages_is_a_link(place: Place) -> None:
    """site-packages lies on another disk, behind a link."""
    packages = place.packages
    packages.rename(place.here / "packages")
    packages.symlink_to(place.here / "packages")


@environment()
def packages_are_links(place: Place) -> None:
    """Each folder of site-packages is a link into a store."""
    fresh = stock.site_packages(place.venv_without_packages())
    for item in place.kept_packages().iterdir():
        (fresh / item.name).symlink_to(item)


@environment()
def files_are_links(place: Place) -> None:
    """Each file is a link into a store, as `uv pip install --link-mode symlink` makes them."""
    fresh = stock.site_packages(place.venv_without_packages())
    fresh.rmdir()
    stock.run(["cp", "-asT", str(place.kept_packages()), str(fresh)], "links to files")


@environment()
def metadata_of_pytriton_removed(place: Place) -> None:
    """Only the code was copied, without nvidia_pytriton-0.7.0.dist-info."""
    place.remove("nvidia_pytriton-0.7.0.dist-info")


@environment(
    "package-missing", python="3.10", cases={"ctypes": "_ctypes", "ssl": "_ssl", "socket": "_socket"}
)
def standard_library_without(place: Place, module: str) -> None:
    """A Python that was built where a development package was missing."""
    _without_module(place, module)


@environment(python="3.10", cases=("_sqlite3", "_lzma", "_bz2", "readline", "_tkinter", "_curses"))
def standard_library_without_unused(place: Place, module: str) -> None:
    """The same, of a module that the start does not need."""
    _without_module(place, module)


def _without_module(place: Place, module: str) -> None:
    folder = place.conda("built") / f"lib/python{place.base.minor}/lib-dynload"
    found = list(folder.glob(f"{module}.*"))
    if not found:
        raise Absent(f"{module} is no file of its own in this Python")
    found[0].unlink()
    place.library_path(place.base.lib)


@environment("workspace-path-too-long")
def short_link_to_a_long_path(place: Place) -> None:
    """HOME is short, and leads to a path that is too long for a socket."""
    long = place.here / ("l" * 60)
    long.mkdir()
    (place.here / "h").symlink_to(long)
    place.set(HOME=place.here / "h")


@environment("workspace-path-unsafe", cases={"tab": "a\tb", "semicolon": "a;b", "backslash": "a\\b",
                                             "newline": "a\nb"})  # fmt: skip
def path_with_rare_characters(place: Place, name: str) -> None:
    """More that bash does not pass on as it is."""
    place.set(PYTRITON_HOME=place.here / name)


@environment(cases={"up": "{here}/x/../y", "slashes": "{here}//y//", "dot": "./y"})
def path_written_oddly(place: Place, path: str) -> None:
    """Paths that are no normal form."""
    (place.here / "x").mkdir()
    place.set(PYTRITON_HOME=path.format(here=place.here))


@environment()
def home_relative(place: Place) -> None:
    """HOME is a relative path."""
    place.set(HOME="../home")


@environment("python-variables-stop-it", cases={"hash-seed": {"PYTHONHASHSEED": "abc"},
                                                "malloc": {"PYTHONMALLOC": "abc"},
                                                "encoding": {"PYTHONIOENCODING": "no-such"}})  # fmt: skip
def python_variable_refused(place: Place, variables: dict[str, str]) -> None:
    """More values with which CPython does not start."""
    place.set(**variables)


@environment(
    cases={
        "ascii": {"PYTHONIOENCODING": "ascii"},
        "inspect": {"PYTHONINSPECT": "1"},
        "verbose": {"PYTHONVERBOSE": "1"},
        "fault-handler": {"PYTHONFAULTHANDLER": "1", "PYTHONTRACEMALLOC": "1"},
        "cache-prefix": {"PYTHONPYCACHEPREFIX": "/tmp/nope/cache"},
        "locale": {"LC_ALL": "xx_YY.UTF-8", "LANG": "nonsense"},
        "malloc": {"PYTHONMALLOC": "debug"},
        "tunables": {"GLIBC_TUNABLES": "glibc.malloc.check=3", "MALLOC_PERTURB_": "7"},
        "shell": {"SHELL": "/nonexistent", "ENV": "/nonexistent", "BASH_FUNC_ls%%": "() { :; }"},
        "no-user": {"USER": "", "LOGNAME": "", "TERM": ""},
    }
)
def odd_variable(place: Place, variables: dict[str, str]) -> None:
    """Values that look wrong, and do no harm."""
    place.variables.update(variables)


@environment("bash-changes-launch")
def bash_env_puts_another_python_first(place: Place) -> None:
    """BASH_ENV activates another Python: its folder comes first on PATH."""
    folder = f"{stock.interpreter('3.9').prefix}/bin"
    text = f'export PATH="{folder}:$PATH"\n'
    place.set(BASH_ENV=place.write(place.here / "bash_env", text))


@environment()
def bash_env_puts_a_folder_first(place: Place) -> None:
    """BASH_ENV puts a folder without any Python first on PATH."""
    text = 'export PATH="/opt/tools/bin:$PATH"\nalias ll="ls -l"\nset -o nounset\n'
    place.set(BASH_ENV=place.write(place.here / "bash_env", text))


@environment("temporary-not-writable")
def tmp_full(place: Place) -> None:
    """/tmp has no room for a folder's files."""
    place.own_tmp("--size", "8192")
    place.before_start("head -c 100000 /dev/zero > /tmp/fill 2>/dev/null")


@environment()
def tmp_noexec(place: Place) -> None:
    """/tmp runs no programs; the model's files in it are read only."""
    place.own_tmp()
    place.before_start("mount -o remount,noexec /tmp")


@environment("temporary-not-writable", python=stock.SYSTEM)
def tmp_of_root_only(place: Place) -> None:
    """/tmp has lost its mode 1777."""
    _ = place.prefix
    place.own_tmp("--perms", "0755")
    place.as_nobody()


@environment("shared-memory-unusable", python=stock.SYSTEM)
def shared_memory_of_root_only(place: Place) -> None:
    """/dev/shm has lost its mode 1777."""
    _ = place.prefix
    place.options += ["--perms", "0755", "--tmpfs", "/dev/shm"]
    place.as_nobody()


@environment(python=stock.SYSTEM)
def user_without_a_name(place: Place) -> None:
    """A user whom /etc/passwd does not know, as containers run them."""
    _ = place.prefix
    place.as_nobody()
    place.options += ["--ro-bind", "/dev/null", "/etc/passwd"]


@environment()
def no_sys(place: Place) -> None:
    """/sys is empty."""
    place.options += ["--tmpfs", "/sys"]


@environment("limit-too-low")
def data_limit_too_low(place: Place) -> None:
    """Too little memory for the stacks of threads."""
    place.limit(data=100_000_000)


@environment(cases={"memlock": {"memlock": 0}, "pending": {"sigpending": 0}, "queue": {"msgqueue": 0},
                    "data": {"data": 4_000_000_000}})  # fmt: skip
def other_limit_high_enough(place: Place, limits: dict[str, int]) -> None:
    """Limits at nothing that nothing needs."""
    place.limit(**limits)


@environment(
    cases={
        "verbose": {"LOG_VERBOSE": "9"},
        "quiet": {"LOG_INFO": "false", "LOG_WARNING": "false", "LOG_ERROR": "false"},
        "local": {"HTTP_ADDRESS": "127.0.0.1", "GRPC_ADDRESS": "127.0.0.1"},
        "threads": {"HTTP_THREAD_COUNT": "1"},
        "pinned": {"PINNED_MEMORY_POOL_BYTE_SIZE": "0"},
        "iso": {"LOG_FORMAT": "ISO8601"},
        "control-mode": {"MODEL_CONTROL_MODE": "none"},
        "backends": {"BACKEND_DIRECTORY": "/nonexistent"},
        "rate-limit": {"RATE_LIMIT": "nonsense"},
        "log-file": {"LOG_FILE": "/proc/x/y"},
        "log-format": {"LOG_FORMAT": "nonsense"},
        "pool": {"PINNED_MEMORY_POOL_BYTE_SIZE": "x"},
    }
)
def odd_setting_accepted(place: Place, settings: dict[str, str]) -> None:
    """More settings: PyTriton drops those that it does not know."""
    place.variables.update({f"PYTRITON_TRITON_CONFIG_{k}": v for k, v in settings.items()})


@environment(
    "setting-invalid",
    cases={
        "threads-0": {"HTTP_THREAD_COUNT": "0"},
        "threads-text": {"HTTP_THREAD_COUNT": "many"},
        "cache": {"CACHE_CONFIG": "nonsense"},
        "ipv6": {"HTTP_ADDRESS": "::1"},
    },
)
def odd_setting_refused(place: Place, settings: dict[str, str]) -> None:
    """More settings of the server that end it, or hide it from the quick start."""
    place.variables.update({f"PYTRITON_TRITON_CONFIG_{k}": v for k, v in settings.items()})


@environment("loopback-down")
def loopback_is_down(place: Place) -> None:
    """The network's loopback device is down."""
    place.options += ["--cap-add", "CAP_NET_ADMIN"]
    place.before_start("ip link set lo down")


@environment(
    "variable-invalid",
    cases={
        "gevent": {"GEVENT_LOOP": "nope"},
        "protobuf": {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "xx"},
    },
)
def variable_of_a_package_refused(place: Place, variables: dict[str, str]) -> None:
    """Packages of the launch read variables of their own."""
    place.set(**variables)


@environment("loader-only-lists")
def loader_only_lists(place: Place) -> None:
    """LD_TRACE_LOADED_OBJECTS is set: every program prints its libraries and ends."""
    place.set(LD_TRACE_LOADED_OBJECTS="1")
    place.from_outside = True


@environment("package-missing")
def variable_asks_for_another_package(place: Place) -> None:
    """GEVENT_LOOP=libuv needs cffi, which nothing installed."""
    place.set(GEVENT_LOOP="libuv")
