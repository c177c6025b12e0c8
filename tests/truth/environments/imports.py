"""How Python finds modules: zip files, PYTHONPATH, files of that name, an incomplete standard library."""

from __future__ import annotations

import zipfile

from tests.truth import stock
from tests.truth.declare import environment
from tests.truth.place import Place
from tests.truth.stock import Absent


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


@environment("package-missing")
def module_unreadable(place: Place) -> None:
    """A module is a dangling link: importlib passes over what is no file."""
    path = place.packages / "typing_inspect.py"
    path.unlink()
    path.symlink_to("/nonexistent")


@environment("package-missing")
def extension_is_a_folder(place: Place) -> None:
    """… and so where a compiled module is a folder."""
    path = next(place.packages.glob("gevent/libev/corecext*.so"))
    path.unlink()
    path.mkdir()


@environment()
def dangling_link_named_like_a_module(place: Place) -> None:
    """A link to nowhere beside the quick start hides nothing."""
    (place.cwd / "zmq.py").symlink_to("/nonexistent")


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


@environment(
    "package-shadowed", "pytriton-outside-site-packages", "setting-invalid", python="3.12",
)  # fmt: skip
def packages_of_another_python_on_pythonpath(place: Place) -> None:
    """A person's own: PYTHONPATH was left from an environment of Python 3.11, and this one is 3.12."""
    place.set(PYTHONPATH=stock.site_packages(stock.pytriton("3.11", "0.7.0")))


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


@environment(
    "setting-invalid",
    cases={
        "gevent": {"GEVENT_LOOP": "nope"},
        "protobuf": {"PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "xx"},
        "backend": {"GEVENT_BACKEND": "nope"},
        "backend-of-others": {"GEVENT_BACKEND": "kqueue"},
        "monitor": {"GEVENT_MONITOR_THREAD_ENABLE": "nope"},
    },
)
def variable_of_a_package_refused(place: Place, variables: dict[str, str]) -> None:
    """Packages of the launch read variables of their own."""
    place.set(**variables)


@environment(
    cases={
        "backends": {"GEVENT_BACKEND": "Select,noenv"},
        "monitor": {"GEVENT_MONITOR_THREAD_ENABLE": "Off"},
    }
)
def variable_of_a_package_taken(place: Place, variables: dict[str, str]) -> None:
    """… and take these values."""
    place.set(**variables)


@environment("setting-invalid")
def variable_asks_for_another_package(place: Place) -> None:
    """GEVENT_LOOP=libuv needs cffi, which nothing installed."""
    place.set(GEVENT_LOOP="libuv")


@environment(cases=("aiohttp.py", "brotli.py", "csv.py", "stringprep.py", "zipfile.py", "mimetypes.py"))
def file_hides_what_a_start_does_not_call(place: Place, name: str) -> None:
    """A file named like a module of which only functions are used that no start calls."""
    place.write(place.cwd / name, "")


@environment(
    "package-shadowed", cases=("google/__init__.py", "zope/__init__.py", "google.py", "decimal.py")
)
def file_of_the_users_own(place: Place, name: str) -> None:
    """google and zope have no __init__.py, so any other package of that name hides all that lies there;
    a compiled module (rapidjson) takes Decimal.
    """
    place.write(place.cwd / name, "import sys\n\n\ndef main():\n    print(sys.argv)\n")


@environment("package-shadowed")
def script_beside_the_parts_of_tritonclient(place: Place) -> None:
    """Among them is a folder grpc, whose own names are not written down."""
    place.cwd = place.packages / "tritonclient"


@environment()
def part_of_a_namespace_beside_the_script(place: Place) -> None:
    """Another part of google, without an __init__.py as well: the two are one package."""
    place.write(place.cwd / "google/ours/__init__.py", "x = 1\n")


@environment("package-missing")
def module_that_only_a_compiled_one_imports_gone(place: Place) -> None:
    """gevent's loop imports zope.interface; it is built for this Python."""
    place.remove("zope")


@environment(cases=("abc.py", "io.py"))
def file_named_like_what_is_loaded_already(place: Place, name: str) -> None:
    """Python has imported these itself, before any script."""
    place.write(place.cwd / name, "")


@environment("package-missing")
def source_ends_within_a_name(place: Place) -> None:
    """wrapt/__init__.py cut short: `from .proxies import AutoObj`, of AutoObjectProxy."""
    source = place.packages / "wrapt/__init__.py"
    text = source.read_text()
    place.write(source, text[: text.index("ectProxy", text.index("from .proxies"))])


@environment("package-missing")
def distributors_packages_on_pythonpath(place: Place) -> None:
    """As ROS sets it: what Debian has of an older protobuf comes before the environment's."""
    debian = place.here / "dist-packages"
    place.write(debian / "google/protobuf/__init__.py", "__version__ = '3.21.12'\n")
    place.set(PYTHONPATH=debian)


@environment("package-missing", python=("3.11", "3.13"))
def package_that_takes_what_python_has_no_more(place: Place) -> None:
    """The abstract classes left `collections` with 3.10."""
    _with_old_code(place)


@environment(python=("3.8", "3.9"))
def package_that_takes_what_python_still_has(place: Place) -> None:
    """A function of the module gives them."""
    _with_old_code(place)


def _with_old_code(place: Place) -> None:
    path = place.packages / "wrapt/__init__.py"
    place.write(path, "from collections import Mapping\n" + path.read_text())


def _backport(place: Place, requirement: str) -> None:
    """pip install --target, and PYTHONPATH leads there."""
    folder = place.here / "target"
    options = ["--no-deps", "--only-binary", ":all:", "--target", str(folder)]
    stock.pip(str(place.python), *options, requirement)
    place.set(PYTHONPATH=folder)


@environment(
    "package-shadowed",
    cases={"enum": "enum34==1.1.10", "pathlib": "pathlib==1.0.1"},
)
def backport_for_an_old_python(place: Place, requirement: str) -> None:
    """What old Pythons did not have yet comes before Python's own."""
    _backport(place, requirement)


@environment("package-damaged")
def backport_that_is_no_python_of_today(place: Place) -> None:
    """asyncio for 3.3 calls a function `async`."""
    _backport(place, "asyncio==3.4.3")


@environment(cases={"argparse": "argparse==1.4.0", "concurrent": "futures==2.2.0"})
def backport_that_does_no_harm(place: Place, requirement: str) -> None:
    """Others are taken in place of Python's own as well."""
    _backport(place, requirement)
