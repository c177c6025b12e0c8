"""How a Python that is embedded in another program finds itself.

The stub gives no program name, so libpython looks for `python3` on PATH and derives everything from
its place (CPython: Modules/getpath.c up to 3.10, Modules/getpath.py since 3.11).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Optional

from tritondoctor.facts.interpreter.libpythons import LIBPYTHON, read_version
from tritondoctor.facts.interpreter.model import Interpreter
from tritondoctor.facts.launch.model import StubPython
from tritondoctor.loader import Files, start
from tritondoctor.support.reading import Limit


def find(
    files: Files,
    variables: Mapping[str, str],
    cwd: str,
    interpreter: Interpreter,
    *,
    libpython: Optional[str],
    stub: str,
    isolated: bool,
) -> StubPython:
    """What an embedded Python, that of the file `libpython`, takes itself for."""
    executable = _on_path(files, variables.get("PATH", ""), cwd)
    home = None if isolated else variables.get("PYTHONHOME")
    stdlib = prefix = None
    below = os.path.join(_library_folder(files, libpython, interpreter), f"python{interpreter.minor}")
    if executable is not None:
        prefix, base = _prefixes(files, executable, interpreter.version)
        stdlib = _stdlib(files, home.split(":")[0] if home else base, below, up=not home)
    if stdlib is None and libpython is not None:
        stdlib = _stdlib(files, _compiled_in(files, libpython, interpreter.base_prefix), below)
    in_venv = interpreter.prefix != interpreter.base_prefix
    untold = stdlib is None and libpython is None  # PYTHONHOME names nothing, and no libpython says more
    ours = (
        untold or (stdlib is not None and files.realpath(stdlib) == files.realpath(interpreter.stdlib))
    ) and (not in_venv or _same(files, prefix, interpreter.prefix))
    return StubPython(
        executable=executable,
        stdlib=stdlib,
        ours=ours,
        minor=_minor(files, executable, variables, cwd, interpreter) if executable else None,
        isolated=isolated,
        encoding=_encoding(files, variables, isolated=isolated),
        # pybind11 looks for numpy._core since it supports NumPy 2 (its 2.12.0)
        numpy_2=_holds(files, stub, b"numpy._core"),
    )


def _on_path(files: Files, path: str, cwd: str) -> Optional[str]:
    for folder in path.split(":"):
        candidate = os.path.join(cwd, folder, "python3")
        if files.is_file(candidate) and files.access(candidate, os.X_OK):
            return candidate
    return None


def _prefixes(files: Files, executable: str, version: str) -> tuple[Optional[str], str]:
    """(the virtual environment's prefix or None, the folder from which the search goes up).

    Up to 3.10 it is the pyvenv.cfg beside the file to which links lead that names the home.  Where it
    names none, site.py takes the place for a virtual environment all the same.
    """
    folder = os.path.dirname(executable)
    try:
        origin = os.path.dirname(files.realpath(executable))
    except OSError:
        origin = folder
    settings = _venv_settings(files, folder)
    prefix = None if settings is None else os.path.dirname(folder)
    if tuple(map(int, version.split(".")[:2])) >= (3, 11):
        found = re.search(r"^\s*home\s*=(.*)$", settings or "", re.M | re.I)
    else:
        found = re.search(r"^[ \t]*home[ \t]+= ([^\r\n]+)", _venv_settings(files, origin) or "", re.M)
    return prefix, found[1].strip() if found else origin


def _venv_settings(files: Files, folder: str) -> Optional[str]:
    """The pyvenv.cfg in a folder, or in the one above it."""
    for place in (folder, os.path.dirname(folder)):
        try:
            content = files.read(os.path.join(place, "pyvenv.cfg"), Limit.SETTINGS)
        except OSError:
            continue
        return content.decode("utf-8", "replace")
    return None


def _same(files: Files, first: Optional[str], second: str) -> bool:
    return first is not None and files.realpath(first) == files.realpath(second)


def _minor(
    files: Files, executable: str, variables: Mapping[str, str], cwd: str, interpreter: Interpreter
) -> Optional[str]:
    """The minor version of the program that the stub starts its children with; None if unreadable."""
    if _same(files, executable, interpreter.executable):
        return interpreter.minor
    process = start(executable, variables, cwd, files)
    for item in process.objects:
        match = LIBPYTHON.match(item.name)
        if match:
            return f"3.{match.group(1)}"
    version = read_version(files, executable)
    return ".".join(version.split(".")[:2]) if version else None


def _compiled_in(files: Files, libpython: str, prefix: str) -> str:
    """The prefix that libpython was built for, if it is known: this one, or ""."""
    known = _holds(files, libpython, os.fsencode(prefix) + b"\0")
    return prefix if known else ""


def _holds(files: Files, path: str, part: bytes) -> bool:
    try:
        return files.holds(path, part)
    except OSError:
        return False


def _library_folder(files: Files, libpython: Optional[str], interpreter: Interpreter) -> str:
    """PLATLIBDIR of a libpython: `lib`, or `lib64` as Fedora, openSUSE and Gentoo compile it.

    The interpreter's own has its standard library there; another one is read where it may differ.
    """
    own = os.path.basename(os.path.dirname(interpreter.stdlib)) == "lib64"
    if libpython in (None, interpreter.libpython):
        return "lib64" if own else "lib"
    suspected = own or "/lib64/" in str(libpython)
    return "lib64" if suspected and _holds(files, str(libpython), b"\0lib64\0") else "lib"


def _stdlib(files: Files, origin: str, below: str, *, up: bool = False) -> Optional[str]:
    folder = origin
    while folder:
        candidate = os.path.join(folder, below)
        if any(files.exists(os.path.join(candidate, landmark)) for landmark in ("os.py", "os.pyc")):
            return candidate
        folder = folder.rpartition("/")[0] if up else ""  # never as far as the root
    return None


def _encoding(files: Files, variables: Mapping[str, str], *, isolated: bool) -> str:
    """The file system encoding of the embedded Python.

    An isolated configuration leaves the C locale, hence ASCII.  The older one follows the locale, and
    a C locale that LC_ALL does not ask for is coerced to UTF-8 (PEP 538).
    """
    if isolated:
        return "ascii"
    if variables.get("PYTHONUTF8") == "1":
        return "utf-8"
    names = (variables.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next((name for name in names if name), "C")
    if locale not in ("C", "POSIX") and _exists(files, locale):
        return "utf-8" if "utf8" in locale.lower().replace("-", "") else "ascii"
    coerced = not variables.get("LC_ALL") and variables.get("PYTHONCOERCECLOCALE") != "0"
    return "utf-8" if coerced else "ascii"


def _exists(files: Files, locale: str) -> bool:
    """Whether setlocale(3) would take the name: a folder or an entry of the locale archive."""
    name, _, codeset = locale.partition(".")
    codeset = codeset.lower().replace("-", "")
    if name == "C":
        return True
    if any(files.is_dir(f"/usr/lib/locale/{name}.{form}") for form in (codeset, codeset.upper())):
        return True
    return _holds(files, "/usr/lib/locale/locale-archive", os.fsencode(f"{name}.{codeset}"))
