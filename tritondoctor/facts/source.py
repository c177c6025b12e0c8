"""The import statements that a Python module executes when it is imported, in order.

Statements in functions are not executed by an import; those in `if` count where the condition can be
told (platform, version, TYPE_CHECKING); those in `try` carry what happens when they fail.
Parsing every module of a launch whole would take seconds, so only the skeleton (imports and the
compound statements around them) is given to `ast`; what the skeleton cannot carry is parsed whole.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Optional, Union


class Import(NamedTuple):
    """`from module import names` (level dots) or `import module` (names empty) at `line`."""

    module: str
    names: tuple[str, ...]
    level: int
    line: int


class Attempt(NamedTuple):
    """A `try`: where `body` fails with ImportError, `handlers` run instead; `otherwise` is `else`.

    `handlers` is None where no handler catches ImportError, or where the one that does raises again.
    """

    body: tuple[Statement, ...]
    handlers: Optional[tuple[Statement, ...]]
    otherwise: tuple[Statement, ...]


Statement = Union[Import, Attempt]

# a statement at the margin that may import, with all its indented lines and further clauses
_MARGIN = re.compile(
    r"^(?:import|from|try|if|with)\b.*"
    r"(?:\n(?:(?:[ \t)\]}#]|(?:else|elif|except|finally)\b).*)?)*",
    re.M,
)
_CAUGHT = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


def imports_of(
    source: str, version: tuple[int, ...], *, whole: bool = False, functions: bool = False
) -> tuple[Statement, ...]:
    """The statements that importing this source executes; `version` is the target's, as (3, 11, 7).

    With `whole` the source is parsed as it is, not its skeleton.  With `functions` imports that
    stand unconditionally in functions count too (a launch calls them).  Raises SyntaxError.
    """
    if not whole and not functions:
        skeleton = _skeleton(source)
        if not skeleton:
            return ()
        try:
            return tuple(_statements(ast.parse(skeleton).body, version, functions))
        except (SyntaxError, ValueError):
            pass
    return tuple(_statements(ast.parse(source).body, version, functions))


def defined_names(source: str) -> Optional[set[str]]:
    """Names that a module defines at its top level; None where that cannot be told from its text."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return None
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return None if "__getattr__" in names else names


def _skeleton(source: str) -> str:
    """The source with all blank but its imports and compound statements at the margin."""
    parts: list[str] = []
    position = 0
    for match in _MARGIN.finditer(source):
        if "import" in match.group():
            parts.append("\n" * source.count("\n", position, match.start()))
            parts.append(match.group())
            position = match.end()
    return "".join(parts)


def _statements(
    body: Sequence[ast.stmt], version: tuple[int, ...], functions: bool
) -> Iterator[Statement]:
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, (), 0, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            yield Import(node.module or "", names, node.level, node.lineno)
        elif isinstance(node, ast.Try):
            attempt = _attempt(node, version, functions)
            if attempt.body or attempt.handlers or attempt.otherwise:
                yield attempt
        elif isinstance(node, ast.If):
            known = _condition(node.test, version)
            if known is not False and (known or functions):
                yield from _statements(node.body, version, functions)
            if not known and (known is False or functions):
                yield from _statements(node.orelse, version, functions)
        elif isinstance(node, (ast.With, ast.ClassDef)) or (
            functions and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        ):
            yield from _statements(node.body, version, functions)


def _attempt(node: ast.Try, version: tuple[int, ...], functions: bool) -> Attempt:
    body = tuple(_statements(node.body, version, functions))
    otherwise = tuple(_statements([*node.orelse, *node.finalbody], version, functions))
    for handler in node.handlers:
        kinds = (
            handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        )
        names = {getattr(kind, "attr", getattr(kind, "id", None)) for kind in kinds}
        if None in kinds or names & _CAUGHT:
            if any(isinstance(step, ast.Raise) for step in handler.body):
                return Attempt(body, None, otherwise)
            return Attempt(body, tuple(_statements(handler.body, version, functions)), otherwise)
    return Attempt(body, None, otherwise)


def _condition(test: ast.expr, version: tuple[int, ...]) -> Optional[bool]:
    """Whether a condition holds on Linux with this Python; None where it cannot be told."""
    if isinstance(test, ast.Constant):
        return bool(test.value)
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _condition(test.operand, version)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        known = [_condition(value, version) for value in test.values]
        stop = isinstance(test.op, ast.Or)
        if stop in known:
            return stop
        return None if None in known else not stop
    text = ast.unparse(test)
    if text in ("TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING", "MYPY"):
        return False
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    left, right = ast.unparse(test.left), test.comparators[0]
    try:
        value = ast.literal_eval(right)
    except ValueError:
        return None
    facts: dict[str, object] = {
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
    return _compare(test.ops[0], facts[left], value) if left in facts else None


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
