"""Which statements reach beyond the module that they stand in: what they write to, call or switch off."""

from __future__ import annotations

import ast
import builtins
import re
from typing import NamedTuple, Optional

from tritondoctor.facts.imports.syntax import text_of
from tritondoctor.facts.interpreter.startup_names import Names

#: functions that change the process; the rest of the modules' functions do not
_CALLS = re.compile(
    r"os\.environ\.(?:update|pop|clear|setdefault|popitem)"
    r"|(?:os|posix)\.(?:putenv|unsetenv|umask|f?chdir|chroot|close|closerange|dup2|kill|killpg|unshare|setns"
    r"|set(?:re|res|e)?[ug]id|setgroups)"
    r"|resource\.(?:setrlimit|prlimit)"
    r"|signal\.(?:signal|alarm|setitimer|pthread_sigmask|set_wakeup_fd)"
    r"|sys\.(?:setrecursionlimit|addaudithook|settrace|setprofile|set_int_max_str_digits)"
    r"|sys\.(?:stdin|stdout|stderr)\.(?:close|detach)"
    r"|sys\.modules\.(?:update|setdefault|pop|clear|popitem)"
    r"|sys\.(?:path|meta_path|path_hooks)\.(?:insert|pop|remove|clear|reverse|sort)"
    r"|warnings\.(?:simplefilter|filterwarnings)|faulthandler\.dump_traceback_later"
    r"|socket\.setdefaulttimeout|threading\.(?:stack_size|settrace|setprofile)"
    r"|(?:gevent|eventlet)\.(?:monkey\.)?(?:patch_\w+|monkey_patch)"
    r"|multiprocessing\.set_(?:start_method|executable)"
    r"|wrapt\.(?:wrap_function_wrapper|wrap_object|apply_patch)|(?:unittest\.)?mock\.patch\S*"
    r"|importlib\.reload|ctypes\..*"
)
#: they execute a text, or import what a text names
_EXECUTING = {"exec", "eval", "builtins.exec", "builtins.eval", "runpy.run_path", "runpy.run_module"}
_IMPORTING = {"__import__", "builtins.__import__", "importlib.import_module"}
_WARNING = {"warnings.simplefilter", "warnings.filterwarnings"}
_SETTING = {"setattr", "delattr", "builtins.setattr", "builtins.delattr"}
#: they only change how errors are shown, or what a prompt looks like
_IDLE = re.compile(
    r"sys\.(?:excepthook|unraisablehook|displayhook|breakpointhook|ps[12]|dont_write_bytecode"
    r"|pycache_prefix|tracebacklimit|last_\w+|__\w+)|threading\.excepthook"
    r"|warnings\.(?:showwarning|formatwarning)|logging\.raiseExceptions"
)
#: the tables of Python's own that everybody shares
_MODULES = "sys.modules"


class Effect(NamedTuple):
    """`canonical` is the statement with names led back to their modules; `touches` the modules whose
    parts are replaced; `blocks` those that can no longer be imported.
    """

    canonical: str
    touches: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()


def of(node: ast.stmt, names: Names) -> Optional[Effect]:
    """What an assignment or `del` changes; None where it stays within its module."""
    canonical = names.canonical(node)
    targets: list[ast.expr] = []
    if isinstance(canonical, (ast.Assign, ast.Delete)):
        targets = canonical.targets
    elif isinstance(canonical, (ast.AugAssign, ast.AnnAssign)):
        targets = [canonical.target]
    written = [target for target in targets if _is_shared(target, names)]
    if not written:
        return None
    touches = tuple(_touched(target, names) for target in written)
    return Effect(text_of(canonical), touches, tuple(_blocked(canonical)))


def of_call(node: ast.Call, names: Names) -> Optional[Effect]:
    """What a call changes; None where it is harmless."""
    call = names.canonical(node)
    function = text_of(call.func)
    first = call.args[0] if call.args else None
    constant = first.value if isinstance(first, ast.Constant) else None
    if function in _SETTING:
        module = names.module_of(first) if first else ""
        return Effect(text_of(call), (module,)) if module else None
    if function in (_EXECUTING | _IMPORTING) and constant is None:
        return Effect(text_of(call))
    if function in _WARNING and constant not in (None, "error"):
        return None
    if function == f"{_MODULES}.setdefault" and isinstance(constant, str):
        return Effect(text_of(call), (constant,), tuple(_blocked_by(call)))
    if _CALLS.fullmatch(function):
        return Effect(text_of(call), (), tuple(_blocked_by(call)))
    return None


def executed(call: ast.Call) -> str:
    """The text that `exec` is given as it is; "" where it is not known."""
    given = call.args[0] if text_of(call.func) == "exec" and call.args else None
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else ""


def _touched(target: ast.expr, names: Names) -> str:
    """The module whose part is written; the one that `sys.modules['x']` names."""
    if isinstance(target, ast.Subscript) and text_of(target.value) == _MODULES:
        key = target.slice
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            return key.value
    return names.module_of(target)


def _is_shared(target: ast.expr, names: Names) -> bool:
    """Whether this is a part of an imported module, and one that others use."""
    if not isinstance(target, (ast.Attribute, ast.Subscript)) or not names.module_of(target):
        return False
    text = text_of(target)
    if text.startswith("builtins."):  # a new name of one's own is nobody's
        return hasattr(builtins, text.partition(".")[2])
    return _IDLE.fullmatch(text) is None


def _blocked(node: ast.AST) -> list[str]:
    """The modules that `sys.modules['x'] = None` names."""
    if not isinstance(node, ast.Assign) or not _is_none(node.value):
        return []
    return [
        target.slice.value for target in node.targets
        if isinstance(target, ast.Subscript) and text_of(target.value) == _MODULES
        and isinstance(target.slice, ast.Constant) and isinstance(target.slice.value, str)
    ]  # fmt: skip


def _blocked_by(call: ast.Call) -> list[str]:
    """The same by `sys.modules.update({'x': None})` and `setdefault('x', None)`."""
    function = text_of(call.func)
    given: list[tuple[Optional[ast.expr], ast.expr]] = []
    if function == f"{_MODULES}.update" and call.args and isinstance(call.args[0], ast.Dict):
        given = [*zip(call.args[0].keys, call.args[0].values)]
    elif function == f"{_MODULES}.update":
        given = [(ast.Constant(keyword.arg), keyword.value) for keyword in call.keywords]
    elif function == f"{_MODULES}.setdefault" and len(call.args) == 2:
        given = [(call.args[0], call.args[1])]
    return [
        key.value for key, value in given
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and _is_none(value)
    ]  # fmt: skip


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
