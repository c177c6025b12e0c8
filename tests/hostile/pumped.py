"""Texts that make a regular expression try for long: what it repeats, many times, and what fails."""

from __future__ import annotations

import ast
import importlib
import itertools
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple, Optional, Union

import tritondoctor

_PARSER: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
_ROOT = Path(tritondoctor.__file__).parent
_CALLS = frozenset(
    ("compile", "match", "search", "findall", "finditer", "sub", "subn", "split", "fullmatch", "pattern",
     "compiled")
)  # fmt: skip
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
#: characters of which each class is asked whether it holds them
_LETTERS = "a \n\t0A-_./:=\"'\\,;@$%+|#*<>()[]{}!~&?^`é"
_MOST_PIECES = 12
_ENDS = ("", "\n", "\0", "!", " ")
Found = Union[str, bytes]


class TooSlow(Exception):  # noqa: N818  (an outcome)
    """A search took more than its time."""


class Use(NamedTuple):
    """A regular expression, and whether a search may begin anywhere in a text."""

    pattern: re.Pattern[Any]
    anywhere: bool = True


def uses() -> dict[str, Use]:
    """Every regular expression of the package by its place, unless only a run knows a part of it."""
    found: dict[str, Use] = {}
    for path in sorted(_ROOT.rglob("*.py")):
        parts = path.relative_to(_ROOT.parent).with_suffix("").parts
        if parts[-1] == "__main__" or "data" in parts:
            continue
        source = path.read_text()
        tree = ast.parse(source)
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _compiles(node)]
        if not calls:
            continue
        known = vars(importlib.import_module(".".join(parts)))
        for call in calls:
            for expression in _evaluated(call, known):
                name = f"{path.relative_to(_ROOT)}:{call.lineno}"
                found.setdefault(name, Use(expression, _anywhere(call, tree, source)))
    return found


