"""The part of a link map that breaks, as a picture: who needs the library at fault, and what it lacks.

A tree from top to bottom, narrow enough for a phone: the needing objects, one a row, below the program;
red lines lead from their right side to the libraries at fault at the foot, and bear what is missing.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

from tritondoctor.facts.interpreter.model import LinkProblem, Program
from tritondoctor.privacy.printable import one_line
from tritondoctor.support.messages import _, plural

_MARGIN, _INDENT, _BOX, _HEIGHT, _GAP = 8, 22, 300, 36, 14
#: from a box to the vertical lines, with room for `CXXABI_FLOAT128 +2`
_LABEL, _LINE = 132, 14
_MOST_ROWS, _MOST_FAULTS, _DEEPEST, _LETTERS, _SMALL_LETTERS = 12, 6, 6, 36, 46


@dataclass
class _Row:
    """An object of the path; `lacks` are the libraries at fault that it needs, with what they lack."""

    path: str
    name: str
    depth: int
    lacks: dict[str, list[str]] = field(default_factory=dict)


def broken_path(program: Program) -> str:
    """An SVG of the objects that lead to what breaks."""
    rows, hidden = _rows(program)
    faults = list(dict.fromkeys(fault for row in rows for fault in row.lacks))
    step = _HEIGHT + _GAP
    foot = _MARGIN + len(rows) * step
    right = _MARGIN + max((row.depth for row in rows), default=0) * _INDENT + _BOX + _LABEL
    parts = [*_tree_lines(rows), *_needs(rows, faults, right, foot)]
    for number, row in enumerate(rows):
        x, y = _place(row, number)
        parts.append(_box(x, y, row.name, row.path, "program" if row.depth == 0 else "system"))
    for number, fault in enumerate(faults):
        path = fault if fault.startswith("/") else _("not found")
        parts.append(
            _box(_MARGIN, foot + number * step, f"✗ {posixpath.basename(fault)}", path, "broken")
        )
    height = foot + len(faults) * step
    if hidden:
        more = plural("and {count} more object", "and {count} more objects", hidden)
        parts.append(f'<text x="{_MARGIN}" y="{height + 10}">{escape(more)}</text>')
        height += 18
    width = right + len(faults) * _LINE + _MARGIN
    names = ", ".join(posixpath.basename(fault) for fault in faults)
    label = one_line(_("{program}: broken at {names}", program=program.role, names=names))
    return (
        f'<svg role="img" class="narrow" aria-label="{escape(label)}" viewBox="0 0 {width} {height}" '
        f'style="--width:{width}" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def _fault(problem: LinkProblem) -> str:
    return problem.provider or problem.name or problem.kind


def _rows(program: Program) -> tuple[list[_Row], int]:
    """The program, the objects that lead to something broken, and how many are left out."""
    parents = {loaded.path: loaded.needed_by for loaded in reversed(program.objects)}
    rows = {program.path: _Row(program.path, posixpath.basename(program.path), 0)}
    hidden, faults = set[str](), set[str]()
    for problem in program.problems:
        way = _way(problem.needed_by, parents, program.path)
        fault = _fault(problem)
        if len(rows.keys() | way) > _MOST_ROWS or len(faults | {fault}) > _MOST_FAULTS:
            hidden.update({*way, fault} - set(rows) - faults)
            continue
        faults.add(fault)
        for depth, path in enumerate(way):
            rows.setdefault(path, _Row(path, posixpath.basename(path), min(depth, _DEEPEST)))
        lacking = rows[way[-1]].lacks.setdefault(fault, [])
        lacking.append(
            problem.version or (_("not found") if problem.kind == "not-found" else _("refused"))
        )
    return _in_order(list(rows.values()), parents), len(hidden)


def _way(path: str, parents: dict[str, str], program: str) -> list[str]:
    way: list[str] = []
    while path and path != program and path not in way:
        way.insert(0, path)
        path = parents.get(path, "")
    return [program, *way[1 - _MOST_ROWS :]]


def _in_order(rows: list[_Row], parents: dict[str, str]) -> list[_Row]:
    """Each object below the one that needs it."""
    children: dict[str, list[_Row]] = {}
    for row in rows[1:]:
        children.setdefault(parents.get(row.path, rows[0].path), []).append(row)
    order, stack = list[_Row](), rows[:1]
    while stack:
        row = stack.pop()
        order.append(row)
        stack.extend(reversed(children.pop(row.path, [])))
    return order


def _place(row: _Row, number: int) -> tuple[int, int]:
    return _MARGIN + row.depth * _INDENT, _MARGIN + number * (_HEIGHT + _GAP)


def _tree_lines(rows: list[_Row]) -> Iterator[str]:
    """A grey line from each object to the one that needs it."""
    last: dict[int, int] = {}
    for number, row in enumerate(rows):
        x, y = _place(row, number)
        last[row.depth] = y
        if row.depth and row.depth - 1 in last:
            left, top = x - _INDENT + 10, last[row.depth - 1] + _HEIGHT
            yield f'<path d="M{left} {top}V{y + _HEIGHT // 2}H{x}"/>'


def _needs(rows: list[_Row], faults: list[str], right: int, foot: int) -> Iterator[str]:
    """The red lines, each with what is missing."""
    for number, row in enumerate(rows):
        x, y = _place(row, number)
        for place, (fault, versions) in enumerate(row.lacks.items()):
            index = faults.index(fault)
            line, level = right + index * _LINE, y + _HEIGHT // 2 + 8 + place * 16
            end = foot + index * (_HEIGHT + _GAP) + _HEIGHT // 2
            yield f'<path class="broken" d="M{x + _BOX} {level}H{line}V{end}H{_MARGIN + _BOX + 7}"/>'
            yield f'<path class="broken" d="M{_MARGIN + _BOX + 9} {end - 5}l-7 5 7 5"/>'
            different = list(dict.fromkeys(versions))
            more = f" +{len(different) - 1}" if len(different) > 1 else ""
            words = escape(one_line(different[0]) + more)
            yield f'<text class="lack" x="{x + _BOX + 6}" y="{level - 4}">{words}</text>'


def _box(x: int, y: int, name: str, path: str, kind: str) -> str:
    return (
        f'<g class="{kind}"><title>{escape(one_line(path))}</title>'
        f'<rect x="{x}" y="{y}" width="{_BOX}" height="{_HEIGHT}" rx="4"/>'
        f'<text x="{x + 7}" y="{y + 15}">{escape(_cut(name, _LETTERS))}</text>'
        f'<text class="small" x="{x + 7}" y="{y + 29}">{escape(_cut(path, _SMALL_LETTERS))}</text></g>'
    )


def _cut(words: str, letters: int) -> str:
    """The words, their middle left out where they are longer."""
    words = one_line(words)
    if len(words) <= letters:
        return words
    front = letters // 3
    return f"{words[:front]}…{words[front + 1 - letters :]}"
