"""Interpreters: every version that PyTriton has a stub for, the wrong ones, and none."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.truth import stock
from tests.truth.declare import environment
from tests.truth.place import Place
from tests.truth.stock import Absent

SUPPORTED = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
NEEDS_LIBPYTHON = SUPPORTED[:-1]


@environment(python=SUPPORTED)
def serves(place: Place) -> None:
    """A fresh venv with the latest release, and its libpython on LD_LIBRARY_PATH where one is needed."""


@environment(python=NEEDS_LIBPYTHON)
def libpython_linked(place: Place) -> None:
    """One link beside PyTriton's libraries, and no variable at all."""
    place.link_libpython()


@environment(python=stock.LIB64)
def standard_library_in_lib64(place: Place) -> None:
    """Fedora, openSUSE and Gentoo: standard library and libpython in lib64, the venv's lib64 a link."""
    place.link_libpython()
    assert (place.prefix / "lib64").is_symlink()


@environment(python=stock.LIB64)
def libpython_that_looks_in_lib(place: Place) -> None:
    """The same release of libpython from Debian: it uses Debian's own standard library, and serves."""
    if not Path("/usr/lib/python3.11/os.py").exists():
        raise Absent("this machine has no Python 3.11 of Debian")
    place.library_path(place.debian("bookworm", "libpython3.11.so.1.0"))


@environment("libpython-missing", python=("3.8", "3.9", "3.10", "3.12"))
def libpython_on_no_path(place: Place) -> None:
    """The first failure that everybody meets with pyenv, uv and conda."""
    if stock.cached_by_loader(f"libpython{place.base.minor}.so.1.0"):
        raise Absent("this machine's loader knows a libpython of that version")
    place.unset("LD_LIBRARY_PATH")


@environment(python="3.10", release=("0.5.14", "0.5.5", "0.4.2"))
def older_release(place: Place) -> None:
    """Older releases have another layout of their stubs."""
    place.set(LD_LIBRARY_PATH=place.base.lib)


@environment("libpython-missing", python="3.10", release=("0.5.14", "0.5.5", "0.4.2"))
def older_release_without_libpython(place: Place) -> None:
    """The first failure, with older releases."""
    if stock.cached_by_loader("libpython3.10.so.1.0"):
        raise Absent("this machine's loader knows a libpython 3.10")
    place.unset("LD_LIBRARY_PATH")


@environment("numpy-too-new", python="3.10", release="0.5.5")
def older_release_as_pip_installs_it_today(place: Place) -> None:
    """Its metadata allows NumPy 2, and pip takes the newest."""
    place.pip("numpy==2.2.6")


@environment(python="3.8", release=("0.2.5", "0.1.5"))
def oldest_release(place: Place) -> None:
    """The oldest releases bring one stub, and the libpython 3.8 for it."""
    place.unset("LD_LIBRARY_PATH")


@environment("python-without-stub", python="3.13", release="0.5.13")
def release_without_stub_for_this_python(place: Place) -> None:
    """pip was told to ignore what Python the release requires."""


@environment("pytriton-missing", python=("3.8", "3.11", "3.13"), release=None)
def no_pytriton(place: Place) -> None:
    """A venv with nothing in it."""


@environment("python-not-found")
def interpreter_removed(place: Place) -> None:
    """The Python that the venv was made with is gone."""
    for name in ("python", "python3"):
        (place.prefix / "bin" / name).unlink()
        (place.prefix / "bin" / name).symlink_to("/opt/removed/bin/python3")


