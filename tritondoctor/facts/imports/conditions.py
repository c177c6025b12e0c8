"""Whether a condition of a module holds on Linux with the target's Python."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from typing import Optional

from tritondoctor.facts.imports.syntax import admit, text_of

_MOST_FLAGS = 50  # each is looked for in the whole module
#: what a module's own flag is set to, behind its name
_VALUE = re.compile(r"(?::[^=\n]*)? = ([^#\n]*)")


@functools.lru_cache(maxsize=256)
def expression(text: str) -> ast.expr:
    """What a condition says.  Raises SyntaxError, TooComplex."""
    admit(text)
    return ast.parse(text, mode="eval").body


class Conditions:
    """The conditions of one source; `name` is its module's, where it is known."""

    def __init__(self, source: str, version: tuple[int, ...], name: str = "") -> None:
        self._source = source
        self._flags: dict[str, Optional[bool]] = {}
        self._known: dict[str, object] = {
            "sys.version_info": version,
            "sys.version_info[:2]": version[:2],
            "sys.version_info[0]": version[0],
            "sys.version_info.major": version[0],
            "sys.platform": "linux",
            "os.name": "posix",
            "platform.system()": "Linux",
            "sys.implementation.name": "cpython",
            "platform.python_implementation()": "CPython",
        }
        if name:
            self._known["__name__"] = name

    def holds(self, test: ast.expr) -> Optional[bool]:
        """Whether a condition holds on Linux with this Python; None where that is unknown."""
        if isinstance(test, ast.Constant):
            return bool(test.value)
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self.holds(test.operand)
            return None if inner is None else not inner
        if isinstance(test, ast.BoolOp):
            conditions = [self.holds(value) for value in test.values]
            stop = isinstance(test.op, ast.Or)
            if stop in conditions:
                return stop
            return None if None in conditions else not stop
        if text_of(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING"):
            return False
        if isinstance(test, ast.Name):
            return self._flag(test.id)
        if not isinstance(test, ast.Compare) or len(test.ops) != 1:
            return None
        left = text_of(test.left)
        try:
            value = ast.literal_eval(test.comparators[0])
        except (ValueError, TypeError):
            return None
        return _compare(test.ops[0], self._known[left], value) if left in self._known else None

    def _flag(self, name: str) -> Optional[bool]:
        """The value of a module's own flag, if all its assignments agree (as numpy's, for setup)."""
        if name not in self._flags and len(self._flags) < _MOST_FLAGS:
            given = set(self._assigned(name))
            values = {"True": True, "False": False}
            self._flags[name] = values.get(given.pop()) if len(given) == 1 else None
        return self._flags.get(name)

    def _assigned(self, name: str) -> Iterator[str]:
        """What stands behind the name and `=` on lines that begin with it."""
        place = self._source.find(name)
        while place >= 0:
            line, place = self._source.rfind("\n", 0, place) + 1, place + len(name)
            value = _VALUE.match(self._source, place)
            if value is not None and self._source[line:place].strip(" \t") == name:
                yield value.group(1).rstrip(" \t")
            place = self._source.find(name, place)


def _compare(operator: ast.cmpop, left: object, right: object) -> Optional[bool]:
    try:
        if isinstance(operator, ast.Eq):
            return left == right
        if isinstance(operator, ast.NotEq):
            return left != right
        if isinstance(operator, ast.GtE):
            return bool(left >= right)  # type: ignore[operator]
        if isinstance(operator, ast.Gt):
            return bool(left > right)  # type: ignore[operator]
        if isinstance(operator, ast.LtE):
            return bool(left <= right)  # type: ignore[operator]
        if isinstance(operator, ast.Lt):
            return bool(left < right)  # type: ignore[operator]
        if isinstance(operator, ast.In):
            return left in right  # type: ignore[operator]
    except TypeError:
        pass
    return None
