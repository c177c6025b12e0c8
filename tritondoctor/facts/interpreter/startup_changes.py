"""What code that Python runs at its start changes of its process, judged from its text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from tritondoctor.facts.imports.statements import TooComplex, syntax_tree, text_of
from tritondoctor.facts.interpreter.model import StartupChange

#: a text without one of these changes nothing that is looked for here
_MAY_CHANGE = re.compile(
    r"environ|putenv|unsetenv|setrlimit|sys\.modules|setrecursionlimit|addaudithook|filter"
    r"|setdefaulttimeout|stack_size|umask|chdir|patch_|set_start_method"
)
_CALLS = re.compile(
    r"(?:os\.)?environ\.(?:update|pop|clear|setdefault|popitem)|os\.(?:putenv|unsetenv|umask|f?chdir)"
    r"|(?:resource\.)?setrlimit|sys\.(?:setrecursionlimit|addaudithook)"
    r"|warnings\.(?:simplefilter|filterwarnings)|socket\.setdefaulttimeout|threading\.stack_size"
    r"|(?:gevent\.|eventlet\.)?(?:monkey\.)?(?:patch_all|monkey_patch)"
    r"|(?:multiprocessing|mp)\.set_start_method"
)
_TARGETS = re.compile(r"(?:(?:os\.)?environ|sys\.modules)\[.*\]", re.DOTALL)


def changes(source: str) -> Iterator[StartupChange]:
    """The statements of a module, outside of functions, that change the process; in their order."""
    if not _MAY_CHANGE.search(source):
        return
    try:
        tree = syntax_tree(source)
    except (SyntaxError, ValueError, TooComplex):
        return
    yield from _of(tree.body, certain=True)


def _of(body: Sequence[ast.stmt], *, certain: bool) -> Iterator[StartupChange]:
    for node in body:
        if _changes(node):
            yield StartupChange(text_of(node), certain)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for part in ("body", "orelse", "finalbody"):
            yield from _of(getattr(node, part, ()), certain=certain and isinstance(node, ast.With))
        for handler in getattr(node, "handlers", ()):
            yield from _of(handler.body, certain=False)


def _changes(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return _CALLS.fullmatch(text_of(node.value.func)) is not None
    targets: Sequence[ast.expr] = ()
    if isinstance(node, (ast.Assign, ast.Delete)):
        targets = node.targets
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        targets = (node.target,)
    return any(_TARGETS.fullmatch(text_of(target)) for target in targets)