@environment("python-does-not-start")
def interpreter_cut_short(place: Place) -> None:
    """A copy of the interpreter that the disk had no room for."""
    whole = Path(place.base.path).read_bytes()
    path = place.write(place.prefix / "bin/python", whole[: len(whole) // 3])
    path.chmod(0o755)


@environment("python-answers-nonsense")
def interpreter_that_is_none(place: Place) -> None:
    """A script of that name that greets and ends."""
    place.write(place.prefix / "bin/python", b"#!/bin/sh\necho hello\n").chmod(0o755)


@environment("python-does-not-start")
def interpreter_not_executable(place: Place) -> None:
    """The interpreter lost its execute bit."""
    place.write(place.prefix / "bin/python", Path(place.base.path).read_bytes()).chmod(0o644)


@environment(python=stock.SYSTEM)
def system_python(place: Place) -> None:
    """A venv of the distribution's Python, whose libpython the loader's cache knows."""
    if not stock.cached_by_loader(f"libpython{place.base.minor}.so.1.0"):
        raise Absent("the distribution's libpython is not installed")


@environment("libpython-wrong-build", python=stock.SYSTEM)
def system_python_with_pyenvs_library(place: Place) -> None:
    """LD_LIBRARY_PATH was set for another Python of the same minor version."""
    other = stock.interpreter(place.base.minor)
    if other.version == place.base.version or place.base.minor != "3.11":
        raise Absent("needs a second Python 3.11 of another release than the distribution's")
    place.library_path(other.lib)


@environment("libpython-wrong-build")
def debian_libpython_of_another_release(place: Place) -> None:
    """The loader and every ldd-like tool are content; the standard library is not."""
    if place.base.version in ("3.11.0", "3.11.1", "3.11.2"):
        raise Absent("this Python is not newer than Debian's library")
    place.library_path(place.debian("bookworm", "libpython3.11.so.1.0"))


@environment(python="3.9")
def debian_libpython_that_fits(place: Place) -> None:
    """3.9.2's core with a later 3.9's standard library serves all the same."""
    place.library_path(place.debian("bullseye", "libpython3.9.so.1.0"))


@environment("libpython-wrong-version", python="3.10")
def library_renamed_to_another_version(place: Place) -> None:
    """A folk cure: another Python's library under the name that is asked for."""
    other = stock.interpreter("3.9")
    folder = place.folder_with("renamed")
    shutil.copy(f"{other.lib}/libpython3.9.so.1.0", folder / "libpython3.10.so.1.0")
    place.library_path(folder)
    place.from_outside = True


@environment("libpython-wrong-version", python=stock.SYSTEM)
def libpython_of_another_version_preloaded(place: Place) -> None:
    """The stub has its own libpython too, but the symbols of the one that is preloaded come first."""
    place.set(LD_PRELOAD=f"{stock.interpreter('3.9').lib}/libpython3.9.so.1.0")
    place.from_outside = True


@environment("python3-elsewhere")
def python3_removed(place: Place) -> None:
    """The stub looks for `python3` on PATH and finds the system's."""
    _only_python(place, None)


@environment("python3-elsewhere")
def python3_dangling(place: Place) -> None:
    """`python3` of the venv leads nowhere."""
    _only_python(place, "/opt/removed/bin/python3")


@environment("python3-elsewhere")
def python3_of_another_version(place: Place) -> None:
    """`python3` of the venv is Python 3.9."""
    _only_python(place, stock.interpreter("3.9").path)


@environment()
def python3_by_another_link(place: Place) -> None:
    """`python3` leads past `python` to the same interpreter."""
    _only_python(place, place.base.path)


def _only_python(place: Place, python3: str | None) -> None:
    folder = place.prefix / "bin"
    for path in [*folder.glob("python*")]:
        path.unlink()
    (folder / "python").symlink_to(place.base.path)
    if python3:
        (folder / "python3").symlink_to(python3)


@environment("python3-elsewhere", python="3.9")
def altinstall(place: Place) -> None:
    """`make altinstall` leaves no `python3`, only `python3.9`."""
    prefix = place.conda("alt")
    shutil.rmtree(prefix / "conda-meta")
    for name in ("python", "python3"):
        (prefix / "bin" / name).unlink()
    place.python = prefix / "bin/python3.9"
    place.unset("CONDA_PREFIX", "CONDA_DEFAULT_ENV")
    place.library_path(place.base.lib)


@environment("python-variables-stop-it", python=("3.8", "3.13"))
def pythonhome_elsewhere(place: Place) -> None:
    """PYTHONHOME of a folder without a standard library."""
    place.set(PYTHONHOME="/nonexistent")


@environment("python-variables-stop-it")
def pythonutf8_is_no_number(place: Place) -> None:
    """CPython refuses to start with this value."""
    place.set(PYTHONUTF8="x")


@environment("python-warnings-as-errors", cases=("error", "error::UserWarning"))
def warnings_are_errors(place: Place, value: str) -> None:
    """PyTriton's own warnings end the quick start."""
    place.set(PYTHONWARNINGS=value)


@environment("python-warnings-as-errors", cases={"c": "C", "utf-8": "C.UTF-8"})
def warnings_of_encodings_are_errors(place: Place, locale: str) -> None:
    """PEP 597's warnings, asked for and made errors."""
    place.set(PYTHONWARNDEFAULTENCODING="1", PYTHONWARNINGS="error::EncodingWarning", LC_ALL=locale)


@environment(
    cases={
        "deprecations": {"PYTHONWARNINGS": "error::DeprecationWarning"},
        "optimised": {"PYTHONOPTIMIZE": "2"},
        "development": {"PYTHONDEVMODE": "1"},
        "safe-path": {"PYTHONSAFEPATH": "1"},
        "no-bytecode": {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"},
    }
)
def harmless_python_variable(place: Place, variables: dict[str, str]) -> None:
    """Variables of Python that people set."""
    place.set(**variables)


@environment(python=stock.SYSTEM)
def unprivileged_user(place: Place) -> None:
    """A user without any right, with a venv that all may read."""
    if not stock.cached_by_loader(f"libpython{place.base.minor}.so.1.0"):
        raise Absent("the distribution's libpython is not installed")
    _ = place.prefix
    place.as_nobody()


@environment("access-denied", python="3.11")
def interpreter_out_of_reach(place: Place) -> None:
    """A venv of root's own Python, used by another user."""
    if not place.base.path.startswith("/root/"):
        raise Absent("needs a Python below /root")
    _ = place.prefix
    place.as_nobody()


@environment("python-does-not-start")
def startup_code_ends_python(place: Place) -> None:
    """A sitecustomize on PYTHONPATH that refuses to go on."""
    place.write(place.here / "startup/sitecustomize.py", "import sys\n\nsys.exit('module not loaded')\n")
    place.set(PYTHONPATH=place.here / "startup")


@environment("python-does-not-start")
def startup_code_of_a_package_ends_python(place: Place) -> None:
    """A .pth file imports a module that calls sys.exit."""
    place.write(place.packages / "guard.py", "import sys\n\ndef check():\n    sys.exit(1)\n\ncheck()\n")
    place.write(place.packages / "guard.pth", "import guard\n")


@environment()
def startup_code_that_would_end_another_python(place: Place) -> None:
    """A sitecustomize that ends only Python 2, and one statement that is caught."""
    code = "import sys\nif sys.version_info < (3,):\n    sys.exit(1)\n"
    code += "try:\n    sys.exit(1)\nexcept SystemExit:\n    pass\n"
    place.write(place.here / "startup/sitecustomize.py", code)
    place.set(PYTHONPATH=place.here / "startup")


#: what a script in the place of bin/python says before it starts the interpreter
_SCRIPTS = {
    "exports-an-old-libstdcxx": "export LD_LIBRARY_PATH={old}:$LD_LIBRARY_PATH",
    "takes-the-library-path-away": "unset LD_LIBRARY_PATH",
    "exports-the-libpython": "export LD_LIBRARY_PATH={lib}",
    "says-nothing": ":",
}


def _by_script(place: Place, case: str) -> None:
    """environment modules, nix and cluster installations put a shell script in an interpreter's place."""
    folder = place.prefix / "bin"
    real = os.path.realpath(folder / "python3.10")
    for name in ("python", "python3", "python3.10"):
        (folder / name).unlink()
    (folder / "python3.10").symlink_to(real)
    (folder / "python3").symlink_to("python3.10")
    old = place.debian("bullseye", "libstdc++.so.6") if "{old}" in _SCRIPTS[case] else ""
    line = _SCRIPTS[case].format(old=old, lib=place.base.lib)
    script = f'#!/bin/sh\n{line}\nexec {folder}/python3.10 "$@"\n'
    place.write(folder / "python", script).chmod(0o755)


@environment("libstdcxx-too-old", python="3.10")
def script_that_exports_an_old_library(place: Place) -> None:
    """What it sets comes before what the shell set."""
    _by_script(place, "exports-an-old-libstdcxx")


@environment("libpython-missing", python="3.10")
def script_that_takes_the_library_path_away(place: Place) -> None:
    """The shell's LD_LIBRARY_PATH names libpython, and Python never sees it."""
    _by_script(place, "takes-the-library-path-away")


@environment(python="3.10", cases=("exports-the-libpython", "says-nothing"))
def script_that_starts_python(place: Place, case: str) -> None:
    """One that gives what the stub needs, and one that changes nothing."""
    _by_script(place, case)
    if case == "exports-the-libpython":
        place.unset("LD_LIBRARY_PATH")
