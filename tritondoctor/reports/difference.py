"""How two machines differ, as text and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from tritondoctor.examination.diff import Difference
from tritondoctor.privacy.printable import printable

_HEADS = {
    "findings": "Findings", "libraries": "What the loader finds", "versions": "Python and PyTriton",
    "launch": "How it is started", "variables": "Variables", "machine": "The machine",
    "rest": "Other facts",
}  # fmt: skip
_MOST = 12


def as_json(differences: Sequence[Difference]) -> dict[str, Any]:
    """{"schema", "differences": [{"group", "name", "before", "after"}]}, the relevant first."""
    return {
        "schema": "tritondoctor.difference/1",
        "differences": [difference._asdict() for difference in differences],
    }


def as_text(differences: Sequence[Difference], before: str, after: str, width: int) -> str:
    """A paragraph for each group; long ones are cut and say so."""
    if not differences:
        return f"{before} and {after} do not differ in anything that PyTriton's start depends on."
    return "\n".join(_lines(differences, before, after, min(width, 100)))


def _lines(differences: Sequence[Difference], before: str, after: str, width: int) -> Iterator[str]:
    yield f"- {printable(before)}"
    yield f"+ {printable(after)}"
    for group, head in _HEADS.items():
        some = [difference for difference in differences if difference.group == group]
        if not some:
            continue
        yield ""
        yield head
        for one in some[:_MOST]:
            yield f"  {printable(one.name)}"
            for sign, value in (("-", one.before), ("+", one.after)):
                yield from textwrap.wrap(
                    printable(value), width, initial_indent=f"    {sign} ", subsequent_indent="      ",
                    break_long_words=False, break_on_hyphens=False,
                )  # fmt: skip
        if len(some) > _MOST:
            yield f"  and {len(some) - _MOST} more (--json has all)"
