"""The statement with which a module ends the Python that imports it.

Only what is executed whatever happens counts: a statement in an `if` whose condition is not known, or
in a loop, is taken as not executed.  Modules and functions are followed where the text names them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Optional

import msgspec

from tritondoctor.facts.imports.conditions import Conditions
from tritondoctor.facts.imports.syntax import syntax_tree, text_of

#: these raise SystemExit, which `site` lets pass (CPython's Lib/site.py catches Exception)
_QUITTERS = {"exit", "quit"}
_RAISING = {"sys.exit", "builtins.exit", "builtins.quit"} | _QUITTERS
#: nothing catches these; `exec` starts another program in place of Python
_AT_ONCE = {"os._exit", "os.abort", "posix._exit", "posix.abort"} | {
    f"os.exec{kind}" for kind in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")
}
_SIGNALLED = {
    f"os.kill(os.getpid(), {signal})"
    for signal in ("9", "15", "signal.SIGKILL", "signal.SIGTERM", "signal.SIGABRT")
}
_PASSED = {"SystemExit", "KeyboardInterrupt", "GeneratorExit"}
_OF_IMPORTS = {"ImportError", "ModuleNotFoundError", "Exception"}
_BUILTIN = {"__import__", "BaseException"} | _PASSED | _OF_IMPORTS
_DEEPEST, MOST_MODULES = 8, 200


class Ending(msgspec.Struct, frozen=True):
    """`statement` as it stands in the source; `catchable`: a handler of SystemExit stops it."""

    statement: str
    catchable: bool


#: the source of a module that Python finds by this name; None where it finds none, "" where it is its own
Source = Callable[[str], Optional[str]]


def ending(source: str, version: tuple[int, ...], find: Source, *, quitters: bool) -> Optional[Ending]:
    """How importing this source ends Python; None where it does not, or where that is not known.

    `quitters`: whether `exit` and `quit` are there (`site.setquit`, after the .pth files).
    """
    bound = _BUILTIN | _QUITTERS if quitters else _BUILTIN
    return _Reader(source, version, find, bound, _DEEPEST, set()).of_module(source)


class _Reader:
    """Reads one module; `executed` are those that were read before, which an import executes once."""

    def __init__(
        self,
        source: str,
        version: tuple[int, ...],
        find: Source,
        bound: set[str],
        depth: int,
        executed: set[str],
    ) -> None:
        self._holds = Conditions(source, version).holds
        self._version = version
        self._find = find
        self._depth = depth
        self._executed = executed
        self._builtin = bound
        self._bound = {name: name for name in bound}
        self._functions: dict[str, Sequence[ast.stmt]] = {}

    def of_module(self, source: str) -> Optional[Ending]:
        try:
            return self._of_block(syntax_tree(source).body)
        except (SyntaxError, ValueError, RecursionError, MemoryError, _Stopped):
            return None

    def _of_block(self, block: Iterable[ast.stmt]) -> Optional[Ending]:
        for statement in block:
            found = self._of_statement(statement)
            if found is not None:
                return found
        return None

    def _of_statement(self, statement: ast.stmt) -> Optional[Ending]:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            return self._of_import(statement)
        if isinstance(statement, ast.FunctionDef):
            self._functions[statement.name] = statement.body
        elif isinstance(statement, ast.Raise):
            return self._of_raise(statement)
        elif isinstance(statement, ast.Return):
            raise _Returned
        elif isinstance(statement, (ast.Expr, ast.Assign)):
            return self._of_call(statement.value)
        elif isinstance(statement, ast.If):
            return self._of_branches(statement)
        elif isinstance(statement, ast.Try):
            return self._of_try(statement)
        elif isinstance(statement, (ast.For, ast.While)) and _may_stop(statement):
            raise _Stopped
        elif isinstance(statement, ast.With) and "suppress" not in text_of(
            statement.items[0].context_expr
        ):
            return self._of_block(statement.body)
        return None

    def _of_import(self, statement: ast.stmt) -> Optional[Ending]:
        if isinstance(statement, ast.ImportFrom):
            module = statement.module or ""
            for name in statement.names:
                self._bound[name.asname or name.name] = f"{module}.{name.name}"
            return None if statement.level else self._of_imported(module)
        assert isinstance(statement, ast.Import)
        for name in statement.names:
            bound = name.asname or name.name.partition(".")[0]
            self._bound[bound] = name.name if name.asname else bound
            found = self._of_imported(name.name)
            if found is not None:
                return found
        return None

    def _of_imported(self, module: str) -> Optional[Ending]:
        if not self._depth or module in self._executed or len(self._executed) > MOST_MODULES:
            return None
        source = self._find(module)
        if source is None:
            raise _NotFound
        if not source:
            return None
        self._executed.add(module)
        inner = _Reader(source, self._version, self._find, self._builtin, self._depth - 1, self._executed)
        return inner.of_module(source)

    def _of_raise(self, statement: ast.Raise) -> Optional[Ending]:
        raised = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        if raised is not None and self._dotted(raised) in _PASSED:
            return Ending(text_of(statement), True)
        raise _Stopped

    def _of_call(self, call: ast.expr) -> Optional[Ending]:
        if not isinstance(call, ast.Call):
            return None
        name = self._dotted(call.func)
        if name == "__import__" and call.args and isinstance(call.args[0], ast.Constant):
            return self._of_imported(str(call.args[0].value))
        if name in _RAISING:
            return Ending(text_of(call), True)
        if name in _AT_ONCE or (text_of(call) in _SIGNALLED and "os" in self._bound):
            return Ending(text_of(call), False)
        body = self._functions.pop(text_of(call.func), None)  # at most once: it may call itself
        return None if body is None else self._of_function(body)

    def _of_function(self, body: Sequence[ast.stmt]) -> Optional[Ending]:
        try:
            return self._of_block(body)
        except _Returned:
            return None

    def _of_branches(self, statement: ast.If) -> Optional[Ending]:
        holds = self._holds(statement.test)
        if holds is not None:
            return self._of_block(statement.body if holds else statement.orelse)
        if _may_stop(statement):
            raise _Stopped
        branches = [self._of_block(branch) for branch in (statement.body, statement.orelse)]
        return None if None in branches else branches[0]

    def _of_try(self, statement: ast.Try) -> Optional[Ending]:
        try:
            found = self._of_block(statement.body)
            handler = self._handler(statement, _PASSED) if found and found.catchable else None
        except _NotFound:
            found, handler = None, self._handler(statement, _OF_IMPORTS)
            if handler is None:
                raise
        if handler is not None:
            found = self._of_block(handler.body)
        elif found is None:
            found = self._of_block(statement.orelse)
        return found or self._of_block(statement.finalbody)

    def _handler(self, statement: ast.Try, raised: set[str]) -> Optional[ast.ExceptHandler]:
        """The first that catches what is raised."""
        for handler in statement.handlers:
            kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
            if any(kind is None or self._dotted(kind) in raised | {"BaseException"} for kind in kinds):
                return handler
        return None

    def _dotted(self, expression: ast.expr) -> str:
        first, dot, rest = text_of(expression).partition(".")
        return self._bound.get(first, "?") + dot + rest


def _may_stop(statement: ast.stmt) -> bool:
    return any(isinstance(node, (ast.Raise, ast.Return)) for node in ast.walk(statement))


class _Stopped(Exception):  # noqa: N818
    """Whether the statements that follow are executed is not known; Python goes on."""


class _NotFound(_Stopped):
    """ImportError."""


class _Returned(_Stopped):
    """A function is left."""
