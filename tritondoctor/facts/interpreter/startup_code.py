"""What the code may do that Python runs before any program's: judged from its text, never run.

A line of a .pth file mostly imports one module; that module's own text says whether it touches the
import system, and an editable install's (setuptools, scikit-build-core, meson-python) names what for.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Optional

from tritondoctor.facts.imports import endings
from tritondoctor.facts.imports.distributions import owner_of
from tritondoctor.facts.imports.syntax import syntax_tree
from tritondoctor.facts.interpreter.answer import CodeLine
from tritondoctor.facts.interpreter.model import Interpreter, StartupChange, StartupCode
from tritondoctor.facts.machine import shell_files
from tritondoctor.loader import Files
from tritondoctor.support.patterns import pattern

#: what changes where modules come from
_TOUCHES = pattern(r"\b(?:sys\s*\.\s*path|meta_path|path_hooks|addsitedir|addpackage|site\s*\.\s*main)\b")
#: they touch the import system for modules that no program of the launch asks for (distutils and pip
#: in setuptools' and virtualenv's case), or only watch it
_HARMLESS = {
    "_distutils_hack", "_virtualenv", "coverage", "pytest_cov", "apport_python_hook", "debugpy",
    "_pydevd_sitecustomize", "beartype", "hunter", "ddtrace", "newrelic", "blackfire", "elasticapm",
    "opentelemetry", "instana", "aikido_zen", "sentry_sdk", "autowrapt", "pydev_sitecustomize",
    "pip_system_certs", "truststore", "better_exceptions", "future_fstrings", "manhole",
}  # fmt: skip
#: the line that setuptools writes for a namespace package: its folders are found without it
_NAMESPACE = pattern(
    r"types\.ModuleType\('[\w.]+'\)"
    r"|sys\.modules\.setdefault\('[\w.]+', ?importlib\.util\.module_from_spec\("
)
#: what a text must hold to end Python, here or in a module that it imports
_MAY_END = pattern(r"exit|exec|abort|kill|quit|SystemExit|KeyboardInterrupt|import")
#: why a file is left out whose code was not followed to its end
TOO_MUCH = "startup-code"
#: of a line of a .pth file no more is read (interview.py)
LONGEST_LINE = 20_000
_MODULE = pattern(r"[A-Za-z_]\w*(?:\.\w+)*")


def judged(
    files: Files, interpreter: Interpreter, code: Sequence[CodeLine], variables: Mapping[str, str]
) -> tuple[StartupCode, ...]:
    """What each piece of code may make importable, whether it ends Python, and what it changes."""
    return tuple(
        StartupCode(
            line.file,
            line.text,
            _may_provide(files, interpreter, line),
            _ends(files, interpreter, line),
            tuple(_changes(files, interpreter, line, variables)),
        )
        for line in code
    )


def of_search_path(
    files: Files, interpreter: Interpreter, first: Sequence[str], variables: Mapping[str, str]
) -> tuple[StartupCode, ...]:
    """All code that runs where these folders come before the interpreter's own (PYTHONPATH)."""
    paths = (os.path.join(folder, "sitecustomize.py") for folder in first)
    path = next(filter(files.is_file, paths), None)
    if path is None:
        return interpreter.startup_code
    hidden = [
        code for code in interpreter.startup_code if os.path.basename(code.file) != "sitecustomize.py"
    ]
    return (*hidden, *judged(files, interpreter, [_import_of(path)], variables))


def of_user_site(
    files: Files, interpreter: Interpreter, folder: str, variables: Mapping[str, str]
) -> tuple[StartupCode, ...]:
    """The code of the user's site-packages, which runs in a process that is not isolated."""
    names = sorted(name for name in files.listdir(folder) if name.endswith(".pth"))
    code = [line for name in names for line in _code_of(files, os.path.join(folder, name))]
    custom = os.path.join(folder, "usercustomize.py")
    if files.is_file(custom):
        code.append(_import_of(custom))
    return judged(files, interpreter, code, variables)


def _import_of(path: str) -> CodeLine:
    module, _ = os.path.splitext(os.path.basename(path))
    return CodeLine(path, f"import {module}")


def _code_of(files: Files, path: str) -> Iterator[CodeLine]:
    for line in (shell_files.read(files, path) or "").splitlines():
        if line.startswith(("import ", "import\t")):
            yield CodeLine(path, line.strip())


def may_provide(code: Iterable[StartupCode], module: str) -> list[StartupCode]:
    """Those that may make the module importable."""
    top = module.partition(".")[0]
    return [line for line in code if line.may_provide is None or top in line.may_provide]


def blocked(code: Iterable[StartupCode]) -> dict[str, str]:
    """The modules that can no longer be imported for certain, and the file whose code is why."""
    every = [(line, change) for line in code for change in line.changes if change.certain]
    return {module: line.file for line, change in every for module in change.blocks}


def touched(code: Iterable[StartupCode]) -> set[str]:
    """The modules of which a part may be replaced."""
    return {module for line in code for change in line.changes for module in change.touches}


def _may_provide(files: Files, interpreter: Interpreter, line: CodeLine) -> Optional[tuple[str, ...]]:
    if _NAMESPACE.search(line.text):
        return ()
    if _TOUCHES.search(line.text):
        return None
    provided: set[str] = set()
    for path in _imported(files, interpreter, line):
        names = _names_in(shell_files.read(files, path) or "")
        if names is None:
            return None
        provided |= names
    return tuple(sorted(provided))


