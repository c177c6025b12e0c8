"""A sign: a pattern by which a line of a log is recognised, as data."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, Optional

#: `cause`: names a finding; `effect`: follows from a cause; `harmless`: looks like an error but is none;
#: `healthy`: printed only by a start that works; `begins`: a server starts; `stops`: somebody stops it;
#: `passed`: what is told of the finding `id` before was overcome
Role = Literal["cause", "effect", "harmless", "healthy", "begins", "stops", "passed"]


class Unsure(NamedTuple):
    """What a line shows, where it cannot tell which of several findings it is."""

    title: str
    explanation: str


class Sign(NamedTuple):
    """A pattern, its meaning, and a real line that it was written for.

    The fields of a finding's texts are filled from the named groups of the pattern and from `fields`,
    templates that may use these groups.
    `needles`: every line that matches holds one of them, so the reader skips lines without any.
    `plain`: the line has one meaning only; other lines may be an effect whose cause is better known
    elsewhere.  `others` are findings that it could also mean.  `ends`: after this line the start has
    failed.  `weak`: it names a cause only if no other line does, and where it `tells`, only if no other
    line says that something failed.  `opens`: the exception printed after this line is as harmless as
    the line.  `whole`: the pattern is compared with all lines of a traceback,
    and with a line whose line ends are escaped.  `fix` stands in for the finding's own repair by hand
    where the line tells more.  `why` explains an effect or a harmless line; `tells`: an effect that says
    what failed beside PyTriton; `unsure` stands in for the texts of the finding where `id` and `others`
    are equally possible; `explains`: the findings that other lines name as its consequence; `source`
    is where `line` was seen.  `of_client`: a client waited in vain; the server may be well.
    `command` is what `fix` tells to type, a template of the pattern's groups.
    """

    id: str
    role: Role
    pattern: re.Pattern[str]
    line: str
    source: str
    needles: tuple[bytes, ...]
    why: str = ""
    plain: bool = False
    ends: bool = False
    fields: dict[str, str] = {}  # noqa: RUF012 (never changed)
    others: tuple[str, ...] = ()
    weak: bool = False
    opens: bool = False
    whole: bool = False
    fix: str = ""
    tells: bool = False
    unsure: Optional[Unsure] = None
    explains: tuple[str, ...] = ()
    of_client: bool = False
    command: str = ""


#: the finding of a failure that PyTriton has no part in
BESIDE = "failed-beside-pytriton"
#: an effect that says nothing but that a program ended
ENDED = "A program ended with an error; the lines before it say which."
#: the source of most lines: our own start of PyTriton on a machine without a GPU
HERE = "a start of PyTriton 0.7.0, Debian 12"


def cause(
    id: str,
    pattern: str,
    line: str,
    *,
    needles: tuple[bytes, ...],
    source: str = HERE,
    plain: bool = False,
    ends: bool = False,
    weak: bool = False,
    whole: bool = False,
    fix: str = "",
    others: tuple[str, ...] = (),
    unsure: Optional[Unsure] = None,
    explains: tuple[str, ...] = (),
    command: str = "",
    **fields: str,
) -> Sign:
    """A line that names the finding `id`."""
    return Sign(
        id, "cause", re.compile(pattern, re.DOTALL if whole else 0), line, source, needles, "", plain,
        ends,
        fields, others, weak, whole=whole, fix=fix, unsure=unsure,
        explains=explains, command=command,
    )  # fmt: skip


def effect(
    pattern: str,
    line: str,
    why: str,
    *,
    needles: tuple[bytes, ...],
    source: str = HERE,
    ends: bool = False,
    whole: bool = False,
    of_client: bool = False,
) -> Sign:
    """A line that says that something failed, but not why."""
    return Sign(
        "", "effect", re.compile(pattern, re.DOTALL if whole else 0), line, source, needles, why,
        ends=ends, whole=whole, of_client=of_client,
    )  # fmt: skip


def failure(
    pattern: str,
    line: str,
    why: str,
    *,
    what: str,
    needles: tuple[bytes, ...],
    source: str,
    whole: bool = False,
    weak: bool = False,
    of_client: bool = False,
) -> Sign:
    """A line that says what failed outside what PyTriton needs; `why` says what helps.

    It is the cause where nothing else is; a weak one only where nothing else failed at all.
    """
    return Sign(
        BESIDE, "effect", re.compile(pattern, re.DOTALL if whole else 0), line, source, needles, why,
        ends=True, fields={"what": what}, weak=weak, whole=whole, tells=True, of_client=of_client,
    )  # fmt: skip


def harmless(
    id: str,
    pattern: str,
    line: str,
    why: str,
    *,
    needles: tuple[bytes, ...],
    source: str = HERE,
    opens: bool = False,
) -> Sign:
    """A line that looks like an error but is none; `id` names it."""
    return Sign(id, "harmless", re.compile(pattern), line, source, needles, why, opens=opens)


def healthy(id: str, pattern: str, line: str, *, needles: tuple[bytes, ...], source: str = HERE) -> Sign:
    """A line that says that a part of the start succeeded."""
    return Sign(id, "healthy", re.compile(pattern), line, source, needles)


def passed(id: str, pattern: str, line: str, *, needles: tuple[bytes, ...], source: str) -> Sign:
    """A line after which lines before it that name the finding `id` are no cause."""
    return Sign(id, "passed", re.compile(pattern), line, source, needles)


def stage(
    role: Literal["begins", "stops"],
    pattern: str,
    line: str,
    *,
    needles: tuple[bytes, ...],
    source: str = HERE,
) -> Sign:
    """A line by which one run of the server is told from the next."""
    return Sign(role, role, re.compile(pattern), line, source, needles)
