"""What a process of the launch imports, and what of it would not import, without importing anything.

The finder follows importlib's own path finder (CPython's Lib/importlib/_bootstrap_external.py): per
entry of the search path a package, then an extension module, a source file, bytecode; a folder
without `__init__` is remembered as a namespace.  Execution is followed statement by statement
(`source.py`): a failure inside `try: … except ImportError:` is no failure.
"""

from __future__ import annotations

import errno
import io
import os
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Optional

from tritondoctor.facts import generated
from tritondoctor.facts.model import ImportProblem, Imports, Interpreter, LinkProblem
from tritondoctor.facts.source import Import, Statement, defined_names, imports_of
from tritondoctor.loader import Files

#: modules that a package chooses at run time by name, so that no import statement names them
#: (pyzmq: zmq/backend/__init__.py; gevent: gevent/_config.py, class Loop)
CHOSEN_BY_NAME = {
    "zmq.backend": ("zmq.backend.cython",),
    "gevent.hub": ("gevent.libev.corecext",),
}

_ARCHIVES = (".zip", ".egg", ".pyz", ".whl")
#: signs that a module gets names in other ways than by writing them
_MAKES_NAMES = re.compile(
    r"import \*|__getattr__|globals\(|locals\(|vars\(|exec\(|sys\.modules|meta_path|__path__|setattr\("
)

#: opens an extension module in the process at hand: path -> the loader's problems
Opener = Callable[[str], Sequence[LinkProblem]]


class Found(NamedTuple):
    """Where a module lies: `kind` as in importlib, `entry` the element of the search path."""

    kind: str  # "package" | "source" | "extension" | "bytecode" | "namespace" | "builtin"
    path: str
    folders: tuple[str, ...]
    entry: str


