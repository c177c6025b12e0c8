"""msgspec's conversions, which no signal interrupts, and whose failures are ValueErrors with any msgspec.

Those of msgspec 0.20, the last for Python 3.9, and of those before it are none.

An exception that a signal raises while msgspec reads the annotations of a type ends the process by
SIGSEGV (seen with msgspec 0.22 on Python 3.11, tests/hostile/test_ends.py).
"""

from __future__ import annotations

from typing import Any, TypeVar, Union

import msgspec

from tritondoctor.support import signals

_Kind = TypeVar("_Kind")


class Malformed(ValueError):  # noqa: N818
    """Text that is no JSON; the message says why."""


class Unfit(Malformed):
    """Data of another shape than is asked for; the message says where."""


def convert(data: Any, type: type[_Kind]) -> _Kind:
    """`msgspec.convert`.  Raises Unfit, RecursionError."""
    with signals.held():
        try:
            return msgspec.convert(data, type)
        except msgspec.ValidationError as failure:
            raise Unfit(str(failure)) from None


def decode(content: Union[bytes, str], type: type[_Kind]) -> _Kind:
    """`msgspec.json.decode`.  Raises Malformed, Unfit, RecursionError."""
    with signals.held():
        try:
            return msgspec.json.decode(content, type=type)
        except msgspec.ValidationError as failure:
            raise Unfit(str(failure)) from None
        except msgspec.DecodeError as failure:
            raise Malformed(str(failure)) from None
