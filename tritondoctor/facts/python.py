"""The target's interpreter, asked in isolation, and the libpythons on the machine."""

from __future__ import annotations

import glob
import importlib.resources
import json
import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from typing import Any, Optional

from tritondoctor.facts.model import Interpreter, LibPython
from tritondoctor.loader import BadElf, Files, Process, Skipped, read_elf, start
from tritondoctor.loader.elf import PT_LOAD
from tritondoctor.loader.symbols import dynamic_symbols, symbol_bytes
from tritondoctor.target import Target, kind_of

ASK_DEADLINE_S = 5.0
#: variables that would make a traced or listed start of what was to be a question
#: methods of C objects that came within a minor release together with the module that calls them
#: (CPython gh-109593: threading's RLock, called by the resource tracker since 3.11.6 and 3.12.1)
COUPLED = (("multiprocessing/resource_tracker.py", "_recursion_count"),)
_HARMLESS = {
    "PYTHONPATH", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED",
    "PYTHONNOUSERSITE", "PYTHONUSERBASE", "PYTHONWARNINGS", "PYTHONSAFEPATH", "PYTHONPYCACHEPREFIX",
}  # fmt: skip
#: built in without a PyInit function of that name (CPython's Modules/config.c.in)
_CORE_MODULES = {
    "_frozen_importlib", "_frozen_importlib_external", "_imp", "_warnings", "builtins", "marshal",
    "sys",
}  # fmt: skip
_NOT_FOR_QUESTIONS = ("LD_TRACE_LOADED_OBJECTS", "LD_DEBUG", "LD_DEBUG_OUTPUT", "PYTHONSTARTUP")


