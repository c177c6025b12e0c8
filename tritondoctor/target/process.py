"""The environment of a process that runs: its interpreter, as it was started, and its variables."""

from __future__ import annotations

import os

from tritondoctor.support import proc
from tritondoctor.support.messages import _
from tritondoctor.target import Target, TargetError


def of_process(pid: int) -> Target:
    """Return the target that a Python process runs in.

    What it runs is the kernel's word.  Its own (argv[0]) only tells by which name it was started, which a
    virtual environment is recognised by, and counts where that name leads to the same program.  Raises
    TargetError where it is not visible from here, or its files are those of a container.
    """
    program, variables = proc.program(pid), proc.variables(pid)
    if not program or not variables:
        raise TargetError(_("process {pid}: this user may not see its environment.", pid=pid))
    if not _is_here(pid, program):
        raise TargetError(
            _("process {pid}: its files are those of a container. Run tritondoctor in there.", pid=pid)
        )
    return Target(_as_started(pid, program), None, f"--pid {pid}", variables, _folder(pid))


def _is_here(pid: int, program: str) -> bool:
    try:
        return os.path.samefile(program, f"/proc/{pid}/exe")
    except OSError:
        return False


def _as_started(pid: int, program: str) -> str:
    name = os.fsdecode(proc.read(pid, "cmdline").split(b"\0")[0])
    path = os.path.join(_folder(pid), name) if "/" in name else ""
    try:
        return path if path and os.path.samefile(path, program) else program
    except OSError:
        return program


def _folder(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return "/"