def _anywhere(call: ast.Call, tree: ast.Module, source: str) -> bool:
    """Whether it is not only matched from where it is put."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name in ("match", "fullmatch"):
        return False
    assigned = [
        node.targets[0] for node in tree.body if isinstance(node, ast.Assign) and node.value is call
    ]
    for target in assigned:
        if isinstance(target, ast.Name):
            used = set(re.findall(rf"\b{target.id}\.(\w+)", source))
            return not used or bool(used - {"match", "fullmatch"})
    return True


def _compiles(call: ast.Call) -> bool:
    called = call.func if call.args else None
    if isinstance(called, ast.Attribute):
        of_re = isinstance(called.value, ast.Name) and called.value.id == "re"
        return of_re and called.attr in _CALLS
    return isinstance(called, ast.Name) and called.id in _CALLS


def _evaluated(call: ast.Call, known: dict[str, Any]) -> Iterator[re.Pattern[Any]]:
    given = [call.args[0], *(word.value for word in call.keywords if word.arg == "flags"), *call.args[1:]]
    values = []
    for part in given:
        with suppress(Exception):  # it needs what only a run knows
            values.append(eval(ast.unparse(part), dict(known)))
    flags = next((value for value in values[1:] if isinstance(value, re.RegexFlag)), re.RegexFlag(0))
    if values and isinstance(values[0], (str, bytes)):
        ascii_only = re.ASCII if isinstance(call.func, ast.Name) and call.func.id == "compiled" else 0
        with suppress(re.error):
            yield re.compile(values[0], flags | ascii_only)


class Attack(NamedTuple):
    """What leads to a repetition, what is repeated, and what ends the match."""

    before: str
    pump: str
    end: str

    def of(self, length: int) -> str:
        """The text of about that length."""
        return self.before + self.pump * (length // len(self.pump)) + self.end


def attacks(pattern: re.Pattern[Any], mixed: int) -> Iterator[Attack]:
    """Attacks on each repetition of a pattern, with up to `mixed` pieces of it, and on its beginnings."""
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    tree = _PARSER.parse(text, pattern.flags & ~re.UNICODE if pattern.flags & re.ASCII else 0)
    pumped = dict.fromkeys(itertools.chain(_pumps(tree, "", mixed), _beginnings(tree)))
    for before, pump in pumped:
        if pump:
            yield from (Attack(before, pump, end) for end in _ENDS)


def _beginnings(tree: Any) -> Iterator[tuple[str, str]]:
    """What a match begins with, repeated: a search starts at each."""
    for end in range(1, len(tree) + 1):
        for sample in _samples(tree[:end]):
            yield "", sample
            yield "", sample + " "


def _pumps(tree: Any, before: str, mixed: int) -> Iterator[tuple[str, str]]:
    """(what leads to a repetition, what is repeated)."""
    for at, (kind, value) in enumerate(tree):
        lead = before + next(iter(_samples(tree[:at])), "")
        name = str(kind)
        if name in _REPEATS:
            if value[1] > 1:
                yield from ((lead, pump) for pump in _mixtures(value[2], mixed))
            yield from _pumps(value[2], lead, mixed)
        else:
            for inner in _inner(name, value):
                yield from _pumps(inner, lead, mixed)


def _inner(name: str, value: Any) -> list[Any]:
    if name == "SUBPATTERN":
        return [value[3]]
    if name == "BRANCH":
        return list(value[1])
    if name in ("ASSERT", "ASSERT_NOT"):
        return [value[1]]
    return [value] if name == "ATOMIC_GROUP" else []


def _mixtures(body: Any, mixed: int) -> Iterator[str]:
    """Whole samples of a body, and its pieces, up to so many of them in every order."""
    yield from _samples(body)
    pieces = list(dict.fromkeys(_pieces(body)))[:_MOST_PIECES]
    for count in range(1, mixed + 1):
        yield from ("".join(chosen) for chosen in itertools.product(pieces, repeat=count))


def _pieces(tree: Any) -> Iterator[str]:
    run = ""
    for kind, value in tree:
        if str(kind) == "LITERAL":
            run += chr(value)
            continue
        if run:
            yield run
            run = ""
        name = str(kind)
        if name in _REPEATS:
            yield from _pieces(value[2])
        elif name in ("IN", "ANY", "NOT_LITERAL"):
            yield from _letters(name, value)[:3]
        elif not name.startswith("ASSERT"):
            for inner in _inner(name, value):
                yield from _pieces(inner)
    if run:
        yield run
        if len(run) > 1 and not run[0].isalnum():
            yield from (run[0], run[1:])


def _samples(tree: Any) -> list[str]:
    """A few texts that the nodes match; what stands around them is not asked for."""
    texts = [""]
    for kind, value in tree:
        texts = [text + more for text in texts for more in _of_node(str(kind), value)][:6]
    return texts


def _of_node(name: str, value: Any) -> list[str]:
    if name == "LITERAL":
        return [chr(value)]
    if name in ("IN", "ANY", "NOT_LITERAL"):
        return _letters(name, value)[:2] or ["a"]
    if name in _REPEATS:
        return [text * max(1, min(value[0], 40)) for text in _samples(value[2])]
    if name.startswith("ASSERT"):
        return [""]
    inner = [text for part in _inner(name, value) for text in _samples(part)]
    return inner[:6] or [""]


def _letters(name: str, value: Any) -> list[str]:
    if name == "ANY":
        return ["a", " "]
    if name == "NOT_LITERAL":
        return [letter for letter in _LETTERS if ord(letter) != value]
    negated = any(str(kind) == "NEGATE" for kind, _ in value)
    held = [letter for letter in _LETTERS if any(_holds(item, letter) for item in value) is not negated]
    return held or [chr(inner) for kind, inner in value if str(kind) == "LITERAL"][:1]


_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "DIGIT": str.isdigit, "SPACE": str.isspace, "WORD": lambda letter: letter.isalnum() or letter == "_",
}  # fmt: skip


def _holds(item: Any, letter: str) -> bool:
    kind, value = str(item[0]), item[1]
    if kind == "LITERAL":
        return ord(letter) == int(value)
    if kind == "RANGE":
        return bool(value[0] <= ord(letter) <= value[1])
    if kind == "CATEGORY":
        name = str(value).replace("UNI_", "").replace("CATEGORY_", "")
        category = _CATEGORIES.get(name.replace("NOT_", ""), str.isspace)
        return bool(category(letter)) is not ("NOT_" in name)
    return False


def seconds(use: Use, text: str, most: float) -> float:
    """Processor time of all matches in a text.  Raises TooSlow."""
    pattern = use.pattern

    def stop(number: int, frame: Optional[FrameType]) -> None:
        raise TooSlow

    given: Found = text if isinstance(pattern.pattern, str) else text.encode("utf-8", "replace")
    before = signal.signal(signal.SIGVTALRM, stop)
    began = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, most)
    try:
        for _ in pattern.finditer(given) if use.anywhere else (pattern.match(given),):
            pass
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return time.process_time() - began