class Sources:
    """Reads folders and module sources once for all processes of a launch."""

    def __init__(self, files: Files, interpreter: Interpreter) -> None:
        self.files = files
        self.version = tuple(int(part) for part in interpreter.version.split("."))
        self.extension_suffixes = interpreter.extension_suffixes
        self._folders: dict[str, frozenset[str]] = {}
        self._texts: dict[str, str] = {}
        self._statements: dict[tuple[str, bool], tuple[Statement, ...]] = {}

    def names(self, folder: str) -> frozenset[str]:
        """The names in a folder; none where it cannot be read."""
        known = self._folders.get(folder)
        if known is None:
            try:
                known = frozenset(self.files.listdir(folder))
            except OSError:
                known = frozenset()
            self._folders[folder] = known
        return known

    def archived(self, path: str) -> frozenset[str]:
        """The top-level modules in a zip file on the search path (zipimport)."""
        try:
            with zipfile.ZipFile(io.BytesIO(self.files.read(path))) as archive:
                names = archive.namelist()
        except (OSError, zipfile.BadZipFile):
            return frozenset()
        return frozenset(name.partition("/")[0].partition(".")[0] for name in names)

    def text(self, path: str) -> str:
        """A module's source; raises OSError, UnicodeDecodeError as an import would fail."""
        content = bytes(self.files.read(path))
        head = b"\n".join(content.split(b"\n", 2)[:2])
        coding = re.search(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", head, re.M)
        name = coding.group(1).decode("ascii") if coding else "utf-8-sig"
        try:
            return content.decode(name)
        except LookupError:
            return content.decode("latin-1")

    def lacks(self, path: str, name: str) -> bool:
        """Whether a module surely has no such name: its text does not mention it, nor makes names."""
        text = self._texts.get(path)
        if text is None:
            try:
                text = self.text(path)
            except (OSError, UnicodeDecodeError):
                text = "import *"
            self._texts[path] = text
        return name not in text and name[:2] != "__" and _MAKES_NAMES.search(text) is None

    def makes_modules(self, path: str, name: str) -> bool:
        """Whether a package may put the module `name` below itself without a file for it."""
        if not path.endswith(".py"):
            return True
        try:
            text = self.text(path)
        except (OSError, UnicodeDecodeError):
            return True
        keys = re.findall(r"sys\.modules\[(.+?)\]\s*=|sys\.modules\.(?:update|setdefault)(\()", text)
        literal = [re.fullmatch(r"['\"]([\w.]+)['\"]", key) for key, _ in keys]
        return "meta_path" in text or any(match is None or match.group(1) == name for match in literal)

    def statements(self, path: str, whole: bool, functions: bool) -> tuple[Statement, ...]:
        """What importing the file executes; raises as `text` does, and SyntaxError."""
        key = (path, whole or functions)
        if key not in self._statements:
            self._statements[key] = imports_of(
                self.text(path), self.version, whole=whole, functions=functions
            )
        return self._statements[key]


class Closure:
    """Follows the imports of one process."""

    def __init__(
        self,
        sources: Sources,
        search_path: Sequence[str],
        preloaded: Iterable[str],
        opener: Opener,
        called: Callable[[str], bool],
        suspects: Sequence[str],
        builtin: Iterable[str],
        elsewhere: Sequence[str],
    ) -> None:
        """`called` says of a module's path whether the launch calls its functions.

        `suspects` are the entries of the search path whose files may hide others by accident;
        `elsewhere` is the search path of another process, told of where a module lies there only.
        """
        self.sources = sources
        self.search_path = tuple(search_path)
        self.opener = opener
        self.called = called
        self.suspects = frozenset(suspects)
        self.builtin = frozenset(builtin)
        self.elsewhere = elsewhere
        self._hidden: dict[str, Optional[tuple[str, str, set[str]]]] = {}
        self.extensions: list[str] = []
        self.results: dict[str, Optional[ImportProblem]] = {}
        self.found: dict[str, Optional[Found]] = {}
        for name in ("__main__", *preloaded):
            self.results.setdefault(name, None)
        self._preloaded = frozenset(self.results)
        self._made: set[str] = set()

    def require(self, name: str, importer: str, line: int = 0) -> Optional[ImportProblem]:
        """Imports `name` with its parents; the problem, else None."""
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            problem = self._module(".".join(parts[:end]), importer, line)
            if problem is not None:
                return problem
        return None

    def numpy_version(self) -> Optional[str]:
        """The version that the NumPy in use writes in its own version.py."""
        found = self.find("numpy")
        if found is None or found.kind != "package":
            return None
        try:
            text = self.sources.text(os.path.join(found.folders[0], "version.py"))
        except (OSError, UnicodeDecodeError):
            return None
        match = re.search(r"^(?:short_)?version ?= ?[\"'](\d[^\"'+]*)", text, re.M)
        return match.group(1) if match else None

    def find(self, name: str) -> Optional[Found]:
        """Where `name` would be imported from; its parents must have been found."""
        if name not in self.found:
            self.found[name] = self._find(name)
        return self.found[name]

    def _find(self, name: str) -> Optional[Found]:
        parent, _, last = name.rpartition(".")
        if not parent and last in self.builtin:
            return Found("builtin", "", (), "")
        if parent:
            above = self.find(parent)
            entries: Sequence[str] = above.folders if above else ()
        else:
            entries = self.search_path
        namespace: list[str] = []
        for entry in entries:
            found = self._in_folder(entry, last)
            if found is not None and found.kind != "namespace":
                return found
            if found is not None:
                namespace.append(found.path)
        return Found("namespace", namespace[0], tuple(namespace), "") if namespace else None

    def _in_folder(self, entry: str, last: str) -> Optional[Found]:
        names = self.sources.names(entry)
        if entry.endswith(_ARCHIVES) and not names:
            inside = last in self.sources.archived(entry)
            return Found("archive", os.path.join(entry, last), (), entry) if inside else None
        folder = os.path.join(entry, last)
        if last in names:
            inner = self.sources.names(folder)
            for suffix in (*self.sources.extension_suffixes, ".py", ".pyc"):
                if "__init__" + suffix in inner:
                    path = os.path.join(folder, "__init__" + suffix)
                    kind = "package" if suffix == ".py" else _kind(suffix)
                    return Found(kind, path, (folder,), entry)
        for suffix in (*self.sources.extension_suffixes, ".py", ".pyc"):
            if last + suffix in names:
                return Found(_kind(suffix), os.path.join(entry, last + suffix), (), entry)
        if last in names and self.sources.files.is_dir(folder):
            return Found("namespace", folder, (folder,), entry)
        return None

    def _module(self, name: str, importer: str, line: int) -> Optional[ImportProblem]:
        if name in self.results:
            return self.results[name]
        self.results[name] = None  # a cycle meets the half-made module
        found = self.find(name)
        problem: Optional[ImportProblem] = None
        if found is None and self._made_by_parent(name):
            return None
        hider = self._what_is_hidden(name.partition(".")[0]) if found is None and "." in name else None
        if hider is not None:
            top, _, lacking = name.partition(".")
            detail = f"it hides {hider[1]} and has no {lacking}"
            problem = ImportProblem(top, "shadowed", importer, line, detail, hider[0])
        elif found is None:
            hidden = (self._in_folder(entry, name) for entry in self.elsewhere)
            at = next((one.path for one in hidden if one), "") if "." not in name else ""
            why = self._why_missing(name)
            problem = ImportProblem(name, "missing", importer, line, why, hidden_at=at)
        elif found.kind == "extension":
            problem = self._extension(name, found.path, importer, line)
        elif found.kind in ("source", "package"):
            problem = self._execute(name, found, importer, line)
        self.results[name] = problem
        if problem is None:
            for chosen in CHOSEN_BY_NAME.get(name, ()):
                problem = problem or self.require(chosen, found.path if found else importer)
            self.results[name] = problem
        return problem

    def _made_by_parent(self, name: str) -> bool:
        parent = name.rpartition(".")[0]
        above = self.find(parent) if parent else None
        made = parent in self._made or (
            above is not None
            and (above.kind == "archive" or self.sources.makes_modules(above.path, name))
        )
        if made:
            self._made.add(name)
        return made

    def _why_missing(self, name: str) -> str:
        """Names the near miss: an extension module built for another Python."""
        parent, _, last = name.rpartition(".")
        above = self.find(parent) if parent else None
        folders = above.folders if above else (() if parent else self.search_path)
        for folder in folders:
            for other in sorted(self.sources.names(folder)):
                if other.startswith(last + ".") and other.endswith(".so"):
                    return f"{os.path.join(folder, other)} is built for another Python"
        return ""

    def _extension(self, name: str, path: str, importer: str, line: int) -> Optional[ImportProblem]:
        problems = tuple(self.opener(path))
        self.extensions.append(path)
        if problems:
            return ImportProblem(
                name, "not-loadable", importer, line, problems[0].message, path, problems
            )
        return None

    def _execute(self, name: str, found: Found, importer: str, line: int) -> Optional[ImportProblem]:
        functions = self.called(found.path)
        for whole in (False, True):
            try:
                statements = self.sources.statements(found.path, whole, functions)
            except (OSError, UnicodeDecodeError, SyntaxError, ValueError) as failure:
                return ImportProblem(name, "damaged", importer, line, _words(failure), found.path)
            package = name if found.folders else name.rpartition(".")[0]
            problem = self._run(statements, package, found.path) or self._generated(
                name, found.path, importer, line
            )
            # the skeleton may take a line of a long string for an import: only `whole` is sure
            if problem is None or whole or functions:
                return problem
            self._forget(problem)
        return None

    def _generated(self, name: str, path: str, importer: str, line: int) -> Optional[ImportProblem]:
        """Generated code refuses, when it is imported, a runtime older than its generator."""
        if not name.endswith(("_pb2", "_pb2_grpc")):
            return None
        need = generated.requirement(self.sources.text(path))
        found = self.find(need.package) if need else None
        if need is None or found is None or not found.folders:
            return None
        runtime = generated.version_in(self.sources.text(os.path.join(*found.folders, need.file)))
        if runtime is None or runtime >= need.version:
            return None
        have, least = (".".join(map(str, version)) for version in (runtime, need.version))
        detail = f"{need.distribution} is {have}, and {path} needs {least} or newer"
        return ImportProblem(need.package, "too-old", importer, line, detail, path)

    def _forget(self, problem: ImportProblem) -> None:
        if problem.kind == "missing":
            self.results.pop(problem.module, None)

    def _run(self, statements: Sequence[Statement], package: str, path: str) -> Optional[ImportProblem]:
        for statement in statements:
            if isinstance(statement, Import):
                problem = self._import(statement, package, path)
            else:
                problem = self._run(statement.body, package, path)
                if problem is not None and statement.handlers is not None:
                    if problem.kind != "damaged" or not problem.detail.startswith("invalid"):
                        problem = self._run(statement.handlers, package, path)
                elif problem is None:
                    problem = self._run(statement.otherwise, package, path)
            if problem is not None:
                return problem
        return None

    def _import(self, statement: Import, package: str, path: str) -> Optional[ImportProblem]:
        module = statement.module
        if statement.level:
            above = package.split(".")
            above = above[: len(above) - statement.level + 1]
            module = ".".join([*above, module] if module else above)
        problem = self.require(module, path, statement.line)
        if problem is None and not statement.level:
            problem = self._shadow(module.partition(".")[0], path, statement.line)
        if problem is not None or not statement.names:
            return problem
        found = self.find(module)
        if found is None or found.kind not in ("package", "source"):
            return None
        for name in statement.names:
            child = f"{module}.{name}"
            if name == "*":
                continue
            if self.find(child) is not None:
                problem = self.require(child, path, statement.line)
                if problem is not None:
                    return problem
            elif module.partition(".")[0] != package.partition(".")[0] and self.sources.lacks(
                found.path, name
            ):
                detail = f"{found.path} has no {name}"
                return ImportProblem(child, "missing", path, statement.line, detail, found.path)
        return None

    def _shadow(self, name: str, path: str, line: int) -> Optional[ImportProblem]:
        """A file that hides another of its name and lacks what the importer takes from it."""
        if name not in self._hidden:
            self._hidden[name] = self._what_is_hidden(name)
        hidden = self._hidden[name]
        if hidden is None or not path:
            return None
        found, other, names = hidden
        try:
            asking = self.sources.text(path)
        except (OSError, UnicodeDecodeError):
            return None
        called = "|".join(
            {re.escape(name), *re.findall(rf"^\s*import {re.escape(name)} as (\w+)", asking, re.M)}
        )
        wanted = set(re.findall(rf"(?<![\w.])(?:{called})\.(\w+)", asking))
        for taken in re.findall(rf"^\s*from {re.escape(name)} import \(?([^)#\n]*)", asking, re.M):
            wanted |= {part.split()[0] for part in taken.split(",") if part.split()}
        lacking = sorted(wanted - names - {"*"})
        if not lacking:
            return None
        detail = f"it hides {other} and has no {', '.join(lacking[:3])}"
        return ImportProblem(name, "shadowed", path, line, detail, found)

    def _what_is_hidden(self, name: str) -> Optional[tuple[str, str, set[str]]]:
        """(the file that answers, what it hides, the names that it has); None where it hides nothing."""
        found = self.find(name)
        if "." in name or found is None or found.kind not in ("source", "package"):
            return None
        if found.entry not in self.suspects or name in self._preloaded:
            return None
        at = self.search_path.index(found.entry)
        others = (self._in_folder(entry, name) for entry in self.search_path[at + 1 :])
        other = next((one for one in others if one and one.kind != "namespace"), None)
        if other is None:
            return None
        try:
            names = defined_names(self.sources.text(found.path))
        except (OSError, ValueError, SyntaxError):
            return None
        if names is None:
            return None
        for folder in found.folders:
            names |= {item.partition(".")[0] for item in self.sources.names(folder)}
        return found.path, other.path, names


def _kind(suffix: str) -> str:
    return {".py": "source", ".pyc": "bytecode"}.get(suffix, "extension")


def _words(failure: Exception) -> str:
    if isinstance(failure, SyntaxError):
        return f"invalid syntax at line {failure.lineno}: {failure.msg}"
    if isinstance(failure, OSError):
        return errno.errorcode.get(failure.errno or 0, "") + f": {failure.strerror}"
    return str(failure)


def follow(
    role: str,
    roots: Sequence[tuple[str, str]],
    sources: Sources,
    search_path: Sequence[str],
    preloaded: Iterable[str],
    opener: Opener,
    called: Callable[[str], bool],
    suspects: Sequence[str],
    builtin: Iterable[str],
    elsewhere: Sequence[str] = (),
) -> Imports:
    """The import closure of `roots`, (module, file that asks for it) in the order of the launch."""
    closure = Closure(sources, search_path, preloaded, opener, called, suspects, builtin, elsewhere)
    problems: dict[tuple[str, str], ImportProblem] = {}
    for module, importer in roots:
        problem = closure.require(module, importer)
        if problem is not None:
            problems.setdefault((problem.module, problem.kind), problem)
    return Imports(
        role="client" if role == "client" else "stub",
        search_path=tuple(search_path),
        numpy=closure.numpy_version(),
        modules=len(closure.results),
        extensions=tuple(closure.extensions),
        problems=tuple(problems.values()),
    )
