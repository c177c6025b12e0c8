"""What `tritondoctor clean` found, and what it removed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from tritondoctor import __version__
from tritondoctor.checks.left_behind import megabytes, why_kept
from tritondoctor.facts.model import Leftover
from tritondoctor.privacy.printable import printable
from tritondoctor.remedies.cleanup import Found, Removal

SCHEMA = "tritondoctor.clean/1"
_KINDS = {
    "server": "Servers whose PyTriton is gone",
    "segment": "Shared memory that nobody uses",
    "workspace": "Workspaces that nobody uses",
    "model-files": "Files of models in /tmp",
    "environment-folder": "Empty folders of tritonserver in /tmp",
    "staging": "Folders of a fix or an undo that was killed",
}


def show_found(found: Found, console: Console) -> None:
    """Each thing, by kind; then what stays, and why."""
    if not found.leftovers:
        console.print(Text("Dead PyTriton processes have left nothing that is yours to remove."))
    for kind, words in _KINDS.items():
        some = [leftover for leftover in found.leftovers if leftover.kind == kind]
        if some:
            console.print(Text(f"{words}:", style="bold"))
        for one in some:
            console.print(Text(f"    {_told(one)}"), soft_wrap=True)
    if found.leftovers:
        total = sum(leftover.size for leftover in found.leftovers)
        console.print(Text(f"{_count(len(found.leftovers))}, {megabytes(total)} in all."))
    if found.kept:
        console.print(Text("Not removed, since it may be somebody's own:", style="bold"))
    for leftover in found.kept:
        reason = _plain(str(why_kept(leftover)))
        console.print(Text(f"    {_told(leftover)}: {reason}"), soft_wrap=True)


def show_result(result: Sequence[Removal], console: Console) -> None:
    """What was removed, and what could not be."""
    for one in result:
        if one.problem:
            words = f"    not removed: {_plain(one.leftover.where)}: {_plain(one.problem)}"
            console.print(Text(words, "yellow"), soft_wrap=True)
    gone = [one.leftover for one in result if not one.problem]
    console.print(Text(f"Removed: {_count(len(gone))}, {megabytes(sum(one.size for one in gone))}."))


def as_json(found: Found, result: Sequence[Removal]) -> dict[str, Any]:
    """One object; `removed` is empty where nothing was to be removed."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "found": [msgspec.to_builtins(leftover) for leftover in found.leftovers],
        "kept": [msgspec.to_builtins(one) for one in found.kept],
        "removed": [one.leftover.where for one in result if not one.problem],
        "not_removed": [
            {"where": one.leftover.where, "why": one.problem} for one in result if one.problem
        ],
    }


def _told(leftover: Leftover) -> str:
    if leftover.kind == "server":
        return f"process {leftover.where} (user {_plain(leftover.user)})"
    held = f", of process {leftover.held_by}" if leftover.held_by else ""
    return f"{_plain(leftover.where)} ({megabytes(leftover.size)}, user {_plain(leftover.user)}{held})"


def _count(number: int) -> str:
    return "1 thing" if number == 1 else f"{number} things"


def _plain(text: str) -> str:
    """Another process's text in one line of ours."""
    return printable(text).replace("\n", "\\n")
