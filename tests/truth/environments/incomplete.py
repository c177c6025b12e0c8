"""Files of packages that are gone or saved otherwise, seen only by a look behind the import statements.

Found by taking each module of a launch away, and by a look at `sys.modules` of a real one.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

from tests.truth import stock
from tests.truth.declare import environment
from tests.truth.place import Place


@environment(
    "package-missing",
    cases=(
        "numpy/core/_internal.py", "attr/filters.py", "grpc/_common.py",
        "tritonclient/grpc/service_pb2.py",
    ),
)  # fmt: skip
def module_that_its_package_names(place: Place, name: str) -> None:
    """`from . import module`: the package has the word, and not the module."""
    place.remove(name)


@environment(
    "package-missing",
    cases=("grpc/aio", "grpc/aio/_channel.py", "gevent/_interfaces.py", "gevent/threadpool.py"),
)
def module_that_no_plain_statement_imports(place: Place, name: str) -> None:
    """In a condition on `__name__`, by a compiled module, at the first use."""
    place.remove(name)


@environment("package-missing", cases=("zmq/sugar", "zmq/backend/cython", "gevent/monkey"))
def inner_package_without_its_init(place: Place, name: str) -> None:
    """Imported with all its names, chosen by name, or taken from its package."""
    place.remove(f"{name}/__init__.py")


@environment("package-missing")
def compiled_twin_gone(place: Place) -> None:
    """gevent's modules demand their compiled twins by a call (gevent/_util.py)."""
    next(place.packages.glob("gevent/_gevent_cqueue.*")).unlink()


@environment("package-not-loadable")
def compiled_twin_cut_short(place: Place) -> None:
    """… and such a file that the disk had no room for."""
    twin = next(place.packages.glob("gevent/_gevent_c_waiter.*"))
    place.write(twin, twin.read_bytes()[:40_000])


@environment("wheel-damaged", cases=("gone", "edited"))
def module_that_the_start_imports_in_a_function(place: Place, case: str) -> None:
    """pytriton/client/auth.py, which `Triton.run` imports."""
    module = place.packages / "pytriton/client/auth.py"
    text = module.read_text()
    module.unlink()
    if case == "edited":
        place.write(module, text + "\nx = = 1\n")


_MODULE = "typing_inspect.py"
_WAYS: dict[str, Callable[[bytes], bytes]] = {
    "bom-and-another-encoding": lambda text: b"\xef\xbb\xbf# coding: latin-1\n" + text,
    "unknown-encoding": lambda text: b"# coding: nope\n" + text,
    "a-page-of-a-proxy": lambda text: b"<!DOCTYPE html><html><body>407</body></html>\n",
    "a-pointer-of-git-lfs": lambda text: b"version https://git-lfs.github.com/spec/v1\nsize 9\n",
}
_HARMLESS_WAYS: dict[str, Callable[[bytes], bytes]] = {
    "latin-1-in-a-comment": lambda text: b"# caf\xe9\n" + text,
    "bom": lambda text: b"\xef\xbb\xbf" + text,
    "utf-8-by-another-name": lambda text: b"# coding: UTF_8-unix\n" + text,
}


@environment("package-damaged", cases=_WAYS)
def module_saved_otherwise(place: Place, change: Callable[[bytes], bytes]) -> None:
    """What stands in the file is no Python, or in another encoding than it says."""
    place.write(place.packages / _MODULE, change((place.packages / _MODULE).read_bytes()))


@environment(cases=_HARMLESS_WAYS)
def module_saved_in_a_way_that_python_takes(place: Place, change: Callable[[bytes], bytes]) -> None:
    """The tokenizer does not look at the bytes of comments."""
    place.write(place.packages / _MODULE, change((place.packages / _MODULE).read_bytes()))


@environment()
def stub_that_was_stripped(place: Place) -> None:
    """`strip`, as images are made small: another size, and whole."""
    place.edit(place.stub)
    stock.run(["strip", "--strip-all", str(place.stub)], "strip")


@environment(cases=("home-gone", "named-twice"))
def home_of_the_venv_that_is_gone(place: Place, case: str) -> None:
    """libpython falls back to the prefix that it was built for, and never searches the root folder."""
    config = place.prefix / "pyvenv.cfg"
    text = config.read_text()
    changed = text.replace(f"{place.base.prefix}/bin", "/opt/gone/bin", 1)
    place.write(config, changed if case == "home-gone" else f"home = /opt/gone/bin\n{text}")


@environment()
def standard_library_known_by_its_bytecode(place: Place) -> None:
    """os.pyc in place of os.py is a landmark too (Modules/getpath.py)."""
    prefix = place.conda("own")
    shutil.rmtree(prefix / "conda-meta")
    place.unset("CONDA_PREFIX", "CONDA_DEFAULT_ENV")
    place.library_path(prefix / "lib")
    source = prefix / f"lib/python{place.base.minor}/os.py"
    subprocess.run([str(place.python), "-I", "-m", "compileall", "-q", "-b", str(source)], check=True)
    source.unlink()


@environment(python="3.9")
def numpy_2_of_the_user_behind_that_of_the_venv(place: Place) -> None:
    """A venv that sees the system's packages has its own first, then the user's (Lib/site.py)."""
    fresh = stock.site_packages(place.venv_without_packages("--system-site-packages"))
    user = place.home / f".local/lib/python{place.base.minor}/site-packages"
    user.mkdir(parents=True)
    fresh.rmdir()
    stock.link_tree(place.kept_packages(), fresh)
    other = stock.site_packages(stock.venv("3.9", "numpy==2.0.2"))
    for name in ("numpy", "numpy.libs"):
        stock.link_tree(other / name, user / name)


@environment("package-missing")
def codec_of_host_names_gone(place: Place) -> None:
    """encodings/idna.py, which no statement imports."""
    prefix = place.conda("own")
    shutil.rmtree(prefix / "conda-meta")
    place.unset("CONDA_PREFIX", "CONDA_DEFAULT_ENV")
    place.library_path(prefix / "lib")
    (prefix / f"lib/python{place.base.minor}/encodings/idna.py").unlink()


@environment("packages-noexec")
def environment_on_a_mount_without_programs(place: Place) -> None:
    """A hardened home: Python's program is elsewhere, the compiled modules are not."""
    place.options += ["--tmpfs", "/mnt"]
    place.before_start(f"cp -a {place.prefix}/. /mnt/ && mount -o remount,noexec /mnt")
    place.python = "/mnt/bin/python"
