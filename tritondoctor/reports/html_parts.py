"""The parts of which every page is made: text, headings, tables, boxes to copy from, folds."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from typing import NamedTuple

from tritondoctor import __version__
from tritondoctor.checks import Finding
from tritondoctor.privacy.printable import one_line, printable
from tritondoctor.support import messages

SIGNS = {"fail": "✗", "warn": "!", "ok": "✓"}
_NOTHING_ELSE = "default-src 'none'; style-src 'unsafe-inline'"


def document(title: str, parts: Iterable[str]) -> str:
    """A whole page of these parts of its body."""
    title = f"{title} – tritondoctor"
    style = files("tritondoctor.data").joinpath("report.css").read_text(encoding="utf-8")
    return (
        f'<!DOCTYPE html>\n<html lang="{messages.language_tag}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="generator" content="tritondoctor {__version__}">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_NOTHING_ELSE}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def text(words: object) -> str:
    """Words as HTML shows them literally."""
    return html.escape(printable(words))


def section(words: str) -> str:
    """The heading of a section."""
    return f"<h2>{text(words)}</h2>"


def commands(lines: Iterable[str]) -> str:
    """A box with commands; one click selects all of them, without a script."""
    return f"<pre>{text(chr(10).join(map(one_line, lines)))}</pre>"


class Row(NamedTuple):
    """The cells of a row, (words, class) each, and the row's class."""

    cells: Sequence[tuple[str, str]]
    kind: str = ""


def table(caption: str, *heads: str, kind: str = "table") -> str:
    """The beginning of a table."""
    cells = "".join(f"<th>{text(head)}</th>" for head in heads)
    above = f"<caption>{text(caption)}</caption>" if caption else ""
    return f'<div class="{kind}"><table>{above}<tr>{cells}</tr>'


def stacked(caption: str, heads: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """A table with long cells: on a phone they stand below each other, each behind its head."""
    yield table(caption, *heads, kind="stacked")
    for row in rows:
        cells = (
            f'<td{_class(kind)} data-head="{text(head)}">{text(words)}</td>'
            for head, (words, kind) in zip(heads, row.cells)
        )
        yield f"<tr{_class(row.kind)}>{''.join(cells)}</tr>"
    yield "</table></div>"


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def folded(words: str, parts: Iterable[str], kind: str = "") -> Iterator[str]:
    """What is shown on demand, and always on paper."""
    yield f'<details class="{kind}"><summary>{text(words)}</summary>'
    yield from parts
    yield "</details>"


def numbered(findings: Sequence[Finding]) -> list[tuple[str, Finding]]:
    """Each finding with its anchor: its id, and a number behind it where the id repeats."""
    seen: Counter[str] = Counter()
    anchors = []
    for finding in findings:
        seen[finding.id] += 1
        number = f"-{seen[finding.id]}" if seen[finding.id] > 1 else ""
        anchors.append((f"{finding.id}{number}", finding))
    return anchors
