"""Find the sign that matches a line."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from typing import NamedTuple, Optional, Union

from tritondoctor.checks import model
from tritondoctor.checks.model import Text
from tritondoctor.logs.prefix import readings
from tritondoctor.logs.signs import SIGNS
from tritondoctor.logs.signs.model import Role, Sign, Unsure

#: (needle, the numbers of the signs whose lines may hold it); see `Sign.needles`
_BY_NEEDLE = tuple(
    (needle.decode(), tuple(number for number, sign in enumerate(SIGNS) if needle in sign.needles))
    for needle in dict.fromkeys(needle for sign in SIGNS for needle in sign.needles)
)
_OF_WHOLES = tuple(sign for sign in SIGNS if sign.whole and not sign.weak)
#: how Python's warnings are printed (warnings.py, `_formatwarnmsg_impl`): the program goes on
_WARNING = re.compile(r"(?:^|:\d+: )(?:\w+\.)*\w*Warning: ")
_NAME = re.compile(r"[\w.+-]+")
_WEAK_WHOLES = tuple(sign for sign in SIGNS if sign.whole and sign.weak)


class SignOccurrence(NamedTuple):
    """A line that was recognised; see `Sign` for what its parts mean."""

    id: str
    fields: dict[str, Union[str, Text]]
    line: str
    ends: bool
    role: Role = "cause"
    plain: bool = False
    why: str = ""
    others: tuple[str, ...] = ()
    weak: bool = False
    opens: bool = False
    fix: str = ""
    tells: bool = False
    unsure: Optional[Unsure] = None
    explains: tuple[str, ...] = ()
    of_client: bool = False
    command: str = ""


def recognise(line: str, whole: str = "") -> Optional[SignOccurrence]:
    """Return the sign that matches a log line, or None.

    `whole` are the lines of the traceback that the line ends.  Of a line that holds several (escaped
    line ends), a part that names a cause counts more than the line.
    """
    if not whole and "\\n" in line:
        whole = line.replace("\\r", "").replace("\\n", "\n")
    if not whole:
        return _recognised(line)
    return _of_whole(_OF_WHOLES, line, whole) or _in_parts(line, whole)


def _of_whole(signs: tuple[Sign, ...], line: str, whole: str) -> Optional[SignOccurrence]:
    for sign in signs:
        match = sign.pattern.search(whole)
        if match:
            return _occurrence(sign, match.groupdict(), line)
    return None


def _in_parts(line: str, whole: str) -> Optional[SignOccurrence]:
    found = _recognised(line)
    if found is not None and found.role == "cause" and not found.weak:
        return found
    inner = [_recognised(part) for part in whole.split("\n")] if "\\n" in line else []
    known = [occurrence for occurrence in inner if occurrence is not None]
    for occurrence in known:
        if occurrence.role == "cause":
            ends = occurrence.ends or (found is not None and found.ends)
            return occurrence._replace(line=line.strip(), ends=ends)
    last = found or next((occurrence._replace(line=line.strip()) for occurrence in known[-1:]), None)
    return _of_whole(_WEAK_WHOLES, line, whole) or last


def _recognised(line: str) -> Optional[SignOccurrence]:
    numbers = sorted({number for needle, numbers in _BY_NEEDLE if needle in line for number in numbers})
    if not numbers:
        return None
    texts = tuple(readings(line))
    for sign in (SIGNS[number] for number in numbers):
        # only a pattern of a whole line depends on where the line begins
        for text in texts if sign.pattern.pattern.startswith("^") else texts[:1]:
            match = sign.pattern.search(text)
            if match:
                return _occurrence(sign, match.groupdict(), line)
    return None


def _occurrence(sign: Sign, groups: dict[str, Optional[str]], line: str) -> SignOccurrence:
    given = {name: value for name, value in groups.items() if value is not None}
    fields = {name: model.text(value, **given) for name, value in sign.fields.items()}
    return SignOccurrence(
        sign.id, {**fields, **given}, line.strip(), sign.ends, sign.role, sign.plain, sign.why,
        sign.others, sign.weak or _WARNING.search(line) is not None, sign.opens, sign.fix, sign.tells,
        sign.unsure, sign.explains, sign.of_client, _command(sign, given),
    )  # fmt: skip


def _command(sign: Sign, given: Mapping[str, str]) -> str:
    """What to type; a log's words stand in it only where a shell takes them for a name."""
    names = string.Formatter().parse(sign.command)
    safe = {name: given[name] for name in given if _NAME.fullmatch(given[name])}
    return sign.command.format_map(
        {name: safe.get(name, name.upper()) for _, name, _, _ in names if name}
    )
