"""The target's interpreter, asked in isolation, and the libpythons on the machine."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Optional

import msgspec

from tritondoctor.facts.interpreter import startup_code
from tritondoctor.facts.interpreter.answer import Answer
from tritondoctor.facts.interpreter.question import Question
from tritondoctor.facts.launch.programs import Running
from tritondoctor.facts.model import Interpreter, LibPython, Program
from tritondoctor.loader import BadElf, Files, LoadedProcess, Skipped, read_elf, start
from tritondoctor.loader.symbols import dynamic_symbols, symbol_bytes
from tritondoctor.loader.tags import SegmentType
from tritondoctor.support.reading import Limit
from tritondoctor.target import kind_of

#: a libpython's SONAME; auditwheel puts a hash into the name of one that a wheel carries
LIBPYTHON = re.compile(r"libpython3(?:-[0-9a-f]{8})?\.(\d+)[a-z]*\.so")
#: methods of C objects that came within a minor release together with the module that calls them
#: (CPython gh-109593: threading's RLock, called by the resource tracker since 3.11.6 and 3.12.1)
COUPLED = (("multiprocessing/resource_tracker.py", "_recursion_count"),)
#: built in without a PyInit function of that name (CPython's Modules/config.c.in)
_CORE_MODULES = {
    "_frozen_importlib", "_frozen_importlib_external", "_imp", "_warnings", "builtins", "marshal",
    "sys",
}  # fmt: skip


def interpreter(question: Question, files: Files, cwd: str) -> Interpreter:
    """The interpreter's own account; `starts` is False with the reason where there is none."""
    answer = question.answer()
    if answer is None:
        return Interpreter(
            path=question.path,
            starts=False,
            problem=question.failure,
            problem_id=question.failure_id,
            program=_not_started(question, files, cwd),
        )
    process = start(answer.executable or question.path, question.variables, cwd, files)
    told = msgspec.structs.asdict(answer)
    site, executable, code = told.pop("site"), told.pop("executable"), told.pop("startup_code")
    interpreter = Interpreter(
        path=question.path,
        starts=True,
        executable=executable or question.path,
        libpython=own_libpython(process, cwd),
        stdlib_version=_built_with(files, answer),
        variables_problem=question.with_variables(),
        site_packages=site.packages,
        # HOME may be relative; without one it stays "~/…", which is a folder of the working directory
        user_site=site.user and os.path.join(cwd, site.user),
        kind=kind_of(answer.prefix, answer.base_prefix),
        asked_as=question.identity and question.identity.uid,
        pip=any(files.is_file(f"{place}/pip/__init__.py") for place in answer.sys_path),
        managed=answer.prefix == answer.base_prefix
        and files.is_file(os.path.join(answer.stdlib, "EXTERNALLY-MANAGED")),
        **told,
    )
    judged = startup_code.judged(files, interpreter, code)
    return msgspec.structs.replace(interpreter, startup_code=judged)


def _not_started(question: Question, files: Files, cwd: str) -> Optional[Program]:
    """The link map of an interpreter that gave no answer, where the loader is why."""
    if not files.is_file(question.path):
        return None
    program = Running(files, question.path, question.variables, cwd).program("client")
    itself = any(
        problem.kind == "not-a-program" or question.path in (problem.name, problem.provider)
        for problem in program.problems
    )
    return program if program.problems and not itself else None


def _built_with(files: Files, answer: Answer) -> str:
    """The version of the standard library: that of the libpython which was installed with it.

    A shared interpreter may run on another core than its own, and `sys.version` is the core's.
    """
    name = answer.config.get("INSTSONAME") or ""
    for folder in (answer.config.get("LIBDIR") or "", os.path.join(answer.base_prefix, "lib")):
        path = os.path.join(folder, name)
        if name.startswith("libpython") and ".so" in name and files.is_file(path):
            version = read_version(files, path)
            if version is not None:
                return version
    return answer.version


