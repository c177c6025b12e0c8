"""The libpythons on the machine: their versions, what they lack, and which one a program uses."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Optional

from tritondoctor.facts.interpreter.model import Interpreter, LibPython
from tritondoctor.loader import BadElf, Files, LoadedProcess, Skipped, read_elf
from tritondoctor.loader.symbols import exported_names, symbol_bytes
from tritondoctor.loader.tags import SegmentType
from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import Limit

#: a libpython's SONAME; auditwheel puts a hash into the name of one that a wheel carries
LIBPYTHON = pattern(r"libpython3(?:-[0-9a-f]{8})?\.(\d+)[a-z]*\.so")
#: methods of C objects that came within a minor release together with the module that calls them
#: (CPython gh-109593: threading's RLock, called by the resource tracker since 3.11.6 and 3.12.1)
COUPLED = (("multiprocessing/resource_tracker.py", "_recursion_count"),)
_NUMBER = pattern(rb"\d+")
_PATCH = pattern(rb"\d+(?:(?:a|b|rc)\d+)?(?=\+?\0)")
_OF_NUMBERS = (*(b"%d" % digit for digit in range(10)), b".")
#: built in without a PyInit function of that name (CPython's Modules/config.c.in)
_CORE_MODULES = {
    "_frozen_importlib", "_frozen_importlib_external", "_imp", "_warnings", "builtins", "marshal",
    "sys",
}  # fmt: skip


def read_version(files: Files, path: str) -> Optional[str]:
    """The exact version of a libpython, `3.11.7`, from the file itself; None if unreadable.

    From 3.11 on `Py_Version` is exported (Include/cpython/pylifecycle.h); before, PY_VERSION is a
    string in read-only data (Python/getversion.c), perhaps merged with the tail of another.
    """
    try:
        key = ("version of a libpython", id(read_elf(files, path)))
        if key not in files.memory():
            files.memory()[key] = _version_in(files, path)
    except (OSError, BadElf, Skipped):
        return None
    version: Optional[str] = files.memory()[key]
    return version


def _version_in(files: Files, path: str) -> Optional[str]:
    packed = symbol_bytes(files, path, "Py_Version", 8)
    if packed is not None:
        number = int.from_bytes(packed, "little")
        return f"{number >> 24 & 255}.{number >> 16 & 255}.{number >> 8 & 255}"
    content = _loaded_part(files, path)
    minor = next(_after(b"python3.", _NUMBER, content), None)
    if minor is None:
        return None
    head = b"3." + minor + b"."
    exact = next(_after(head, _PATCH, content), None)
    return (head + exact).decode("ascii") if exact else None


def _after(head: bytes, tail: re.Pattern[bytes], content: bytes) -> Iterator[bytes]:
    """What follows `head`, which no part of another number is, where it has the form of `tail`.

    Looking for the literal first is much cheaper than a search by pattern in megabytes.
    """
    place = content.find(head)
    while place >= 0:
        found = tail.match(content, place + len(head))
        if found and content[max(place - 1, 0) : place] not in _OF_NUMBERS:
            yield found.group()
        place = content.find(head, place + 1)


def _loaded_part(files: Files, path: str) -> bytes:
    """The file without what follows its last loaded segment (symbols, debug information)."""
    elf = read_elf(files, path)
    end = max(
        (segment.offset + segment.filesz for segment in elf.segments if segment.type == SegmentType.LOAD),
        default=0,
    )
    with files.open(path) as opened:
        if min(end, opened.stat.size) > Limit.LIBPYTHON:
            files.leave_out(path, f"has more than {Limit.LIBPYTHON >> 20} MiB of code")
        return opened.read(0, min(end, Limit.LIBPYTHON))


def libpython_at(files: Files, path: str, where: str, interpreter: Interpreter) -> LibPython:
    """One libpython: its version, and the calls of the target's standard library that it lacks."""
    version = read_version(files, path)
    lacks: tuple[str, ...] = ()
    if version is not None and version != interpreter.stdlib_version:
        lacks = _lacking(files, path, interpreter)
    return LibPython(path, where, version, lacks)


