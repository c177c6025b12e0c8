"""Statements with which a start of PyTriton fails, wherever Python runs them before it."""

from __future__ import annotations

import re

from tritondoctor.checks.limits import (
    ADDRESS_SPACE_NEEDED,
    DATA_NEEDED,
    FILES_NEEDED,
    STACK_NEEDED,
    STACKS,
)
from tritondoctor.support.numbers import whole

#: with the usual limit on each
_STACKS = STACKS * (8 << 20)
_LIMITS = {
    "NOFILE": FILES_NEEDED, "STACK": STACK_NEEDED, "DATA": DATA_NEEDED + _STACKS,
    "AS": ADDRESS_SPACE_NEEDED + _STACKS,
}  # fmt: skip
_LIMIT = re.compile(r"(?:resource\.)?setrlimit\((?:resource\.)?RLIMIT_(\w+), [(\[](\d+), [-\w.]+[)\]]\)")
#: each was started: nothing is found any more; the stub's messages go nowhere; multiprocessing starts no
#: helper; the caller hangs
_FATAL = re.compile(
    r"sys\.(?:path|meta_path|path_hooks)(?:\.clear\(\)|(?:\[:\])? = (?:\[\]|None))"
    r"|del sys\.(?:path|meta_path|path_hooks)(?:\[:\])?"
    r"|sys\.stderr\.close\(\)|os\.close\(2\)|sys\.executable = (?:None|'')"
    r"|gevent\.monkey\.patch_all\(\)|while True:"
)
_WARNINGS = re.compile(r"warnings\.(?:simplefilter|filterwarnings)\('error'(?:, category=UserWarning)?\)")
_DEPTH = re.compile(r"sys\.setrecursionlimit\((\d+)\)")
#: 60 fail at the first imports
_SHALLOW = 60


def stops(statement: str, largest_file: int = 0) -> bool:
    """Whether this statement (as `ast.unparse` writes it) keeps PyTriton from starting, of which the
    largest file has so many bytes.
    """
    limit = _LIMIT.fullmatch(statement)
    if limit is not None:
        needed = {**_LIMITS, "FSIZE": largest_file}
        return whole(limit.group(2)) < needed.get(limit.group(1), 0)
    depth = _DEPTH.fullmatch(statement)
    if depth is not None:
        return whole(depth.group(1)) <= _SHALLOW
    return (_WARNINGS.fullmatch(statement) or _FATAL.fullmatch(statement)) is not None
