"""The processes of PyTriton's launch, each with the link map and the imports that it would have.

Follows pytriton/triton.py, pytriton/server/triton_server.py, pytriton/proxy/model.py and Triton's
python backend (stub_launcher.cc, pb_stub.cc), as the installed release has them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Optional

import msgspec

from tritondoctor.facts.gpu import libraries
from tritondoctor.facts.gpu.model import DriverLibrary
from tritondoctor.facts.imports import closure, requirements
from tritondoctor.facts.imports.model import Imports, UnmetRequirement
from tritondoctor.facts.imports.module_cache import ModuleCache
from tritondoctor.facts.imports.requirements import Environment
from tritondoctor.facts.imports.scene import Scene
from tritondoctor.facts.interpreter import embedded, libpythons, startup_code, sys_path
from tritondoctor.facts.interpreter.model import Interpreter, LibPython, Program, StartupCode
from tritondoctor.facts.launch import bash, variables
from tritondoctor.facts.launch.bash import BashEnvironment, Shell
from tritondoctor.facts.launch.known import KnownParts, OpenedModules, Part, SeenVariables
from tritondoctor.facts.launch.layout import MODEL_FOLDER, LaunchLayout
from tritondoctor.facts.launch.model import PyTriton, RefusedVariable, StubPython
from tritondoctor.facts.launch.programs import Running
from tritondoctor.facts.launch.settings import Settings
from tritondoctor.loader import BadElf, Files, Skipped
from tritondoctor.loader.hwcaps import cpu_flags
from tritondoctor.loader.symbols import exported_names
from tritondoctor.target import Target

#: what the quick start imports, in its order
CLIENT_ROOTS = (
    "numpy",
    "pytriton.client",
    "pytriton.decorators",
    "pytriton.model_config",
    "pytriton.triton",
)
#: what multiprocessing imports when proxy/data.py starts its manager as a process
SPAWN_MODULES = (
    "multiprocessing.popen_spawn_posix",
    "multiprocessing.resource_tracker",
    "multiprocessing.spawn",
)
#: with it the stub isolates its Python from its variables (pb_stub.cc)
_ISOLATES = "PyConfig_InitIsolatedConfig"


class ProcessModel(msgspec.Struct, frozen=True):
    """A process of the launch: its program and the libraries that it opens, its imports (None where it
    imports nothing, or does not come so far), its libpython and the driver's libraries.
    """

    program: Program
    imports: Optional[Imports] = None
    libpython: Optional[LibPython] = None
    driver_libraries: tuple[DriverLibrary, ...] = ()
    plugins: tuple[Program, ...] = ()


class _Caller(msgspec.Struct, frozen=True):
    """The caller's process after its imports."""

    imported: closure.Closure
    running: Running


