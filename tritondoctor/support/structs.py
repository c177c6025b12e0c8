"""msgspec's conversions, which no signal interrupts.

An exception that a signal raises while msgspec reads the annotations of a type ends the process by
SIGSEGV (seen with msgspec 0.22 on Python 3.11, tests/hostile/test_ends.py).
"""

from __future__ import annotations

from typing import Any, TypeVar, Union

import msgspec

from tritondoctor.support import signals

_Kind = TypeVar("_Kind")


def convert(data: Any, type: type[_Kind]) -> _Kind:
    """`msgspec.convert`.  Raises msgspec.ValidationError."""
    with signals.held():
        return msgspec.convert(data, type)


def decode(content: Union[bytes, str], type: type[_Kind]) -> _Kind:
    """`msgspec.json.decode`.  Raises msgspec.DecodeError, and ValidationError, which is one."""
    with signals.held():
        return msgspec.json.decode(content, type=type)
