"""The environment of a process that runs: its interpreter, as it was started, variables and directory."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from tritondoctor.support import proc
from tritondoctor.support.messages import _
from tritondoctor.target import nearby
from tritondoctor.target.model import Target, TargetError

#: PyTriton's server and stub are below their Python by no more than a shell or two
_MOST_PARENTS = 8


def of_process(pid: int) -> Target:
    """Return the target that a Python process runs in, or the nearest Python that has started it.

    What it runs is the kernel's word.  Its own (argv[0]) only tells by which name it was started, which a
    virtual environment is recognised by, and counts where that name leads to the same program.  Raises
    TargetError where it is not visible from here, is no Python, or its files are those of a container.
    """
    python = _python_above(pid)
    program, variables = proc.program(python), proc.variables(python)
    if not variables:
        raise TargetError(_("--pid {pid}: this user may not see its environment.", pid=pid))
    if not _leads_to(f"/proc/{python}/exe", program):
        raise TargetError(
            _("--pid {pid}: its files are those of a container. Run tritondoctor in there.", pid=pid)
        )
    cwd = _folder(python)
    path = _as_started(python, program, variables, cwd)
    folder = os.path.dirname(os.path.dirname(path))
    prefix = folder if nearby.is_environment(folder) else None
    return Target(path, prefix, f"--pid {pid}", variables, cwd, pid=python)


def _python_above(pid: int) -> int:
    """The process, or the nearest above it, that runs a Python."""
    first, at = "", pid
    for _level in range(_MOST_PARENTS):
        stat, program = proc.stat(at), proc.program(at)
        if stat is None:
            break
        if not program and not first:
            raise TargetError(_("--pid {pid}: this user may not see its environment.", pid=pid))
        first = first or program
        if re.fullmatch(r"(?:python|pypy)[\d.]*t?d?", os.path.basename(program)):
            return at
        at = stat.parent
    if first:
        raise TargetError(
            _("--pid {pid}: it runs {program}, and no Python has started it.", pid=pid, program=first)
        )
    raise TargetError(_("--pid {pid}: there is no such process.", pid=pid))


def _as_started(pid: int, program: str, variables: Mapping[str, str], cwd: str) -> str:
    typed = os.fsdecode(proc.read(pid, "cmdline").split(b"\0")[0])
    if "/" in typed:
        candidates = [os.path.join(cwd, typed)]
    else:
        folders = [
            *variables.get("PATH", "").split(os.pathsep),
            f"{variables.get('VIRTUAL_ENV', '')}/bin",
        ]
        candidates = [os.path.join(cwd, folder, typed) for folder in folders] if typed else []
    return next((path for path in candidates if path and _leads_to(path, program)), program)


def _leads_to(path: str, program: str) -> bool:
    try:
        return os.path.samefile(path, program)
    except OSError:
        return False


def _folder(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return "/"
