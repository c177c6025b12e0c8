"""The import statements that a Python module executes when it is imported, in order.

Statements in functions are not executed by an import, and those in class bodies are too rare to be
looked for; those in `if` count where the condition is known
(platform, version, TYPE_CHECKING); those in `try` carry what happens when they fail.
Parsing every module of a launch whole would take seconds, so only the skeleton (imports and the
compound statements around them) is given to `ast`; what the skeleton cannot carry is parsed whole,
and so is what ends within a line, as files do that were cut short.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from typing import Optional, Union

import msgspec

from tritondoctor.facts.imports.conditions import Conditions, expression
from tritondoctor.facts.imports.syntax import (
    MOST_SIGNS,
    NESTED,
    TooComplex,
    admit,
    require_end,
    syntax_tree,
    text_of,
)


class Import(msgspec.Struct, frozen=True):
    """`from module import names` (level dots) or `import module` (names empty) at `line`."""

    module: str
    names: tuple[str, ...]
    level: int
    line: int


class ImportAttempt(msgspec.Struct, frozen=True):
    """A `try`: where `body` fails with ImportError, `handlers` run instead; `otherwise` is `else`.

    `handlers` is None where no handler catches ImportError, or where the one that does raises again.
    """

    body: tuple[Statement, ...]
    handlers: Optional[tuple[Statement, ...]]
    otherwise: tuple[Statement, ...]


Statement = Union[Import, ImportAttempt]

# a statement at the margin that may import, with all its indented lines and further clauses; it begins
# with the newline before it, which is what makes the search fast
_MARGIN = re.compile(
    r"\n(?:import|from|try|if|with|__import__)\b.*"
    r"(?:\n(?:(?:[ \t)\]}#]|(?:else|elif|except|finally)\b).*|(?=\n)))*"
)
_FIRST_WORDS = ("import", "from", "try", "if", "with", "__import__")
# everything before the last line that does not go on with the statement above it
_ABOVE = re.compile(r"(?s:.*)\n(?![ \t)\]}#\n]|(?:else|elif|except|finally)\b)")
# the clauses of an `if` at the margin, and the first line of one
_FURTHER = re.compile(r"\n(?=el(?:if|se)\b)")
_CLAUSE = re.compile(r"\n(?:(?:el)?if (.*)|else[ \t]*):[ \t]*(?:#.*)?(?=\n)")
_NEVER = ('\nif __name__ == "__main__"', "\nif __name__ == '__main__'", "\nif TYPE_CHECKING:",
          "\nif typing.TYPE_CHECKING:")  # fmt: skip
# a function or class in a statement, which is long to parse and of which nothing is executed
_DEFINITION = re.compile(
    r"\n([ \t]+)(?:@[^\n]*\n\1){0,9}(?:async )?(?:def|class)\b[^\n]*(?:\n(?:\1[ \t][^\n]*|[ \t]*(?=\n)))*"
)
_NAME = r"[A-Za-z_][\w.]*"
# a line at the margin, or several in parentheses, and behind it no line that goes on with a statement
_PLAIN = re.compile(
    rf"\n(?:import ({_NAME})|from (\.*)({_NAME}|) import (?:\(([^()]*)\)|([^()\\;#\n]*)))"
    r"(?: as \w+)?[ \t]*(?:#.*)?"
    r"(?=(?:\n[ \t]*(?:#.*)?)*(?:\Z|\n(?![ \t)\]}#\n]|(?:else|elif|except|finally)\b)))"
)
#: characters of a text that costs little to parse whole
_SHORT = 1000
_CAUGHT = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


def imports_of(
    source: str, version: tuple[int, ...], *, whole: bool = False, functions: bool = False, name: str = ""
) -> tuple[Statement, ...]:
    """The statements that importing this source executes; `version` is the target's, as (3, 11, 7), and
    `name` the module's, where it is known.

    With `whole` the source is parsed as it is, not its skeleton; of a newer Python's syntax only that it
    has an end is required.  With `functions` imports that
    stand unconditionally in functions count too (a launch calls them).  Raises SyntaxError, TooComplex.
    """
    if "\0" in source:
        raise SyntaxError("source code cannot contain null bytes", ("", 1, 0, ""))
    try:
        reader = _StatementReader(source, version, functions, name)
        return _imports_of(reader, source, version, whole=whole)
    except (RecursionError, MemoryError):
        raise TooComplex(NESTED) from None


_COMMENT = re.compile(r"#.*|\\")


def _imports_of(
    reader: _StatementReader, source: str, version: tuple[int, ...], *, whole: bool
) -> tuple[Statement, ...]:
    cut_short = source[-1:] not in ("", "\n")
    if (cut_short or whole) and version[:2] > sys.version_info[:2]:
        whole = require_end(source) and whole
        cut_short = False
    if not whole and not reader.functions and not cut_short:
        try:
            found = tuple(_quickly(reader, source))
            if found or not _is_suspicious(source):
                return found
        except (SyntaxError, ValueError):
            pass
    return tuple(reader.statements(reader.parsed(source)))


def _is_suspicious(source: str) -> bool:
    """Whether what imports nothing may be no Python: a page of a proxy, a pointer of Git LFS."""
    return len(source) < _SHORT or source.lstrip()[:1] == "<"


def defined_names(source: str) -> Optional[set[str]]:
    """Names that a module defines at its top level; None where its text does not say.

    Raises SyntaxError, TooComplex.
    """
    names: set[str] = set()
    tree = syntax_tree(source)
    of_classes = {
        id(node) for above in ast.walk(tree) if isinstance(above, ast.ClassDef) for node in above.body
    }
    for node in ast.walk(tree):
        if id(node) in of_classes and getattr(node, "name", "") == "__getattr__":
            continue  # it gives the attributes of objects
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return None
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return None if "__getattr__" in names else names


def _quickly(reader: _StatementReader, source: str) -> Iterator[Statement]:
    """The statements at the margin with the word `import` in them, each read by itself: plain imports at
    sight, others by `ast`.

    To look for the word, and for the beginning of the line or statement around it, is faster than a look
    at the beginning of each line.
    """
    line, position, done = 1, 0, 0
    if source.startswith(_FIRST_WORDS):
        source, line = "\n" + source, 0
    place = source.find("import")
    while place >= 0:
        start = source.rfind("\n", done, place)
        plain = _PLAIN.match(source, start) if start >= 0 else None
        if plain is not None and plain.end() > place:
            line += source.count("\n", position, start + 1)
            position, done = start + 1, plain.end()
            yield _plain_import(plain, line)
        else:
            above = _ABOVE.match(source, done, place + 1)
            statement = _MARGIN.match(source, above.end() - 1) if above else None
            done = place + 6
            if statement is not None:
                done, chunk = statement.end(), statement.group()
                line += source.count("\n", position, statement.start() + 1)
                position = statement.start() + 1
                yield from _compound(reader, chunk, line)
        place = source.find("import", done)


def _plain_import(plain: re.Match[str], line: int) -> Import:
    """Raises SyntaxError where a comma is missing or one too many."""
    module, dots, origin, several, single = plain.groups()
    if module:
        return Import(module, (), 0, line)
    listed = several if several is not None else single
    if "#" in listed or "\\" in listed:
        listed = _COMMENT.sub("", listed)
    names = [part.split() for part in listed.split(",")]
    if several is not None and not names[-1]:  # a comma before the parenthesis
        names.pop()
    if not names or not all(map(_is_imported_name, names)):
        raise SyntaxError  # the whole is parsed then, and says what is wrong
    return Import(origin, tuple([name[0] for name in names]), len(dots), line)


def _is_imported_name(words: list[str]) -> bool:
    """Whether it is `name` or `name as other`."""
    return len(words) == 1 or (len(words) == 3 and words[1] == "as")


def _compound(reader: _StatementReader, chunk: str, line: int) -> Iterator[Statement]:
    """What a statement imports that is no plain import; `line` is its first."""
    if chunk.startswith(_NEVER) and "\nel" not in chunk:
        return
    part, before = reader.executed(chunk) if chunk.startswith("\nif ") else (chunk, 0)
    if "import" not in part:
        return
    try:
        body = reader.parsed(_DEFINITION.sub(_without_body, part) if len(part) > _SHORT else part)
    except SyntaxError:
        body = reader.parsed(part)
    for statement in reader.statements(body):
        yield _moved(statement, line + before - 2)


def _without_body(definition: re.Match[str]) -> str:
    """In place of a function or class, as many lines."""
    return f"\n{definition[1]}pass" + "\n" * (definition[0].count("\n") - 1)


def _named_by_call(node: ast.expr) -> str:
    """The module of `__import__('pkg_resources').declare_namespace(__name__)`, a line of old namespace
    packages; "" for anything else.
    """
    while isinstance(node, (ast.Attribute, ast.Call)):
        inner = node.func if isinstance(node, ast.Call) else node.value
        if isinstance(inner, ast.Name) and inner.id == "__import__" and isinstance(node, ast.Call):
            name = node.args[0] if node.args else None
            return name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""
        node = inner
    return ""


def _moved(statement: Statement, lines: int) -> Statement:
    if isinstance(statement, Import):
        return msgspec.structs.replace(statement, line=statement.line + lines)
    parts = (statement.body, statement.handlers, statement.otherwise)
    body, handlers, otherwise = (
        None if part is None else tuple(_moved(inner, lines) for inner in part) for part in parts
    )
    return ImportAttempt(body or (), handlers, otherwise or ())


class _StatementReader:
    """Reads statements for one Python version; conditions are decided where that is possible."""

    def __init__(self, source: str, version: tuple[int, ...], functions: bool, name: str = "") -> None:
        self.source = source
        self.functions = functions
        self._parsed = 0
        self._conditions = Conditions(source, version, name)

    def parsed(self, part: str) -> list[ast.stmt]:
        """The statements of a part of the source.  Raises SyntaxError, TooComplex."""
        if self._parsed <= MOST_SIGNS < self._parsed + len(part):
            admit(self.source)
        self._parsed += len(part)
        return ast.parse(part).body

    def executed(self, block: str) -> tuple[str, int]:
        """The clause of an `if` at the margin that is executed for sure ("" for none), and how many lines
        of the block stand before it; the whole block where the first lines of its clauses do not tell.
        """
        starts = [0, *(further.start() for further in _FURTHER.finditer(block))]
        for start, end in zip(starts, [*starts[1:], len(block)]):
            head = _CLAUSE.match(block, start, end + 1)
            try:
                holds = head and (head[1] is None or self._conditions.holds(expression(head[1])))
            except SyntaxError:
                head = None
            if head is None:
                return block, 0
            if holds:
                return f"\nif 1:{block[head.end() : end]}", block.count("\n", 0, start)
            if holds is None:
                break
        return "", 0

    def statements(self, body: Sequence[ast.stmt]) -> Iterator[Statement]:
        for node in body:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(alias.name, (), 0, node.lineno)
            elif isinstance(node, ast.ImportFrom):
                names = tuple(alias.name for alias in node.names)
                yield Import(node.module or "", names, node.level, node.lineno)
            elif isinstance(node, ast.Expr) and _named_by_call(node.value):
                yield Import(_named_by_call(node.value), (), 0, node.lineno)
            elif isinstance(node, ast.Try):
                attempt = self._attempt(node)
                if attempt.body or attempt.handlers or attempt.otherwise:
                    yield attempt
            elif isinstance(node, ast.If):
                holds = self._conditions.holds(node.test)
                if holds or (holds is None and self.functions):
                    yield from self.statements(node.body)
                if holds is False or (holds is None and self.functions):
                    yield from self.statements(node.orelse)
            elif isinstance(node, ast.With) and _suppresses(node):
                yield ImportAttempt(tuple(self.statements(node.body)), (), ())
            elif isinstance(node, ast.With) or (
                self.functions and isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
            ):
                yield from self.statements(node.body)

    def _attempt(self, node: ast.Try) -> ImportAttempt:
        body = tuple(self.statements(node.body))
        otherwise = tuple(self.statements([*node.orelse, *node.finalbody]))
        for handler in node.handlers:
            kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
            names = {getattr(kind, "attr", getattr(kind, "id", None)) for kind in kinds}
            if None in kinds or names & _CAUGHT:
                if any(isinstance(step, ast.Raise) for step in handler.body):
                    return ImportAttempt(body, None, otherwise)
                return ImportAttempt(body, tuple(self.statements(handler.body)), otherwise)
        return ImportAttempt(body, None, otherwise)


def _suppresses(node: ast.With) -> bool:
    """Whether it is `with suppress(ImportError):` (contextlib)."""
    return any(
        isinstance(item.context_expr, ast.Call)
        and text_of(item.context_expr.func).endswith("suppress")
        and any(text_of(kind) in _CAUGHT for kind in item.context_expr.args)
        for item in node.items
    )
