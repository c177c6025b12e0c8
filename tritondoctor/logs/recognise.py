"""Find the sign that matches a line."""

from __future__ import annotations

from typing import NamedTuple, Optional

from tritondoctor.logs.signs import SIGNS
from tritondoctor.logs.signs.model import Role


class SignOccurrence(NamedTuple):
    """A line that was recognised; see `Sign` for what its parts mean."""

    id: str
    fields: dict[str, str]
    line: str
    ends: bool
    role: Role = "cause"
    plain: bool = False
    why: str = ""
    others: tuple[str, ...] = ()


def recognise(line: str) -> Optional[SignOccurrence]:
    """Return the sign that matches a log line, or None."""
    for sign in SIGNS:
        match = sign.pattern.search(line)
        if match:
            given = {name: value for name, value in match.groupdict().items() if value is not None}
            return SignOccurrence(
                sign.id, {**sign.fields, **given}, line.strip(), sign.ends, sign.role, sign.plain,
                sign.why, sign.others,
            )  # fmt: skip
    return None
