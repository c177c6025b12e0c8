"""What the options of `tune` mean, read strictly.  Every function raises UsageError."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import NoReturn, Optional

from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _

#: as Triton names them -> as NumPy does (docs/user_guide/model_configuration.md of the server)
DTYPES = {
    "BOOL": "bool", "UINT8": "uint8", "UINT16": "uint16", "UINT32": "uint32", "UINT64": "uint64",
    "INT8": "int8", "INT16": "int16", "INT32": "int32", "INT64": "int64", "FP16": "float16",
    "FP32": "float32", "FP64": "float64", "BYTES": "bytes", "STRING": "bytes",
}  # fmt: skip
_MOST_CLIENTS, _MOST_INSTANCES, _MOST_THREADS = 512, 32, 1024
_UNITS = {"": 1.0, "ms": 1.0, "s": 1000.0, "us": 0.001}
_TIME = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(ms|us|s|)")


def file_and_function(named: str) -> tuple[str, str]:
    """The whole path and the function of FILE:FUNCTION."""
    path, colon, function = named.rpartition(":")
    if not colon or not path or not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", function):
        raise UsageError(_("{named}: give FILE:FUNCTION, such as server.py:infer.", named=named))
    whole = os.path.abspath(os.path.expanduser(path))
    if not os.path.exists(whole):
        raise UsageError(_("There is no file {path}.", path=path))
    if not os.path.isfile(whole):
        raise UsageError(_("{path} is no file.", path=path))
    return whole, function


def data_file(path: Optional[str]) -> Optional[str]:
    """The whole path of --data."""
    if path is None:
        return None
    whole = os.path.abspath(os.path.expanduser(path))
    if not os.path.isfile(whole):
        raise UsageError(_("--data {path}: there is no such file.", path=path))
    return whole


def tensors(option: str, given: Optional[Sequence[str]]) -> list[tuple[str, str, tuple[int, ...]]]:
    """NAME:DTYPE:SHAPE each: the name, the type as NumPy has it, the shape of one row."""
    found = [_tensor(option, words) for words in given or ()]
    names = [name for name, _dtype, _shape in found]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(_("{option}: {name} is given twice.", option=option, name=name))
    return found


def _tensor(option: str, words: str) -> tuple[str, str, tuple[int, ...]]:
    parts = words.split(":")
    if len(parts) != 3 or not parts[0]:
        raise UsageError(
            _("{option} {words}: give NAME:DTYPE:SHAPE, such as data:FP32:3,224,224.",
              option=option, words=words)
        )  # fmt: skip
    name, kind, shape = parts
    by_numpy = {numpy: numpy for numpy in DTYPES.values()}
    dtype = DTYPES.get(kind.upper()) or by_numpy.get(kind.lower())
    if dtype is None:
        types = ", ".join(DTYPES)
        raise UsageError(
            _("{option} {words}: {kind} is no type. Types: {types}.",
              option=option, words=words, kind=kind, types=types)
        )  # fmt: skip
    try:
        sizes = tuple(int(size) for size in re.split("[,x]", shape))
    except ValueError:
        sizes = (0,)
    if any(size == 0 or size < -1 for size in sizes):
        raise UsageError(
            _("{option} {words}: the shape is that of one row, such as 64 or 3,224,224 or -1.",
              option=option, words=words)
        )  # fmt: skip
    return name, dtype, sizes


def budget_ms(words: Optional[str]) -> Optional[float]:
    """The milliseconds of 50ms, 0.05s or 50."""
    if words is None:
        return None
    found = _TIME.fullmatch(words.strip().lower())
    value = float(found[1]) * _UNITS[found[2]] if found else 0.0
    if not 0 < value < 3_600_000:
        raise UsageError(_("--budget {words}: give a time such as 50ms or 0.5s.", words=words))
    return value


def counts(option: str, words: Optional[str], most: int) -> tuple[int, ...]:
    """Different whole numbers, the smallest first."""
    if words is None:
        return ()
    try:
        numbers = sorted({int(word) for word in words.split(",")})
    except ValueError:
        _refuse_counts(option, words, most)
    if not 1 <= numbers[0] <= numbers[-1] <= most:
        _refuse_counts(option, words, most)
    return tuple(numbers)


def _refuse_counts(option: str, words: str, most: int) -> NoReturn:
    raise UsageError(
        _("{option} {words}: give whole numbers from 1 to {most}, such as 1,8.",
          option=option, words=words, most=most)
    )  # fmt: skip


def clients(words: str) -> tuple[int, ...]:
    """The numbers of clients."""
    return counts("--clients", words, _MOST_CLIENTS)


def threads(words: Optional[str]) -> tuple[int, ...]:
    """The numbers of threads."""
    return counts("--framework-threads", words, _MOST_THREADS)


def instances(number: int) -> int:
    """The most instances."""
    if not 1 <= number <= _MOST_INSTANCES:
        raise UsageError(
            _("--max-instances {number}: give 1 to {most}.", number=number, most=_MOST_INSTANCES)
        )
    return number


def seconds(number: float) -> float:
    """How long the race may take."""
    if not 20 <= number <= 86400:
        raise UsageError(_("--seconds {number}: give at least 20.", number=f"{number:g}"))
    return number


def rates(words: Optional[str]) -> tuple[float, ...]:
    """Requests a second, each above 0."""
    if words is None:
        return ()
    try:
        numbers = tuple(float(word) for word in words.split(","))
    except ValueError:
        numbers = (0.0,)
    if not all(0 < number <= 100_000 for number in numbers):
        raise UsageError(
            _("--rate {words}: give requests a second, such as 100 or 100,400.", words=words)
        )
    return numbers
