"""The link map of a program as a picture: each object beside the first that needs it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

from tritondoctor.facts.interpreter.model import LinkProblem, Program
from tritondoctor.privacy.printable import one_line
from tritondoctor.support.messages import _, plural

_ROW, _HEIGHT, _COLUMN, _WIDTH, _MARGIN = 24, 18, 250, 204, 8
_MOST_LETTERS = 29
_KINDS = {"LD_LIBRARY_PATH": "path", "rpath": "own", "runpath": "own", "LD_PRELOAD": "preload"}


@dataclass
class _Node:
    label: str
    title: str
    kind: str
    children: list[_Node] = field(default_factory=list)
    depth: int = 0
    row: float = 0.0
    leads_to_broken: bool = False

    @property
    def x(self) -> float:
        return _MARGIN + self.depth * _COLUMN

    @property
    def y(self) -> float:
        return _MARGIN + self.row * _ROW


def picture(program: Program) -> str:
    """An SVG; the edges that break are red, those that lead to nothing dashed."""
    root, nodes, missing = _tree(program)
    depth, rows = _laid_out(root)
    width, height = 2 * _MARGIN + depth * _COLUMN + _WIDTH, 2 * _MARGIN + rows * _ROW
    parts = [*_edges(root, missing), *_broken_edges(program, nodes), *_boxes(root)]
    label = plural(
        "Link map of {program}: {count} object, {problems}",
        "Link map of {program}: {count} objects, {problems}",
        len(program.objects),
        program=program.role,
        problems=_problems(program),
    )
    return (
        f'<svg role="img" aria-label="{escape(one_line(label))}" viewBox="0 0 {width} {height}" '
        f'style="--width:{width}" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )


def _problems(program: Program) -> str:
    names = dict.fromkeys(problem.name or problem.kind for problem in program.problems)
    return _("broken at {names}", names=", ".join(names)) if names else _("nothing missing")


def _tree(program: Program) -> tuple[_Node, dict[str, _Node], set[int]]:
    root = _Node(posixpath.basename(program.path), program.path, "program")
    nodes = {program.path: root}
    for loaded in program.objects:
        kind = _KINDS.get(loaded.found_by, "system")
        title = _("{path} (found by {rule})", path=loaded.path, rule=loaded.found_by)
        node = _Node(posixpath.basename(loaded.name), title, kind)
        nodes.get(loaded.needed_by, root).children.append(node)
        nodes.setdefault(loaded.path, node)
    missing: set[int] = set()
    for problem in program.problems:
        if _provider(problem, nodes) is None:
            node = _Node(problem.name or problem.kind, problem.message, "broken")
            parent = nodes.get(problem.needed_by, root)
            if all(other.label != node.label for other in parent.children):
                parent.children.append(node)
                missing.add(id(node))
        else:
            nodes[problem.provider].kind = "broken"
    for node in reversed(list(_walk(root))):
        node.leads_to_broken = node.kind == "broken" or any(
            child.leads_to_broken for child in node.children
        )
        node.children.sort(key=lambda child: not child.leads_to_broken)  # so that they are seen first
    return root, nodes, missing


def _provider(problem: LinkProblem, nodes: dict[str, _Node]) -> _Node | None:
    return nodes.get(problem.provider) if problem.provider else None


def _laid_out(root: _Node) -> tuple[int, int]:
    """Columns and rows; an object stands beside the first that it needs."""
    deepest, rows = 0, 0
    stack = [root]
    while stack:
        node = stack.pop()
        node.row = rows
        deepest = max(deepest, node.depth)
        for child in node.children:
            child.depth = node.depth + 1
        if node.children:
            stack.extend(reversed(node.children))
        else:
            rows += 1
    return deepest, max(rows, 1)


def _walk(root: _Node) -> Iterator[_Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.children))


def _edges(root: _Node, missing: set[int]) -> Iterator[str]:
    for node in _walk(root):
        for child in node.children:
            lost = id(child) in missing
            yield _edge(node, child, "broken missing" if lost else "")


def _broken_edges(program: Program, nodes: dict[str, _Node]) -> Iterator[str]:
    pairs = {
        (problem.needed_by, problem.provider) for problem in program.problems if problem.provider in nodes
    }
    for needed_by, provider in sorted(pairs):
        if needed_by in nodes and needed_by != provider:
            yield _edge(nodes[needed_by], nodes[provider], "broken")


def _edge(parent: _Node, child: _Node, kind: str) -> str:
    start, end = parent.x + _WIDTH, child.x
    if child.depth <= parent.depth:
        end += _WIDTH
        bend = max(start, end) + 34
        line = f"C{bend:g} {parent.y + 9:g} {bend:g} {child.y + 9:g}"
    else:
        middle = start + (_COLUMN - _WIDTH) / 2
        line = f"C{middle:g} {parent.y + 9:g} {end - (_COLUMN - _WIDTH) / 2:g} {child.y + 9:g}"
    name = f' class="{kind}"' if kind else ""
    return f'<path{name} d="M{start:g} {parent.y + 9:g}{line} {end:g} {child.y + 9:g}"/>'


def _boxes(root: _Node) -> Iterator[str]:
    for node in _walk(root):
        label = one_line(node.label)
        if len(label) > _MOST_LETTERS:
            label = f"{label[:16]}…{label[-12:]}"
        sign = "✗ " if node.kind == "broken" else ""
        yield (
            f'<g class="{node.kind}"><title>{escape(one_line(node.title))}</title>'
            f'<rect x="{node.x:g}" y="{node.y:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="4"/>'
            f'<text x="{node.x + 6:g}" y="{node.y + 13:g}">{escape(sign + label)}</text></g>'
        )