def _lacking(files: Files, path: str, interpreter: Interpreter) -> tuple[str, ...]:
    try:
        content = _loaded_part(files, path)
    except (OSError, BadElf, Skipped):
        return ()
    lacking = []
    for module, attribute in COUPLED:
        try:
            text = files.read(os.path.join(interpreter.stdlib, module), Limit.SOURCE)
        except OSError:
            continue
        if attribute.encode() in text and attribute.encode() + b"\0" not in content:
            lacking.append(f"{module} calls {attribute}")
    return tuple(lacking)


def builtin_modules(
    files: Files, libpython: Optional[LibPython], interpreter: Interpreter
) -> tuple[str, ...]:
    """The modules that are compiled into the libpython that a stub loads: its exported PyInit functions.

    Where that is the interpreter's own library, its own list.
    """
    if libpython is None or libpython.path == interpreter.libpython:
        return interpreter.builtin_modules
    try:
        found = exported_names(files, libpython.path, "PyInit_")
    except (OSError, BadElf, Skipped):
        return interpreter.builtin_modules
    names = {name[len("PyInit_") :] for name in found}
    return tuple(sorted(names | _CORE_MODULES & set(interpreter.builtin_modules)))


def candidates(
    files: Files,
    interpreter: Interpreter,
    variables: Mapping[str, str],
    prefixes: Iterable[str],
    cwd: str,
) -> list[tuple[str, str]]:
    """Places of libpythons of the interpreter's minor version: (path, where it was found)."""
    minor = interpreter.minor
    shared = f"libpython{minor}{interpreter.abiflags}.so.1.0"
    places = [
        (os.path.dirname(interpreter.stdlib), "its base prefix"),  # lib, or lib64
        (interpreter.config.get("LIBDIR") or "", "LIBDIR of its build"),
        (os.path.join(interpreter.prefix, "lib"), "its prefix"),
        *((element, "LD_LIBRARY_PATH") for element in _elements(variables)),
        *((os.path.join(prefix, "lib"), f"conda prefix {prefix}") for prefix in prefixes),
        *((path, "system") for path in _system_folders(interpreter)),
    ]
    home = variables.get("HOME", "")
    for folder, where in ((f"{home}/.pyenv/versions", "pyenv"), (f"{home}/.local/share/uv/python", "uv")):
        places += [(os.path.join(folder, name, "lib"), where) for name in _names(files, folder)]
    seen: set[str] = set()
    result = []
    for folder, where in places:
        path = os.path.join(cwd, folder, shared)
        real = files.realpath(path)
        if folder and real not in seen and files.is_file(real):
            seen.add(real)
            result.append((path, where))
    return result


def _names(files: Files, folder: str) -> list[str]:
    try:
        return files.listdir(folder)
    except OSError:
        return []


def _elements(variables: Mapping[str, str]) -> list[str]:
    return [part for part in re.split("[:;]", variables.get("LD_LIBRARY_PATH", "")) if part]


def _system_folders(interpreter: Interpreter) -> list[str]:
    triplet = interpreter.config.get("MULTIARCH") or f"{interpreter.machine}-linux-gnu"
    return [f"/usr/lib/{triplet}", f"/lib/{triplet}", "/usr/lib64", "/usr/local/lib", "/usr/lib"]


def own_libpython(process: LoadedProcess, cwd: str) -> Optional[str]:
    """The libpython whose symbols a program uses; None for a static interpreter.

    The first in the link map wins, and one that is preloaded comes first; where the program asks for
    none, it is static, and its own symbols come before all others.
    """
    loaded = [item for item in process.objects if LIBPYTHON.match(os.path.basename(item.name))]
    if all(item.found_by == "preload" for item in loaded):
        return None
    return os.path.join(cwd, loaded[0].path)