def _changes(
    files: Files, interpreter: Interpreter, line: CodeLine, variables: Mapping[str, str]
) -> Iterator[StartupChange]:
    """What the line changes, or the module, with those that it brings along."""
    at_once = {*_modules(line.text)} if line.file.endswith(".pth") else set()
    tools = {module.partition(".")[0] for module in at_once} - {"os", "sys"}
    if (tools and tools <= _HARMLESS) or _NAMESPACE.search(line.text) or _is_harmless(files, line.file):
        return
    from tritondoctor.facts.interpreter.startup_changes import StartupScene, changes

    def source_of(module: str) -> Optional[str]:
        path, source = _source_of(files, interpreter, line, module)
        if not source or module in at_once:
            return source
        # what a distribution brings would be imported by a program as well
        return "" if owner_of(files, interpreter.sys_path, module, path) else source

    def leave_out() -> None:
        files.leave_out(line.file, TOO_MUCH)

    text = _text_of(files, line)
    if len(text) >= LONGEST_LINE and line.file.endswith(".pth"):
        leave_out()
    scene = StartupScene(_version(interpreter), variables, source_of, leave_out)
    yield from changes(text, scene)


def _imported(files: Files, interpreter: Interpreter, line: CodeLine) -> Iterator[str]:
    """The files of the modules that a line imports, without those of the standard library."""
    if not line.file.endswith(".pth"):
        yield line.file
        return
    for name in _modules(line.text):
        top = name.partition(".")[0]
        if top in _HARMLESS or top in sys.builtin_module_names:
            continue
        path = next(_places(files, interpreter.sys_path, name), None)
        if path is not None and os.path.dirname(path) != interpreter.stdlib:
            yield path


def _is_harmless(files: Files, path: str) -> bool:
    """Whether a file is the sitecustomize of an agent's own package (`ddtrace/bootstrap`)."""
    folder = os.path.dirname(path)
    own = files.is_file(f"{folder}/__init__.py") or os.path.basename(folder) == "pydev_sitecustomize"
    return own and not _HARMLESS.isdisjoint(path.split("/")[-4:-1])


def _ends(files: Files, interpreter: Interpreter, line: CodeLine) -> str:
    """The statement with which a line, or a module, ends Python; "" where it does not."""

    read = set()

    def source_of(module: str) -> Optional[str]:
        source = _source_of(files, interpreter, line, module)[1]
        if source:
            read.add(module)
        return source

    text, of_pth = _text_of(files, line), line.file.endswith(".pth")
    found = None
    if _MAY_END.search(text):
        found = endings.ending(text, _version(interpreter), source_of, quitters=not of_pth)
    if found is None and len(read) > endings.MOST_MODULES:
        files.leave_out(line.file, TOO_MUCH)
    return found.statement if found else ""


def _text_of(files: Files, line: CodeLine) -> str:
    return line.text if line.file.endswith(".pth") else shell_files.read(files, line.file) or ""


def _version(interpreter: Interpreter) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", interpreter.version or "")[:3])


def _source_of(
    files: Files, interpreter: Interpreter, line: CodeLine, module: str
) -> tuple[str, Optional[str]]:
    """Path and text of a module that the code imports: "" for what is not looked into, None where Python
    finds none.
    """
    top = module.partition(".")[0]
    if top in _HARMLESS or top in sys.builtin_module_names:
        return "", ""
    path = next(_places(files, [*interpreter.sys_path, os.path.dirname(line.file)], module), None)
    if path is None:
        return "", "" if _is_compiled(files, interpreter, top) else None
    own = os.path.dirname(path) in (interpreter.stdlib, f"{interpreter.stdlib}/{top}")
    return path, "" if own else shell_files.read(files, path)


def _is_compiled(files: Files, interpreter: Interpreter, module: str) -> bool:
    names = (name for folder in interpreter.sys_path for name in _listed(files, folder))
    return any(name.startswith(f"{module}.") and name.endswith(".so") for name in names)


def _listed(files: Files, folder: str) -> list[str]:
    try:
        return files.listdir(folder)
    except OSError:
        return []


def _modules(text: str) -> list[str]:
    try:
        tree = syntax_tree(text)
    except (SyntaxError, ValueError):
        return []  # it fails, and does nothing
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called in ("__import__", "import_module") and isinstance(node.args[0].value, str):
                names.append(node.args[0].value)
    return names


def _places(files: Files, search_path: Sequence[str], name: str) -> Iterator[str]:
    inside = name.replace(".", "/")
    for folder in search_path:
        for path in (f"{folder}/{inside}/__init__.py", f"{folder}/{inside}.py"):
            if files.is_file(path):
                yield path


def _names_in(text: str) -> Optional[set[str]]:
    """The modules that a module's text may provide: () where it touches nothing, None for any."""
    if not _TOUCHES.search(text):
        return set()
    try:
        tree = syntax_tree(text)
    except (SyntaxError, ValueError):
        return None
    names = {name.partition(".")[0] for name in _mapped(tree)}
    return names or None


def _mapped(tree: ast.AST) -> Iterator[str]:
    """Names of modules in an editable install's table: the keys of a mapping, or a set."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            strings: list[Optional[ast.expr]] = node.keys
        elif isinstance(node, ast.Set):
            strings = [*node.elts]
        else:
            continue
        values = [str(getattr(string, "value", "")) for string in strings]
        if all(map(_MODULE.fullmatch, values)):
            yield from values
