"""The plan of a fix on a page: its steps with their commands, and what the loader will find then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Optional

from tritondoctor.checks.model import Remedy
from tritondoctor.facts.model import Facts
from tritondoctor.remedies.link_map_diff import LinkMapChange, link_maps
from tritondoctor.reports.html_loader import pictures
from tritondoctor.reports.html_parts import Row, commands, folded, section, stacked, text
from tritondoctor.support.messages import _, plural


class Planned(NamedTuple):
    """A plan, the facts that there would be after it, and whether no error would stay."""

    steps: Sequence[Remedy]
    after: Facts
    complete: bool


def plan(before: Facts, planned: Optional[Planned]) -> Iterator[str]:
    """The plan; nothing where there is none."""
    if planned is None:
        return
    yield section(plural("The plan: {count} step", "The plan: {count} steps", len(planned.steps)))
    if planned.complete:
        yield f"<p>{text(_('Simulated on this machine: no errors remain.'))}</p>"
    else:
        yield f"<p>{text(_('It is not complete: some errors remain (fix --partial applies it).'))}</p>"
    for number, step in enumerate(planned.steps, 1):
        yield f'<section class="card ok"><h3><b>{number}.</b> {text(step.title)}</h3>'
        if step.commands:
            yield commands(step.commands)
        yield "</section>"
    changes = link_maps(before, planned.after)
    if not changes:
        return
    yield from _changes(changes)
    roles = {change.role for change in changes}
    launched = planned.after.launch.programs if planned.after.launch else ()
    programs = [program for program in launched if program.role in roles]
    yield from folded(_("What these programs will load"), pictures(programs, "after"), "map")


def _changes(changes: list[LinkMapChange]) -> Iterator[str]:
    heads = (_("program"), _("library"), _("before"), _("after"), _("rule"))
    rows = (
        Row((
            (change.role, ""), (change.name, "name"), (change.before, "path"),
            (change.after, "path"), (change.rule, ""),
        ))
        for change in changes
    )  # fmt: skip
    yield from stacked(_("What the loader will find"), heads, rows)
