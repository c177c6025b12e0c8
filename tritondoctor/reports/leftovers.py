"""What `tritondoctor clean` found, and what it removed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from rich.console import Console

from tritondoctor import __version__
from tritondoctor.checks.left_behind import megabytes, why_kept
from tritondoctor.facts.machine.leftovers import PROCESSES
from tritondoctor.facts.machine.model import Leftover
from tritondoctor.privacy.printable import printable
from tritondoctor.remedies.cleanup import Found, Removal
from tritondoctor.reports.layout import Line, print_lines
from tritondoctor.support import detail
from tritondoctor.support.messages import _, mark, plural

SCHEMA = "tritondoctor.clean/1"
#: of each kind, on a screen
_MOST = 10
_KINDS = {
    "server": mark("Servers whose PyTriton has ended:"),
    "stub": mark("Model processes whose server has ended:"),
    "segment": mark("Unused shared memory:"),
    "workspace": mark("Unused workspaces:"),
    "model-files": mark("Model files in /tmp:"),
    "environment-folder": mark("Empty tritonserver folders in /tmp:"),
    "staging": mark("Folders of an interrupted fix or undo:"),
}


def show_found(found: Found, console: Console) -> None:
    """Print each thing, by kind; then what stays, and why."""
    print_lines(console, _found_lines(found))


def _found_lines(found: Found) -> Iterator[Line]:
    if not found.leftovers:
        yield from conclusion(found)
    for kind, head in _KINDS.items():
        alike = [leftover for leftover in found.leftovers if leftover.kind == kind]
        if alike:
            yield _(head), "bold"
        yield from _descriptions(alike)
    if found.leftovers:
        yield from conclusion(found)
    if found.kept:
        yield _("Not removed, because these may be somebody's own files:"), "bold"
    for leftover in found.kept:
        reason = _in_one_line(str(why_kept(leftover)))
        yield f"    {_('{name}: {reason}', name=_description(leftover), reason=reason)}", ""


def _descriptions(alike: Sequence[Leftover]) -> Iterator[Line]:
    """A line for each; of many the first, unless all are asked for."""
    most = detail.most(_MOST)
    for leftover in alike[:most]:
        yield f"    {_description(leftover)}", ""
    if len(alike) > most:
        yield f"    {_('and {count} more (-v shows all)', count=len(alike) - most)}", "dim"


def conclusion(found: Found) -> Iterator[Line]:
    """How much there is."""
    count = len(found.leftovers)
    size = megabytes(sum(leftover.size for leftover in found.leftovers))
    if count:
        yield (
            plural("{count} item, {size} in all.", "{count} items, {size} in all.", count, size=size),
            "",
        )
    else:
        yield _("Dead PyTriton processes have left nothing that you can remove."), ""


def show_result(result: Sequence[Removal], console: Console) -> None:
    """Print what was removed, and what could not be."""
    print_lines(console, _result_lines(result))


def _result_lines(result: Sequence[Removal]) -> Iterator[Line]:
    for removal in result:
        if removal.problem:
            line = _(
                "not removed: {what}: {reason}",
                what=_in_one_line(removal.leftover.where), reason=_in_one_line(removal.problem),
            )  # fmt: skip
            yield f"    {line}", "yellow"
    removed = [removal.leftover for removal in result if not removal.problem]
    size = megabytes(sum(leftover.size for leftover in removed))
    count = len(removed)
    yield (
        plural("Removed: {count} item, {size}.", "Removed: {count} items, {size}.", count, size=size),
        "",
    )


def as_json(found: Found, result: Sequence[Removal]) -> dict[str, Any]:
    """One object; `removed` is empty where nothing was to be removed."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "found": [msgspec.to_builtins(leftover) for leftover in found.leftovers],
        "kept": [msgspec.to_builtins(leftover) for leftover in found.kept],
        "removed": [removal.leftover.where for removal in result if not removal.problem],
        "not_removed": [
            {"where": removal.leftover.where, "why": removal.problem}
            for removal in result
            if removal.problem
        ],
    }


def _description(leftover: Leftover) -> str:
    what, user = _in_one_line(leftover.where), _in_one_line(leftover.user)
    if leftover.kind in PROCESSES:
        return _("process {pid} (user {user})", pid=what, user=user)
    size = megabytes(leftover.size)
    if leftover.held_by:
        return _(
            "{path} ({size}, user {user}, of process {pid})",
            path=what, size=size, user=user, pid=leftover.held_by,
        )  # fmt: skip
    return _("{path} ({size}, user {user})", path=what, size=size, user=user)


def _in_one_line(text: str) -> str:
    """Another process's text in one line of ours."""
    return printable(text).replace("\n", "\\n")
