"""Statements with which a start of PyTriton fails, wherever Python runs them before it."""

from __future__ import annotations

import re

from tritondoctor.checks.limits import (
    ADDRESS_SPACE_NEEDED,
    DATA_NEEDED,
    FILES_NEEDED,
    STACK_NEEDED,
)

#: what every start imports
_NEEDED = frozenset(
    {
        "asyncio", "ctypes", "gevent", "geventhttpclient", "google", "google.protobuf", "greenlet",
        "grpc", "multiprocessing", "numpy", "pytriton", "sh", "socket", "ssl", "subprocess",
        "tritonclient", "typing_inspect", "wrapt", "zmq",
    }
)  # fmt: skip
_LIMITS = {
    "NOFILE": FILES_NEEDED, "AS": ADDRESS_SPACE_NEEDED, "DATA": DATA_NEEDED, "STACK": STACK_NEEDED,
}  # fmt: skip
_MODULE = re.compile(r"sys\.modules\['([\w.]+)'\] = None")
_LIMIT = re.compile(r"(?:resource\.)?setrlimit\((?:resource\.)?RLIMIT_(\w+), [(\[](\d+), [-\w.]+[)\]]\)")
_WARNINGS = re.compile(r"warnings\.(?:simplefilter|filterwarnings)\('error'(?:, category=UserWarning)?\)")
_DEPTH = re.compile(r"sys\.setrecursionlimit\((\d+)\)")
#: 60 fail at the first imports
_SHALLOW = 60


def stops(statement: str) -> bool:
    """Whether this statement (as `ast.unparse` writes it) keeps PyTriton from starting."""
    module = _MODULE.fullmatch(statement)
    if module is not None:
        return module.group(1) in _NEEDED
    limit = _LIMIT.fullmatch(statement)
    if limit is not None:
        return int(limit.group(2)) < _LIMITS.get(limit.group(1), 0)
    depth = _DEPTH.fullmatch(statement)
    if depth is not None:
        return int(depth.group(1)) <= _SHALLOW
    return _WARNINGS.fullmatch(statement) is not None
