"""What a process of the launch imports, and what of it would not import, without importing anything.

Modules are found as importlib finds them (`finder.py`) and executed statement by statement as far as
their imports go (`statements.py`): a failure inside `try: … except ImportError:` is no failure.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Optional

import msgspec

from tritondoctor.facts.imports import bytecode, failures, limited_api, protobuf_runtime
from tritondoctor.facts.imports.distributions import named_wholly, owner_of
from tritondoctor.facts.imports.empty_modules import EmptyModules
from tritondoctor.facts.imports.finder import Finder, ModuleLocation
from tritondoctor.facts.imports.follow_ups import FollowUps
from tritondoctor.facts.imports.model import ChangedSource, ImportProblem, ImportReason, Imports
from tritondoctor.facts.imports.package_names import PackageNames
from tritondoctor.facts.imports.recorded_sizes import RecordedSizes
from tritondoctor.facts.imports.scene import Scene
from tritondoctor.facts.imports.shadows import Hiding, Shadows
from tritondoctor.facts.imports.statements import Import, Statement
from tritondoctor.facts.imports.syntax import TooComplex, may_end_in_string
from tritondoctor.facts.imports.unwritten import CALLED_FROM_OUTSIDE, demanded, of_backend
from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import Unreadable

#: a launch of PyTriton 0.7.0 imports up to 660 modules, 18 deep (Python 3.9 and 3.11)
_DEEPEST, _MOST_MODULES = 60, 10_000
#: a line that is no comment
_CODE = pattern(r"^[A-Za-z_@]", re.M)


class Closure:
    """The imports of one process, followed one after another."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.sources = scene.sources
        self.finder = Finder(scene.sources, scene.search_path, scene.builtin)
        self.recorded = RecordedSizes(scene.sources.files, scene.metadata, scene.sources.stdlib)
        self.empty_modules = EmptyModules(scene, self.finder, self.recorded)
        self.follow_ups = FollowUps(self)
        self.package_names = PackageNames(self.finder, self.recorded)
        preloaded = ("__main__", *scene.preloaded)
        self._preloaded = frozenset(preloaded)
        self.shadows = Shadows(self.finder, scene.suspects, preloaded)
        self.extensions: list[str] = []
        self._elsewhere = tuple([f"{folder}/" for folder in scene.suspects])
        self.results: dict[str, Optional[ImportProblem]] = {
            name: None for name in preloaded if name not in scene.blocked
        }
        self._made: set[str] = set()
        self._depth = 0

    def require(self, name: str, importer: str, line: int = 0) -> Optional[ImportProblem]:
        """Import `name` with its parents; return the problem, else None."""
        parts = name.split(".")
        if len(parts) > _DEEPEST:
            self._leave_out(importer, f"imports a module of more than {_DEEPEST} parts")
            return None
        for end in range(1, len(parts) + 1):
            problem = self._module(".".join(parts[:end]), importer, line)
            if problem is not None:
                return named_wholly(problem, name)
        return None

    def numpy_version(self) -> Optional[str]:
        """The version that the NumPy in use writes in its own version.py."""
        location = self.finder.find("numpy")
        if location is None or location.kind != "package":
            return None
        return self.sources.version_in(os.path.join(location.folders[0], "version.py"))

    def _module(self, name: str, importer: str, line: int) -> Optional[ImportProblem]:
        if name in self.results:
            return self.results[name]
        self.results[name] = None  # a cycle meets the half-made module
        if len(self.results) > _MOST_MODULES:
            self._leave_out(importer, f"imports more than {_MOST_MODULES:,} modules")
            return None
        if self._depth == _DEEPEST:
            self._leave_out(importer, f"stands behind more than {_DEEPEST} imports, one in the other")
            return None
        self._depth += 1
        try:
            problem = self._new_module(name, importer, line)
        finally:
            self._depth -= 1
        self.results[name] = problem
        return problem

    def _leave_out(self, importer: str, why: str) -> None:
        self.sources.files.leave_out(importer or self.scene.role, why)

    def _new_module(self, name: str, importer: str, line: int) -> Optional[ImportProblem]:
        by = self.scene.blocked.get(name)
        if by is not None:
            return ImportProblem(name, "missing", importer, line, reason="set-to-none", at=by)
        location = self.finder.find(name)
        problem: Optional[ImportProblem] = None
        if location is None and self._made_by_parent(name):
            return None
        if location is None:
            problem = self._missing(name, importer, line)
        elif location.kind == "extension":
            problem = self._extension(name, location.path, importer, line)
            problem = problem or self.follow_ups.of_compiled(name, location.path)
        elif location.kind == "bytecode":
            broken = bytecode.fault(self.sources.files, location.path, self.sources.version)
            if broken is not None:
                return ImportProblem(name, "damaged", importer, line, path=location.path, reason=broken)
        elif location.kind in ("source", "package"):
            problem = self._execute(name, location, importer, line)
            if problem is None and name in CALLED_FROM_OUTSIDE:
                problem = self._without_names(name, location.path, importer, line)
            if problem is not None and problem.importer == location.path:
                problem = self._by_hiding(name, problem, importer, line)
        return problem or self.follow_ups.of_any(name, location.path if location else importer)

    def _by_hiding(self, name: str, problem: ImportProblem, importer: str, line: int) -> ImportProblem:
        """That a file hides the real module, where it imports what is not there: an old backport."""
        hiding = self.shadows.of(name) if problem.kind == "missing" else None
        if hiding is None:
            return problem
        found = self.shadowed(hiding, name, [], importer, line)
        return msgspec.structs.replace(found, reason="lacks-import", detail=problem.module)

    def _without_names(self, name: str, path: str, importer: str, line: int) -> Optional[ImportProblem]:
        """The problem of a module that lacks what the stub or the script calls."""
        lacking = [part for part in CALLED_FROM_OUTSIDE[name] if self.package_names.has_not(path, part)]
        if not lacking or self.shadows.of(name) is not None:
            return None
        return ImportProblem(
            name, "missing", importer, line, path=path, reason="lacks-names", at=path, names=(*lacking,)
        )

    def _missing(self, name: str, importer: str, line: int) -> ImportProblem:
        top, _, rest = name.partition(".")
        part = rest.partition(".")[0]
        hiding = (self.shadows.of(top) or self.shadows.of_part(top, part)) if rest else None
        if hiding is not None:
            return self.shadowed(hiding, top, [rest], importer, line)
        return ImportProblem(name, "missing", importer, line)

    def detailed(self, problem: ImportProblem) -> ImportProblem:
        """With the distribution that it belongs to, and where a missing one lies instead; only for
        those that are reported.
        """
        name = problem.module
        owner = owner_of(self.sources.files, self.finder.search_path, name, problem.path)
        asked_by = owner_of(self.sources.files, self.finder.search_path, "", problem.importer)
        problem = msgspec.structs.replace(problem, owner=owner, asked_by=asked_by)
        if problem.kind != "missing" or problem.reason:
            return problem
        others = (self.finder.in_folder(entry, name) for entry in self.scene.elsewhere)
        there = "" if "." in name else next((other.path for other in others if other), "")
        reason, at = self.finder.near_miss(name) or self.finder.built_for_another(problem.importer)
        return msgspec.structs.replace(problem, reason=reason, at=at, hidden_at=there)

    def shadowed(
        self, hiding: Hiding, name: str, lacking: list[str], importer: str, line: int
    ) -> ImportProblem:
        """The problem of a module that lacks names, for a file hides the real one."""
        return ImportProblem(
            name, "shadowed", importer, line, path=hiding.path,
            reason="hides", at=hiding.hidden, names=tuple(lacking[:3]),
        )  # fmt: skip

    def _made_by_parent(self, name: str) -> bool:
        parent = name.rpartition(".")[0]
        above = self.finder.find(parent) if parent else None
        made = parent in self._made or (
            above is not None
            and above.kind != "namespace"
            and self.sources.makes_modules(above.path, name)
        )
        if made:
            self._made.add(name)
        return made

    def _extension(self, name: str, path: str, importer: str, line: int) -> Optional[ImportProblem]:
        problems = tuple(self.scene.opener(path))
        self.extensions.append(path)
        if problems:
            return ImportProblem(
                name, "not-loadable", importer, line, problems[0].message, path, problems
            )
        return limited_api.problem(self.scene, self.recorded, name, path, importer, line)

    def _execute(
        self, name: str, location: ModuleLocation, importer: str, line: int
    ) -> Optional[ImportProblem]:
        functions = self.scene.called(location.path)
        changed = self.recorded.differs(name, location.path, self.sources.size(location.path))
        # what comes from elsewhere may be written for Python 2
        read = changed or location.path.startswith(self._elsewhere)
        parses_whole = self.scene.parses_whole(location.path, changed=read) or self._may_be_cut(
            location.path
        )
        for whole in (True,) if parses_whole else (False, True):
            try:
                statements = self.sources.statements(location.path, whole, functions, name)
                if parses_whole and changed and not self.sources.is_newer:
                    failures.require_whole_names(self.sources.text(location.path))
            except Unreadable:
                return None
            except TooComplex as failure:
                self.sources.files.leave_out(location.path, str(failure))
                return None
            except (OSError, SyntaxError, ValueError) as failure:
                return ImportProblem(
                    name, "damaged", importer, line, failures.words_of(failure), location.path,
                    reason=failures.reason_of(failure),
                )  # fmt: skip
            package = name if location.folders else name.rpartition(".")[0]
            problem = (
                self._run(statements, package, location.path)
                or self._generated(name, location.path, importer, line)
                or self._demanded(name, location.path)
            )
            if problem is None and self._is_cut_short(name, location.path):
                return ImportProblem(
                    name, "damaged", importer, line, path=location.path, reason="cut-source"
                )
            # the skeleton may take a line of a long string for an import: only `whole` is sure
            if problem is None or whole or functions:
                return problem
            self._forget(problem)
        return None

    def _may_be_cut(self, path: str) -> bool:
        """Whether a file of Python's own library may end within a string; it has no RECORD."""
        try:
            return self.recorded.is_pythons_own(path) and may_end_in_string(self.sources.text(path))
        except (OSError, UnicodeError):
            return False

    def _is_cut_short(self, name: str, path: str) -> bool:
        """Whether a source ends within a line of its code, and is shorter than it was installed."""
        text = self.sources.text(path)
        if text[-1:] in ("", "\n") or _CODE.search(text) is None:
            return False
        return self.recorded.had_more(name, path, self.sources.size(path) or 0)

    def _demanded(self, name: str, path: str) -> Optional[ImportProblem]:
        """The problem of a module that this one imports by a call of its own."""
        text = self.sources.text(path)
        demands = demanded(name, text, self.scene.variables)
        if name == "google.protobuf.message_factory":
            demands = of_backend(text, compiled=self._compiled_protobuf())
        for module, line in demands:
            problem = self.follow_ups.chosen(module, path, line)
            if problem is not None:
                return problem
        return None

    def _generated(self, name: str, path: str, importer: str, line: int) -> Optional[ImportProblem]:
        """Generated code refuses, when it is imported, a runtime older than its generator."""
        if not name.endswith(("_pb2", "_pb2_grpc")):
            return None
        text = self.sources.text(path)
        if self.sources.is_empty(path) and self.recorded.had_more(name, path, 0):
            return self.empty_modules.damage(name, path, line, importer)  # it registers its messages
        # where this import fails, the generated code takes grpcio for too old
        if "from grpc._utilities import" in text:
            problem = self.follow_ups.chosen("grpc._utilities", path)
            if problem is not None:
                return problem
        if protobuf_runtime.makes_descriptors(text) and self._compiled_protobuf():
            have = self._version_of("google.protobuf")
            reason: ImportReason = "generated-too-old"
            return ImportProblem(name, "too-old", importer, line, path=path, reason=reason, have=have)
        need = protobuf_runtime.requirement(text)
        location = self.finder.find(need.package) if need else None
        if need is None or location is None or not location.folders:
            return None
        try:
            runtime = protobuf_runtime.version_in(
                self.sources.text(os.path.join(location.folders[0], need.file))
            )
        except (OSError, UnicodeError):
            return None
        if runtime is None or runtime >= need.version:
            return None
        have, least = (".".join(map(str, version)) for version in (runtime, need.version))
        return ImportProblem(
            need.package, "too-old", importer, line, path=path,
            reason="runtime-too-old", have=have, least=least,
        )  # fmt: skip

    def _compiled_protobuf(self) -> bool:
        """Whether protobuf uses one of its compiled backends (api_implementation.py)."""
        chosen = self.scene.variables.get("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION")
        modules = (name for name in protobuf_runtime.COMPILED if self.results.get(name, True) is None)
        return chosen != "python" and any(True for _ in modules)

    def _version_of(self, package: str) -> str:
        location = self.finder.find(package)
        try:
            text = self.sources.text(location.path) if location else ""
        except (OSError, UnicodeError):
            return ""
        return ".".join(map(str, protobuf_runtime.version_in(text) or ()))

    def _forget(self, problem: ImportProblem) -> None:
        if problem.kind == "missing":
            self.results.pop(problem.module, None)

    def _run(self, statements: Sequence[Statement], package: str, path: str) -> Optional[ImportProblem]:
        for statement in statements:
            if isinstance(statement, Import):
                problem = self.import_(statement, package, path)
            else:
                problem = self._run(statement.body, package, path)
                if problem is not None and statement.handlers is not None:
                    if not problem.ends_it_all:
                        problem = self._run(statement.handlers, package, path)
                elif problem is None:
                    problem = self._run(statement.otherwise, package, path)
            if problem is not None:
                return problem
        return None

    def import_(self, statement: Import, package: str, path: str) -> Optional[ImportProblem]:
        """Execute one import statement of a file in `package`; return the problem, else None."""
        module = statement.module
        if statement.level:
            above = package.split(".")
            above = above[: len(above) - statement.level + 1]
            module = ".".join([*above, module] if module else above)
        problem = self.require(module, path, statement.line)
        top = module.partition(".")[0]
        if problem is None and not statement.level:
            lacking = self.shadows.lacking(top, path)
            hiding = self.shadows.of(top) if lacking else None
            if hiding is not None:
                problem = self.shadowed(hiding, top, lacking, path, statement.line)
        location = self.finder.find(module)
        # names that are listed are looked for below, one by one
        plain = location is not None and (not statement.names or location.kind == "namespace")
        if plain and problem is None and location is not None and module not in self._preloaded:
            problem = self.empty_modules.problem(module, location, statement, path)
        if problem is not None or not statement.names:
            return problem
        if location is None or location.kind not in ("package", "source", "namespace"):
            return None
        for name in statement.names:
            child = f"{module}.{name}"
            if name == "*":
                if self.empty_modules.is_emptied(module, location):
                    return self.empty_modules.damage(module, location.path, statement.line, path)
                continue
            below = self.finder.find(child)
            if below is not None:
                problem = self.require(
                    child, path, statement.line
                ) or self.empty_modules.problem_of_child(module, name, below, statement.line, path)
                if problem is not None:
                    return problem
            elif location.kind == "namespace":
                continue
            elif module not in self._preloaded and self.package_names.lacks(
                module, location, name, path, statement.line
            ):
                return ImportProblem(
                    child, "missing", path, statement.line, path=location.path,
                    reason="lacks-names", at=location.path, names=(name,),
                )  # fmt: skip
        return None


def follow(scene: Scene, roots: Iterable[tuple[str, str]]) -> Imports:
    """The import closure of `roots`, (module, file that asks for it) in the order of the launch."""
    closure = Closure(scene)
    problems: dict[tuple[str, str], ImportProblem] = {}
    for module, importer in chain(roots, closure.follow_ups.at_use()):
        try:
            problem = closure.follow_ups.chosen(module, importer)
        except RecursionError:
            scene.sources.files.leave_out(importer or scene.role, f"imports {module} too deeply nested")
            continue
        if problem is not None:
            problems.setdefault((problem.module, problem.kind), problem)
    return Imports(
        role=scene.role,
        search_path=tuple(scene.search_path),
        numpy=closure.numpy_version(),
        numpy_path=getattr(closure.finder.find("numpy"), "path", ""),
        modules=len(closure.results),
        extensions=tuple(closure.extensions),
        problems=tuple(closure.detailed(problem) for problem in problems.values()),
        touched=tuple(sorted(name for name in {*scene.touched} if name in closure.results)),
        changed=tuple(ChangedSource(*changed) for changed in sorted(closure.recorded.changed.items())),
    )