class Question:
    """The interview, running beside the doctor's own work until `answer` is called."""

    def __init__(self, target: Target, files: Files) -> None:
        self.path = target.python
        self.failure = ""
        self.failure_id = ""
        self.process: Optional[subprocess.Popen[bytes]] = None
        self.files = files
        self.cwd = target.cwd
        variables = {k: v for k, v in target.variables.items() if k not in _NOT_FOR_QUESTIONS}
        self.variables = variables
        if not os.path.lexists(self.path):
            self._fail("python-not-found", "there is no such file")
            return
        if not os.path.exists(self.path):
            aim = os.path.realpath(self.path)
            self._fail("python-not-found", f"it is a link to {aim}, which does not exist")
            return
        script = importlib.resources.files("tritondoctor.facts").joinpath("interview.py")
        try:
            self.process = subprocess.Popen(
                [self.path, "-I", "-c", script.read_text(encoding="utf-8")],
                env=variables,
                cwd=target.cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as failure:
            self._fail("python-does-not-start", failure.strerror or str(failure))

    def _fail(self, kind: str, why: str) -> None:
        self.failure, self.failure_id = why, kind

    def answer(self) -> Interpreter:
        """The interpreter's own account; `starts` is False with the reason where there is none."""
        facts = self._facts()
        if facts is None or "executable" not in facts:
            version = str(facts.get("version", "")) if facts else ""
            return Interpreter(
                path=self.path, starts=False, problem=self.failure, problem_id=self.failure_id,
                version=version,
            )  # fmt: skip
        site = facts.pop("site")
        config = {k: None if v is None else str(v) for k, v in facts.pop("config").items()}
        lists = {k: tuple(v) for k, v in facts.items() if isinstance(v, list)}
        facts.update(lists)
        return Interpreter(
            path=self.path,
            starts=True,
            config=config,
            libpython=self._libpython(facts["executable"]),
            variables_problem=self._with_variables(),
            site_packages=tuple(site["packages"]),
            user_site=site["user"],
            kind=kind_of(facts["prefix"], facts["base_prefix"]),
            **facts,
        )

    def _libpython(self, executable: str) -> Optional[str]:
        process = start(executable, self.variables, self.cwd, self.files)
        return own_libpython(process)

    def _with_variables(self) -> str:
        """What the interpreter says where its own variables keep it from starting; else "".

        Asked only where there are such variables; without site and PYTHONPATH, so that nothing but
        the interpreter runs.
        """
        own = {name for name in self.variables if name.startswith("PYTHON")} - _HARMLESS
        if not own:
            return ""
        variables = {k: v for k, v in self.variables.items() if k not in _HARMLESS}
        try:
            done = subprocess.run(
                [self.path, "-S", "-s", "-c", ""], env=variables, cwd="/", timeout=ASK_DEADLINE_S,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as failure:
            return str(failure)
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        return said[0] if done.returncode and said else ""

    def _facts(self) -> Optional[dict[str, Any]]:
        if self.process is None:
            return None
        try:
            out, err = self.process.communicate(timeout=ASK_DEADLINE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            self._fail("python-does-not-start", f"it did not answer within {ASK_DEADLINE_S:.0f} s")
            return None
        try:
            return dict(json.loads(out.decode("utf-8", "replace").strip().splitlines()[-1]))
        except (ValueError, IndexError):
            code = self.process.returncode
            said = err.decode("utf-8", "replace").strip().splitlines()
            how = f"it was ended by signal {-code}" if code < 0 else f"it ended with code {code}"
            self._fail("python-does-not-start", ": ".join([how, *said[-1:]]))
            return None


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
    end = max((one.offset + one.filesz for one in elf.segments if one.type == PT_LOAD), default=0)
    with files.open(path) as opened:
        return opened.read(0, end)


def libpython_at(files: Files, path: str, where: str, asked: Interpreter) -> LibPython:
    """One libpython: its version, and the calls of the target's standard library that it lacks."""
    version = read_version(files, path)
    lacks: tuple[str, ...] = ()
    if version is not None and version != asked.version:
        lacks = _lacking(files, path, asked)
    return LibPython(path, where, version, lacks)


def _lacking(files: Files, path: str, asked: Interpreter) -> tuple[str, ...]:
    content = _loaded_part(files, path)
    found = []
    for module, attribute in COUPLED:
        try:
            text = bytes(files.read(os.path.join(asked.stdlib, module)))
        except OSError:
            continue
        if attribute.encode() in text and attribute.encode() + b"\0" not in content:
            found.append(f"{module} calls {attribute}")
    return tuple(found)


def builtin_modules(
    files: Files, libpython: Optional[LibPython], asked: Interpreter
) -> tuple[str, ...]:
    """The modules that are compiled into the core which a stub loads: its exported PyInit functions.

    Where that is the interpreter's own library, its own list.
    """
    if libpython is None or libpython.path == asked.libpython:
        return asked.builtin_modules
    try:
        symbols = dynamic_symbols(files, libpython.path)
    except (OSError, BadElf, Skipped):
        return asked.builtin_modules
    names = {one.name[7:] for one in symbols if one.name.startswith("PyInit_")}
    return tuple(sorted(names | _CORE_MODULES & set(asked.builtin_modules)))


def candidates(
    asked: Interpreter, variables: Mapping[str, str], prefixes: Iterable[str]
) -> list[tuple[str, str]]:
    """Places of libpythons of the interpreter's minor version: (path, where it was found)."""
    minor = asked.minor
    shared = f"libpython{minor}{asked.abiflags}.so.1.0"
    places = [
        (asked.config.get("LIBDIR") or "", "LIBDIR of its build"),
        (os.path.join(asked.base_prefix, "lib"), "its base prefix"),
        (os.path.join(asked.prefix, "lib"), "its prefix"),
        *((element, "LD_LIBRARY_PATH") for element in _elements(variables)),
        *((os.path.join(prefix, "lib"), f"conda prefix {prefix}") for prefix in prefixes),
        *((path, "system") for path in _system_folders(asked)),
    ]
    home = variables.get("HOME", "")
    for pattern, where in (
        (f"{home}/.pyenv/versions/*/lib", "pyenv"),
        (f"{home}/.local/share/uv/python/*/lib", "uv"),
    ):
        places += [(folder, where) for folder in sorted(glob.glob(pattern))]
    seen: set[str] = set()
    result = []
    for folder, where in places:
        path = os.path.join(folder, shared)
        real = os.path.realpath(path)
        if folder and real not in seen and os.path.isfile(real):
            seen.add(real)
            result.append((path, where))
    return result


def _elements(variables: Mapping[str, str]) -> list[str]:
    return [part for part in re.split("[:;]", variables.get("LD_LIBRARY_PATH", "")) if part]


def _system_folders(asked: Interpreter) -> list[str]:
    triplet = asked.config.get("MULTIARCH") or f"{asked.machine}-linux-gnu"
    return [f"/usr/lib/{triplet}", f"/lib/{triplet}", "/usr/lib64", "/usr/local/lib", "/usr/lib"]


def own_libpython(process: Process) -> Optional[str]:
    """The libpython in an interpreter's own link map; None for a static interpreter."""
    for item in process.objects:
        if re.match(r"libpython3\.\d+[a-z]*\.so", item.name):
            return item.path
    return None