def read_version(files: Files, path: str) -> Optional[str]:
    """The exact version of a libpython, `3.11.7`, from the file itself; None if unreadable.

    From 3.11 on `Py_Version` is exported (Include/cpython/pylifecycle.h); before, PY_VERSION is a
    string in read-only data (Python/getversion.c), perhaps merged with the tail of another.
    """
    try:
        packed = symbol_bytes(files, path, "Py_Version", 8)
        if packed is not None:
            number = int.from_bytes(packed, "little")
            return f"{number >> 24 & 255}.{number >> 16 & 255}.{number >> 8 & 255}"
        content = _loaded_part(files, path)
    except (OSError, BadElf, Skipped):
        return None
    minor = re.search(rb"python(3\.\d+)", content)
    if minor is None:
        return None
    exact = rb"(?<![\d.])" + re.escape(minor.group(1)) + rb"\.\d+(?:(?:a|b|rc)\d+)?(?=\+?\0)"
    match = re.search(exact, content)
    return match.group().decode("ascii") if match else None


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


def libpython_at(files: Files, path: str, where: str, asked: Interpreter) -> LibPython:
    """One libpython: its version, and the calls of the target's standard library that it lacks."""
    version = read_version(files, path)
    lacks: tuple[str, ...] = ()
    if version is not None and version != asked.stdlib_version:
        lacks = _lacking(files, path, asked)
    return LibPython(path, where, version, lacks)


def _lacking(files: Files, path: str, asked: Interpreter) -> tuple[str, ...]:
    try:
        content = _loaded_part(files, path)
    except (OSError, BadElf, Skipped):
        return ()
    found = []
    for module, attribute in COUPLED:
        try:
            text = files.read(os.path.join(asked.stdlib, module), Limit.SOURCE)
        except OSError:
            continue
        if attribute.encode() in text and attribute.encode() + b"\0" not in content:
            found.append(f"{module} calls {attribute}")
    return tuple(found)


def builtin_modules(files: Files, libpython: Optional[LibPython], asked: Interpreter) -> tuple[str, ...]:
    """The modules that are compiled into the core which a stub loads: its exported PyInit functions.

    Where that is the interpreter's own library, its own list.
    """
    if libpython is None or libpython.path == asked.libpython:
        return asked.builtin_modules
    try:
        symbols = dynamic_symbols(files, libpython.path)
    except (OSError, BadElf, Skipped):
        return asked.builtin_modules
    names = {symbol.name[7:] for symbol in symbols if symbol.name.startswith("PyInit_")}
    return tuple(sorted(names | _CORE_MODULES & set(asked.builtin_modules)))


def candidates(
    files: Files,
    asked: Interpreter,
    variables: Mapping[str, str],
    prefixes: Iterable[str],
    cwd: str,
) -> list[tuple[str, str]]:
    """Places of libpythons of the interpreter's minor version: (path, where it was found)."""
    minor = asked.minor
    shared = f"libpython{minor}{asked.abiflags}.so.1.0"
    places = [
        (os.path.join(asked.base_prefix, "lib"), "its base prefix"),
        (asked.config.get("LIBDIR") or "", "LIBDIR of its build"),
        (os.path.join(asked.prefix, "lib"), "its prefix"),
        *((element, "LD_LIBRARY_PATH") for element in _elements(variables)),
        *((os.path.join(prefix, "lib"), f"conda prefix {prefix}") for prefix in prefixes),
        *((path, "system") for path in _system_folders(asked)),
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


def _system_folders(asked: Interpreter) -> list[str]:
    triplet = asked.config.get("MULTIARCH") or f"{asked.machine}-linux-gnu"
    return [f"/usr/lib/{triplet}", f"/lib/{triplet}", "/usr/lib64", "/usr/local/lib", "/usr/lib"]


def own_libpython(process: LoadedProcess, cwd: str) -> Optional[str]:
    """The libpython whose symbols a program uses; None for a static interpreter.

    The first in the link map wins, and one that is preloaded comes first; where the program asks for
    none, it is static, and its own symbols come before all others.
    """
    found = [one for one in process.objects if LIBPYTHON.match(os.path.basename(one.name))]
    if all(one.found_by == "preload" for one in found):
        return None
    return os.path.join(cwd, found[0].path)
