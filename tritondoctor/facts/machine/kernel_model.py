"""The shape of what the kernel refuses."""

from __future__ import annotations

import msgspec


class Refusal(msgspec.Struct, frozen=True):
    """Something that a start does, and that failed in a child of the doctor's own.

    `call` is a system call or function as its manual page names it, with the argument that matters:
    `clone3`, `socket(AF_UNIX)`.  `errno` is the error's name; `signal` the one that ended the child at it
    (0: none).  Where both are empty, it did not return.
    """

    call: str
    errno: str = ""
    signal: int = 0


class KernelPolicy(msgspec.Struct, frozen=True):
    """What the kernel grants a process that is started as this one was.

    `filtered`: a filter of system calls is in force (seccomp(2)); `label` is the confinement of a
    security module (AppArmor, SELinux), "" for none; `unit` the service of systemd that this runs in.
    `examined` is False where no child could try anything.
    """

    refusals: tuple[Refusal, ...] = ()
    filtered: bool = False
    label: str = ""
    unit: str = ""
    examined: bool = True
