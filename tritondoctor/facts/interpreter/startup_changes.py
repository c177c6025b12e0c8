"""What code that Python runs at its start changes beyond itself, judged from its text.

Followed is what an import executes: functions that the text itself calls, loops over constants, modules
that the code brings along.  Names are led back to the modules they were imported from.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, Optional, Union

from tritondoctor.facts.imports.conditions import Conditions
from tritondoctor.facts.imports.syntax import TooComplex, syntax_tree, text_of
from tritondoctor.facts.interpreter import startup_effects
from tritondoctor.facts.interpreter.model import StartupChange
from tritondoctor.facts.interpreter.startup_names import Names

#: of their parts some may not be reached
_MAYBE = (ast.BoolOp, ast.IfExp, ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)
_DEEPEST, _MOST_MODULES, _MOST_TURNS, _MOST_STEPS = 8, 50, 100, 5_000


class StartupScene(NamedTuple):
    """Where the code runs: Python's version, the process's variables, the modules that it may import.

    `find` gives the source of one of the code's own; "" where it is another's, None where there is none.
    `leave_out` is called where the code is not followed to its end.
    """

    version: tuple[int, ...]
    variables: Mapping[str, str]
    find: Callable[[str], Optional[str]]
    leave_out: Callable[[], object] = lambda: None


_NOWHERE = StartupScene((3,), {}, lambda name: "")


def changes(source: str, scene: StartupScene = _NOWHERE) -> Iterator[StartupChange]:
    """The statements that importing a module executes and that change the process; in their order."""
    steps = iter(range(_MOST_STEPS))
    try:
        yield from _ChangesReader(source, scene, _DEEPEST, {}, steps).of_module(certain=True)
    except RecursionError:
        scene.leave_out()


class _ChangesReader:
    """Reads one module; `modules` are the code's own ones that were imported, by their names, `steps` the
    statements that may still be followed, of all of them together: loops in loops multiply.
    """

    def __init__(
        self,
        source: str,
        scene: StartupScene,
        depth: int,
        modules: dict[str, _ChangesReader],
        steps: Iterator[int],
    ) -> None:
        self._source = source
        self._scene = scene
        self._depth = depth
        self._decided = Conditions(source, scene.version or (3,)).holds
        self._functions: dict[str, Sequence[ast.stmt]] = {}
        self._modules = modules
        self._steps = steps
        self._names = Names()
        self._certain = True

    def of_module(self, *, certain: bool) -> Iterator[StartupChange]:
        """What importing it changes; `certain`: no condition stands before the import."""
        yield from self._of(self._body(self._source), certain=certain)
        if self._names.replaceable < 0:
            self._scene.leave_out()

    def _body(self, source: str) -> Sequence[ast.stmt]:
        """The statements of a text; none of what Python refuses."""
        try:
            return syntax_tree(source).body
        except TooComplex:
            self._scene.leave_out()
        except (SyntaxError, ValueError):
            pass
        return ()

    def of_function(self, name: str, *, certain: bool) -> Iterator[StartupChange]:
        """What calling a function of it changes, the first time."""
        body = self._functions.pop(name, ())  # at most once: it may call itself
        before, self._certain = self._certain, True
        yield from self._of(body, certain=certain)
        self._certain = before

    def _of(self, body: Sequence[ast.stmt], *, certain: bool) -> Iterator[StartupChange]:
        for node in body:
            if next(self._steps, None) is None:
                self._scene.leave_out()
                return
            yield from self._of_statement(node, certain=certain and self._certain)

    def _of_statement(self, node: ast.stmt, *, certain: bool) -> Iterator[StartupChange]:
        if isinstance(node, ast.FunctionDef):
            self._functions[node.name] = node.body
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from self._of_import(node, certain=certain)
        elif isinstance(node, ast.If):
            yield from self._of_if(node, certain=certain)
        elif isinstance(node, ast.For):
            yield from self._of_for(node, certain=certain)
        elif isinstance(node, ast.With):
            yield from self._of(node.body, certain=certain)
        elif isinstance(node, ast.While) and _never_ends(node):
            yield StartupChange("while True:", certain, "while True:")
        elif isinstance(node, (ast.Try, ast.While)):
            handlers = [handler.body for handler in getattr(node, "handlers", ())]
            for part in (node.body, *handlers, node.orelse, getattr(node, "finalbody", ())):
                yield from self._of(part, certain=False)
        elif isinstance(node, (ast.Raise, ast.Return)):
            self._certain = False  # what follows may not be executed
        elif not isinstance(node, (ast.AsyncFunctionDef, ast.ClassDef)):
            yield from self._of_step(node, certain=certain)

    def _of_step(self, node: ast.stmt, *, certain: bool) -> Iterator[StartupChange]:
        effect = startup_effects.of(node, self._names)
        if effect is not None:
            yield StartupChange(text_of(node), certain, *effect)
        for call, always in _calls(node):
            yield from self._of_call(call, certain=certain and always)
        self._names.bind(node)

    def _of_call(self, call: ast.Call, *, certain: bool) -> Iterator[StartupChange]:
        effect = startup_effects.of_call(call, self._names)
        if effect is not None:
            yield StartupChange(text_of(call), certain, *effect)
        literal = startup_effects.executed(call)
        if literal:
            yield from self._of(self._body(literal), certain=certain)
        imported = _imported_by(call)
        if imported:
            yield from self._of_module(imported, certain=certain)
            return
        module, _, function = text_of(self._names.canonical(call.func)).rpartition(".")
        if imported_by := _imported_by(getattr(call.func, "value", None)):
            module = imported_by
        if module in self._modules:
            yield from self._modules[module].of_function(function, certain=certain)
        elif not module:
            yield from self.of_function(function, certain=certain)

    def _of_import(
        self, node: Union[ast.Import, ast.ImportFrom], *, certain: bool
    ) -> Iterator[StartupChange]:
        self._names.bind_import(node)
        if isinstance(node, ast.ImportFrom):
            modules = [] if node.level else [node.module or ""]
        else:
            modules = [alias.name for alias in node.names]
        for module in modules:
            yield from self._of_module(module, certain=certain and self._certain)

    def _of_module(self, module: str, *, certain: bool) -> Iterator[StartupChange]:
        source = self._scene.find(module) if module not in self._modules else ""
        if source is None:
            self._certain = False  # Python leaves the rest
        elif source and (not self._depth or len(self._modules) == _MOST_MODULES):
            self._scene.leave_out()
        elif source:
            inner = _ChangesReader(source, self._scene, self._depth - 1, self._modules, self._steps)
            self._modules[module] = inner
            yield from inner.of_module(certain=certain)

    def _of_if(self, node: ast.If, *, certain: bool) -> Iterator[StartupChange]:
        holds = self._holds(node.test)
        if holds is not False:
            yield from self._of(node.body, certain=certain and holds is True)
        if holds is not True:
            yield from self._of(node.orelse, certain=certain and holds is False)

    def _holds(self, test: ast.expr) -> Optional[bool]:
        if text_of(test) == "__name__ == '__main__'":
            return False
        return self._decided(self._names.condition(test, self._scene.variables))

    def _of_for(self, node: ast.For, *, certain: bool) -> Iterator[StartupChange]:
        values: list[ast.expr] = getattr(self._names.canonical(node.iter), "elts", [])
        known = values and all(isinstance(value, ast.Constant) for value in values)
        if not known or not isinstance(node.target, ast.Name):
            yield from self._of(node.body, certain=False)
            return
        if len(values) > _MOST_TURNS:
            self._scene.leave_out()
        for value in values[:_MOST_TURNS]:
            self._names.constants[node.target.id] = value
            yield from self._of(node.body, certain=certain)


def _calls(node: ast.AST, *, always: bool = True) -> Iterator[tuple[ast.Call, bool]]:
    """The calls in a statement, and whether each is made in any case."""
    if isinstance(node, ast.Lambda):
        return
    for child in ast.iter_child_nodes(node):
        yield from _calls(child, always=always and not isinstance(node, _MAYBE))
    if isinstance(node, ast.Call):  # behind those that it needs
        yield node, always


def _never_ends(node: ast.While) -> bool:
    """Whether it is `while True:` with nothing that would leave it."""
    leaving = (ast.Break, ast.Return, ast.Raise, ast.Call)
    endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
    return endless and not any(isinstance(part, leaving) for part in ast.walk(node))


def _imported_by(node: Optional[ast.AST]) -> str:
    """The module that `__import__('name')` imports; "" where it is no such call."""
    if (
        not isinstance(node, ast.Call)
        or len(node.args) != 1
        or not isinstance(node.args[0], ast.Constant)
    ):
        return ""
    called = text_of(node.func).rpartition(".")[2]
    return str(node.args[0].value) if called in ("__import__", "import_module") else ""
