"""How two machines differ, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tritondoctor.examination.diff import ABSENT, Difference
from tritondoctor.privacy.outlet import clean
from tritondoctor.reports.layout import WIDEST, Line, filled
from tritondoctor.support import detail
from tritondoctor.support.messages import _, mark, plural, shown

_HEADS = {
    "findings": mark("Findings"),
    "libraries": mark("What the loader finds"),
    "versions": mark("Python and PyTriton"),
    "launch": mark("How it is started"),
    "variables": mark("Variables"),
    "machine": mark("The machine"),
    "rest": mark("Other facts"),
}
_MOST = 12


def as_json(differences: Sequence[Difference]) -> dict[str, Any]:
    """{"schema", "differences": [{"group", "name", "before", "after"}]}, most relevant first."""
    return {
        "schema": "tritondoctor.difference/1",
        "differences": [difference._asdict() for difference in differences],
    }


def as_text(differences: Sequence[Difference], before: str, after: str, width: int) -> str:
    """A paragraph for each group; a long one is cut and says so."""
    if not differences:
        return "\n".join(filled(_same(before, after), min(width, WIDEST)))
    return "\n".join(_lines(differences, before, after, min(width, WIDEST)))


def conclusion(differences: Sequence[Difference], before: str, after: str) -> Iterator[Line]:
    """How many there are, in one line."""
    count = len(differences)
    yield (
        plural("{count} difference", "{count} differences", count) if count else _same(before, after),
        "",
    )


def _same(before: str, after: str) -> str:
    return _(
        "{before} and {after} do not differ in anything that PyTriton's start depends on.",
        before=before, after=after,
    )  # fmt: skip


def _word(value: str) -> str:
    return _("none") if value == ABSENT else shown(value)


def _lines(differences: Sequence[Difference], before: str, after: str, width: int) -> Iterator[str]:
    most = detail.most(_MOST)
    yield f"- {clean(before)}"
    yield f"+ {clean(after)}"
    for group, head in _HEADS.items():
        members = [difference for difference in differences if difference.group == group]
        if members:
            yield ""
            yield _(head)
        for difference in members[:most]:
            yield f"  {clean(difference.name)}"
            for sign, value in (("-", difference.before), ("+", difference.after)):
                yield from filled(_word(clean(value)), width, first=f"    {sign} ", indent="      ")
        if len(members) > most:
            yield f"  {_('and {count} more (--json has all)', count=len(members) - most)}"
