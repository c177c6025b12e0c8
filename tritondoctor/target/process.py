"""The Python that a running process is, or that started it: its interpreter, variables and directory."""

from __future__ import annotations

import os
import re
import shutil
from typing import NamedTuple, Optional

from tritondoctor.support import proc

#: PyTriton's server and stub are below their Python by no more than a shell or two
_MOST_PARENTS = 8


class RunningPython(NamedTuple):
    """What a process was started as; `python` is its path as it was typed, links not resolved."""

    pid: int
    python: str
    variables: dict[str, str]
    cwd: str


class NoPythonError(Exception):
    """The process is none that can be examined; the message says why."""


def of(pid: int) -> RunningPython:
    """The Python of a process, or the nearest above it.  Raises NoPythonError where there is none."""
    first: Optional[str] = None
    at = pid
    for _ in range(_MOST_PARENTS):
        stat = proc.stat(at)
        if stat is None or at <= 0:
            break
        program = proc.program(at)
        if not program:
            raise NoPythonError(f"process {at} belongs to another user: its program cannot be seen")
        first = first or program
        if re.fullmatch(r"(?:python|pypy)[\d.]*t?d?", os.path.basename(program)):
            return _python(at, program)
        at = stat.parent
    if first is None:
        raise NoPythonError(f"there is no process {pid}")
    raise NoPythonError(f"process {pid} runs {first}, and no Python has started it")


def _python(pid: int, program: str) -> RunningPython:
    if _elsewhere(pid):
        raise NoPythonError(
            f"process {pid} runs in a container: examine it inside, with `docker exec` or `kubectl exec`"
        )
    variables = proc.variables(pid)
    try:
        cwd = os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        cwd = "/"
    return RunningPython(pid, _as_typed(pid, program, variables, cwd), variables, cwd)


def _elsewhere(pid: int) -> bool:
    """Whether its files are not ours: another mount namespace."""
    try:
        return os.readlink(f"/proc/{pid}/ns/mnt") != os.readlink("/proc/self/ns/mnt")
    except OSError:
        return False


def _as_typed(pid: int, program: str, variables: dict[str, str], cwd: str) -> str:
    """argv[0] where it leads to the program: a venv's bin/python is a link to another Python's."""
    typed = os.fsdecode(proc.read(pid, "cmdline").split(b"\0")[0])
    folder = variables.get("VIRTUAL_ENV", "")
    candidates = [os.path.join(cwd, typed)] if "/" in typed else []
    candidates += [shutil.which(typed, path=variables.get("PATH")) or ""] if typed else []
    candidates += [os.path.join(folder, "bin", os.path.basename(typed))] if folder and typed else []
    return next((path for path in candidates if path and _leads_to(path, program)), program)


def _leads_to(path: str, program: str) -> bool:
    try:
        return os.path.samefile(path, program)
    except OSError:
        return False
