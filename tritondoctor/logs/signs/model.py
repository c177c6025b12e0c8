"""What a sign is: a line of a log by which something is recognised, as data."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

#: `cause`: names a finding; `effect`: merely follows from a cause; `harmless`: frightens and means
#: nothing; `healthy`: is said only by a start that works
Role = Literal["cause", "effect", "harmless", "healthy"]


class Sign(NamedTuple):
    """A pattern, what it means, and a real line that it was made for.

    The fields of a finding's texts are filled from the named groups of the pattern and from `fields`.
    `plain`: only one thing can be meant; other lines may tell of an effect, whose cause is known better
    elsewhere.  `others` are findings that could be meant as well.  `ends`: after this line the start has
    failed.  `why` tells what an effect or a harmless line is; `source` is where `line` was seen.
    """

    id: str
    role: Role
    pattern: re.Pattern[str]
    line: str
    source: str
    why: str = ""
    plain: bool = False
    ends: bool = False
    fields: dict[str, str] = {}  # noqa: RUF012 (never changed)
    others: tuple[str, ...] = ()


#: where a line has no other source: a start of PyTriton of our own, on a machine without a GPU
HERE = "a start of PyTriton 0.7.0, Debian 12"


def cause(
    id: str,
    pattern: str,
    line: str,
    *,
    source: str = HERE,
    plain: bool = False,
    ends: bool = False,
    others: tuple[str, ...] = (),
    **fields: str,
) -> Sign:
    """A line that names the finding `id`."""
    return Sign(id, "cause", re.compile(pattern), line, source, "", plain, ends, fields, others)


def effect(pattern: str, line: str, why: str, *, source: str = HERE, ends: bool = False) -> Sign:
    """A line that says that something failed, and not why."""
    return Sign("", "effect", re.compile(pattern), line, source, why, ends=ends)


def harmless(id: str, pattern: str, line: str, why: str, *, source: str = HERE) -> Sign:
    """A line that looks like a fault; `id` names it among the harmless ones."""
    return Sign(id, "harmless", re.compile(pattern), line, source, why)


def healthy(id: str, pattern: str, line: str, *, source: str = HERE) -> Sign:
    """A line that says that a part of the start has succeeded."""
    return Sign(id, "healthy", re.compile(pattern), line, source)