class LaunchModel:
    """The launch of an installed release, in a layout that is made before.

    `has_gpu`: there is an NVIDIA card, so the driver libraries of client and stub are looked for too.
    """

    def __init__(
        self,
        files: Files,
        target: Target,
        interpreter: Interpreter,
        pytriton: PyTriton,
        layout: LaunchLayout,
        *,
        has_gpu: bool = False,
    ) -> None:
        self.layout = layout
        self._files = files
        self._world = files.with_changes(layout.changes)
        self._target = target
        self._interpreter = interpreter
        self._pytriton = pytriton
        self._has_gpu = has_gpu
        self._variables = SeenVariables(target.variables)
        self._server_variables = SeenVariables(layout.variables)
        #: what imports look at, apart from what the loader looks at
        self._modules = ModuleCache(files.with_changes(layout.changes), interpreter)

    def client(self, settings: Settings) -> ProcessModel:
        """The user's own process, up to `Triton.run` (pytriton/triton.py)."""
        roots = (*CLIENT_ROOTS, *settings.modules())
        inputs = roots, self.unmet
        return self._known("client", lambda: self._client(roots), *inputs, variables=self._variables)

    def _client(self, names: Iterable[str]) -> ProcessModel:
        interpreter = self._interpreter
        running = self._run(interpreter.executable or self._target.python, self._variables)
        if interpreter.libpython and interpreter.version != interpreter.stdlib_version:
            running.compare_symbols(interpreter.libpython)
        imports = self._imports(self._client_scene(running), running, [(name, "") for name in names])
        drivers = libraries.of("client", running) if self._has_gpu else ()
        return ProcessModel(running.program("client"), imports, driver_libraries=tuple(drivers))

    def refused_variables(self) -> tuple[RefusedVariable, ...]:
        """Variables with which a library of the caller's process or of the server does not start."""
        if not variables.concerns(self._world, self._target.variables):
            return ()
        return self._known("variables", self._refused_variables, self._target.variables)

    def _refused_variables(self) -> tuple[RefusedVariable, ...]:
        from tritondoctor.facts.launch.variables import readers

        def library(beginning: str) -> Optional[str]:
            objects = self._caller.running.process.objects
            return next((item.path for item in objects if item.name.startswith(beginning)), None)

        view = readers.LaunchView(
            self._world, self._target.variables, self._target.cwd, self.layout.server,
            find=lambda module: self._caller.imported.finder.find(module),
            problem=lambda module: self._caller.imported.require(module, ""),
            imported=lambda module: module in self._caller.imported.results,
            library=library,
            cpu=cpu_flags(),
        )  # fmt: skip
        return tuple(readers.refused(view))

    @cached_property
    def _caller(self) -> _Caller:
        """The caller's process, followed once a reader of variables looks at it."""
        program = self._interpreter.executable or self._target.python
        running = self._run(program, self._target.variables)
        imported = closure.Closure(self._client_scene(running))
        for root in CLIENT_ROOTS:
            imported.require(root, "")
        return _Caller(imported, running)

    @cached_property
    def packages(self) -> Environment:
        """PyTriton and what it requires, as they are installed."""
        return self._known("packages", self._packages)

    def _packages(self) -> Environment:
        return requirements.of_launch(self._world, self._client_search_path, self._interpreter)

    @cached_property
    def unmet(self) -> frozenset[UnmetRequirement]:
        """What the installed packages require of each other, and do not have."""
        return self.packages.unmet()

    def server(self) -> ProcessModel:
        """tritonserver and its python backend (`TritonServer.start`; Triton's backend_manager.cc)."""
        return self._known("server", self._server, variables=self._server_variables)

    def _server(self) -> ProcessModel:
        running = self._run(self.layout.server, self._server_variables)
        program = running.program("tritonserver")
        plugins: tuple[Program, ...] = ()
        if running.process.loads:
            library = f"{self.layout.backend}/libtriton_python.so"
            problems = running.open(library, "libtritonserver")
            plugins = (Program("python backend", library, not problems, (), tuple(problems)),)
        drivers = tuple(libraries.of("tritonserver", running))
        return ProcessModel(program, driver_libraries=drivers, plugins=plugins)

    def bash(self) -> Optional[ProcessModel]:
        """The shell that becomes the stub (stub_launcher.cc, `StubLauncher::Launch`), if any."""
        path = self.shell.program
        if path is None:
            return None
        return ProcessModel(self._run(path, self.layout.variables).program("bash"))

    def stub(self) -> ProcessModel:
        """The program that runs the model, with a Python of its own (pb_stub.cc, `Stub::Initialize`)."""
        return self._known("stub", self._stub_process, self.unmet, variables=self._stub_variables)

    def _stub_process(self) -> ProcessModel:
        running, libpython, python = self._stub, self._stub_libpython, self.stub_python
        program = running.program("stub")
        if libpython and libpython.version != self._interpreter.stdlib_version:
            running.compare_symbols(libpython.path)
        imports = None
        if running.process.loads and python is not None and python.ours:
            imports = self._stub_imports(running, libpython, python)
        drivers = libraries.of("stub", running) if self._has_gpu else ()
        return ProcessModel(program, imports, libpython, tuple(drivers))

    def child(self) -> Optional[ProcessModel]:
        """The manager of the tensor store, which the stub starts (pytriton/proxy/data.py); None where the
        stub would start another Python.
        """
        python = self.stub_python
        if python is None or not python.executable or not python.ours:
            return None
        if python.minor not in (self._interpreter.minor, None):
            return None
        running = self._run(python.executable, self._stub_variables)
        return ProcessModel(running.program("child"), libpython=self._libpython_of(running))

    @cached_property
    def shell(self) -> Shell:
        """The bash on the server's PATH."""
        return bash.shell(self._files, self.layout.variables, self._target.cwd)

    @cached_property
    def bash_environment(self) -> BashEnvironment:
        """What bash makes of the server's variables."""
        return bash.environment_after(self._files, self.shell, self._target.cwd)

    @cached_property
    def bash_breaks(self) -> bool:
        """Whether the stub starts with the server's variables, but not with those that bash passes on."""
        return self._breaks(self.bash_environment)

    def bash_may_break(self) -> tuple[str, ...]:
        """What bash runs that may keep the stub from starting, which depends on what is not known."""
        files, cwd = self._files, self._target.cwd
        given = self.layout.variables.get("BASH_ENV") or self.shell.script
        if self.bash_breaks or not given:
            return ()
        shell = bash.shell(files, self.layout.variables, cwd, bold=True)
        after = bash.environment_after(files, shell, cwd, bold=True)
        return after.effects if self._breaks(after) else ()

    def _breaks(self, after: BashEnvironment) -> bool:
        if after.stops or not after.effects:
            return after.stops
        starts = self._stub_start(self.layout.variables)
        return starts[0] and starts != self._stub_start(after.variables)

    @cached_property
    def stub_python(self) -> Optional[StubPython]:
        """What the Python in the stub takes itself for; None where the stub cannot be read."""
        try:
            isolates = exported_names(self._world, self.layout.stub, _ISOLATES)
        except (OSError, BadElf, Skipped):
            return None
        libpython = self._stub_libpython
        return embedded.find(
            self._world, self._stub_variables, self._target.cwd, self._interpreter,
            libpython=libpython.path if libpython else None,
            stub=self.layout.stub,
            isolated=_ISOLATES in isolates,
        )  # fmt: skip

    @cached_property
    def _client_search_path(self) -> list[str]:
        target = self._target
        return sys_path.of_script(self._files, self._interpreter, target.variables, target.cwd)

    @cached_property
    def _stub(self) -> Running:
        return self._run(self.layout.stub, self._stub_variables)

    @cached_property
    def _stub_variables(self) -> SeenVariables:
        # where bash breaks the start, that is a cause by itself; the rest is examined as if it did not
        server = self.layout.variables
        return SeenVariables(server if self.bash_breaks else self.bash_environment.variables)

    @cached_property
    def _stub_libpython(self) -> Optional[LibPython]:
        return self._libpython_of(self._stub)

    def _known(
        self,
        name: str,
        make: Callable[[], Part],
        *inputs: object,
        variables: Optional[SeenVariables] = None,
    ) -> Part:
        """A part of the launch, which may be that of another world."""
        of_all = (self._interpreter, self._paths, self._client_search_path, self._target.cwd)
        return self._parts.part(name, make, (*of_all, *inputs), variables)

    def _imports(self, scene: Scene, running: Running, roots: Sequence[tuple[str, str]]) -> Imports:
        """What a process imports, which may be what it imports in another world."""
        opened = OpenedModules(running, "libpython")
        variables = SeenVariables(scene.variables)
        scene = msgspec.structs.replace(scene, opener=opened.open, variables=variables)
        return self._parts.part(
            f"{scene.role}-imports",
            lambda: closure.follow(scene, roots),
            (
                self._interpreter, self._paths, tuple(roots), tuple(scene.search_path),
                frozenset(scene.builtin), tuple(scene.suspects), tuple(scene.elsewhere), scene.edited,
                scene.other_versions, scene.metadata,
            ),
            variables, opened, [self._modules.files],
        )  # fmt: skip

    @cached_property
    def _parts(self) -> KnownParts:
        return KnownParts(self._files, [self._world, self._modules.files], self.layout.changes)

    @cached_property
    def _paths(self) -> LaunchLayout:
        return msgspec.structs.replace(self.layout, variables={})

    def _client_scene(self, running: Running) -> Scene:
        return Scene(
            role="client",
            sources=self._modules,
            search_path=self._client_search_path,
            preloaded=self._interpreter.startup_modules,
            builtin=self._interpreter.builtin_modules,
            opener=lambda path: running.open(path, "libpython"),
            suspects=self._suspects(self._variables),
            called=lambda path: path.startswith(f"{self._pytriton.package}/server/"),
            undefined=running.undefined,
            variables=self._variables,
            blocked=startup_code.blocked(self._interpreter.startup_code),
            touched=startup_code.touched(self._interpreter.startup_code),
            edited={file.path for file in self._pytriton.damaged if file.state in ("content", "size")},
            other_versions=self._other_versions,
            metadata=self._metadata,
        )

    def _suspects(self, variables: Mapping[str, str]) -> list[str]:
        """The entries whose files may hide others by accident."""
        first = sys_path.before_own(variables, self._target.cwd)
        return [*first, *sys_path.put_first(self._interpreter)]

    @cached_property
    def _other_versions(self) -> frozenset[str]:
        """The files of distributions in a version that others do not allow."""
        names = {unmet.needs for unmet in self.unmet if unmet.found is not None}
        return self.packages.files_of(self._world, names)

    @cached_property
    def _metadata(self) -> dict[str, str]:
        """The folders of the distributions' metadata, by their names."""
        return {name: package.folder for name, package in self.packages.packages.items()}

    def _run(self, path: str, variables: Mapping[str, str]) -> Running:
        return Running(self._world, path, variables, self._target.cwd)

    def _libpython_of(self, running: Running) -> Optional[LibPython]:
        path = libpythons.own_libpython(running.process, self._target.cwd)
        if not path:
            return None
        return libpythons.libpython_at(self._world, path, "loaded in the launch", self._interpreter)

    def _stub_start(self, variables: Mapping[str, str]) -> tuple[bool, Optional[str], Optional[str]]:
        """Whether the stub loads, its libpython, and the python3 that it would find."""
        cwd, process = self._target.cwd, self._run(self.layout.stub, variables).process
        python = bash.on_path(self._world, "python3", variables.get("PATH"), cwd)
        return process.loads, libpythons.own_libpython(process, cwd), python

    def _stub_imports(
        self, running: Running, libpython: Optional[LibPython], python: StubPython
    ) -> Imports:
        variables, cwd = self._stub_variables, self._target.cwd
        last = (f"{MODEL_FOLDER}/1", MODEL_FOLDER, self.layout.backend)
        search_path = sys_path.of_stub(
            self._world, self._interpreter, variables, cwd, last, isolated=python.isolated
        )
        scene = Scene(
            role="stub",
            sources=self._modules,
            search_path=search_path,
            preloaded=self._interpreter.startup_modules,
            builtin=libpythons.builtin_modules(self._world, libpython, self._interpreter),
            opener=lambda path: running.open(path, "libpython"),
            suspects=self._suspects(variables),
            elsewhere=self._client_search_path,
            undefined=running.undefined,
            blocked=startup_code.blocked(self._startup_code_of(search_path)),
            other_versions=self._other_versions,
            metadata=self._metadata,
        )
        return self._imports(scene, running, self._stub_roots())

    def _startup_code_of(self, search_path: Sequence[str]) -> list[StartupCode]:
        """The code that runs in a process with this search path."""
        code = self._interpreter.startup_code
        return [line for line in code if os.path.dirname(line.file) in search_path]

    def _stub_roots(self) -> list[tuple[str, str]]:
        """The modules that the stub imports, and the files that ask for them (pb_stub.cc)."""
        # an embedded Python writes to its standard streams in the encoding of the locale, mostly C's
        names = ("encodings.ascii", "triton_python_backend_utils", *SPAWN_MODULES)
        roots = [(name, "") for name in names]
        if self.layout.model_files:
            roots.append(("1.model", ""))
        if self._stub_variables.get("PYTRITON_VIZTRACER"):
            roots.append(("viztracer", f"{MODEL_FOLDER}/1/model.py"))
        return roots
