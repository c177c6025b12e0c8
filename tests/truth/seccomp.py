"""`seccomp.py RULES -- COMMAND…`: runs a command under a filter of system calls (x86-64 only).

Rules, separated by commas; KILL in place of an error ends the process, as SystemCallFilter= does:

    clone3=EPERM                 a system call
    socket[0:1]=EAFNOSUPPORT     where an argument has a value (argument 0 is 1, AF_UNIX)
    mmap[2&6]=EPERM              where an argument has all these bits

Standard library only; any Python starts it.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import re
import struct
import sys
from typing import Optional

#: system calls of x86-64 by name (asm/unistd_64.h of Linux 6.1)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "system_calls.json")) as _file:
    NUMBERS = json.load(_file)
#: BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_ALU|AND|K, BPF_RET|K (linux/bpf_common.h)
_LOAD, _EQUAL, _AND, _RETURN = 0x20, 0x15, 0x54, 0x06
_ALLOW, _ERROR, _KILL = 0x7FFF0000, 0x00050000, 0x80000000  # SECCOMP_RET_*
_X86_64 = 0xC000003E
_NR, _ARCH, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 38, 22, 2
#: code, jumps where true and where false, operand
_Line = tuple[int, int, int, int]
#: lines that load a number, and what it must be
_Group = tuple[list[_Line], int]
_RULE = re.compile(r"(\w+)(?:\[(\d)([:&])(\w+)\])?=(\w+)$")


def program(rules: str) -> bytes:
    """The filter of rules, as instructions of BPF.  Raises ValueError for a rule that is none."""
    code = [(_LOAD, 0, 0, _ARCH), (_EQUAL, 1, 0, _X86_64), (_RETURN, 0, 0, _ALLOW)]
    for rule in rules.split(","):
        found = _RULE.match(rule)
        if found is None:
            raise ValueError("not a rule: " + rule)
        name, argument, test, value, action = found.groups()
        code += _jump_over(_condition(name, argument, test, value), _action(action))
    code.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("HBBI", *line) for line in code)


def _action(name: str) -> int:
    return _KILL if name == "KILL" else _ERROR | getattr(errno, name)


def _condition(name: str, argument: Optional[str], test: str, value: str) -> list[_Group]:
    """Instructions that load, and the values that the accumulator must have after each group."""
    groups = [([(_LOAD, 0, 0, _NR)], NUMBERS[name] if name in NUMBERS else int(name))]
    if argument is not None:
        loads, number = [(_LOAD, 0, 0, _ARGUMENTS + 8 * int(argument))], int(value, 0)
        groups.append((loads + ([(_AND, 0, 0, number)] if test == "&" else []), number))
    return groups


def _jump_over(groups: list[_Group], action: int) -> list[_Line]:
    lines = []
    left = sum(len(loads) + 1 for loads, _ in groups) + 1
    for loads, number in groups:
        lines += loads
        left -= len(loads) + 1
        lines.append((_EQUAL, 0, left, number))
    return [*lines, (_RETURN, 0, 0, action)]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def main() -> None:
    """Takes the filter on, and becomes the command."""
    code = program(sys.argv[1])
    buffer = ctypes.create_string_buffer(code, len(code))
    filter = _Program(len(code) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(filter), 0, 0):
        sys.exit("seccomp: " + os.strerror(ctypes.get_errno()))
    os.execvp(sys.argv[3], sys.argv[3:])


if __name__ == "__main__":
    main()
