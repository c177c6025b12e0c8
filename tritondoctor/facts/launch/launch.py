"""PyTriton's launch, modelled: places, variables, programs and imports, up to an answered request.

Follows pytriton/triton.py (`_prepare_triton_inference_server`), pytriton/server/triton_server.py
(`_get_env`, `start`), pytriton/proxy/model.py, and Triton's python backend (stub_launcher.cc,
pb_stub.cc).  The installed release's own files are read; the workspace, which does not exist yet,
is laid over the file system.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Mapping
from typing import NamedTuple, Optional

from tritondoctor.facts.gpu import libraries
from tritondoctor.facts.imports import closure
from tritondoctor.facts.imports.module_cache import ModuleCache
from tritondoctor.facts.imports.statements import syntax_tree, text_of
from tritondoctor.facts.interpreter import embedded, libpythons, sys_path
from tritondoctor.facts.launch import folders, server_copy
from tritondoctor.facts.launch.programs import Running
from tritondoctor.facts.launch.pytriton import SINGLE_STUB, STUB, STUBS
from tritondoctor.facts.launch.settings import Settings
from tritondoctor.facts.machine import shell_files
from tritondoctor.facts.model import (
    Imports,
    Interpreter,
    Launch,
    LibPython,
    Program,
    PyTriton,
    StubPython,
)
from tritondoctor.loader import BadElf, Change, Copy, Files, Skipped
from tritondoctor.loader.symbols import dynamic_symbols
from tritondoctor.support.reading import Limit
from tritondoctor.target import Target

#: what the quick start imports, in its order
CLIENT_ROOTS = (
    "numpy",
    "pytriton.client",
    "pytriton.decorators",
    "pytriton.model_config",
    "pytriton.triton",
)
SPAWN_MODULES = (
    "multiprocessing.popen_spawn_posix",
    "multiprocessing.resource_tracker",
    "multiprocessing.spawn",
)
MODEL = "Linear"
WORKSPACE = "workspace_XXXXXXXX"  # tempfile's eight characters
TEMPORARY = "/tmp"  # Triton's own choice for the files of a model; TMPDIR is not asked
MODEL_FOLDER = f"{TEMPORARY}/folderXXXXXX"
#: the pool of one stub (INITIAL_BACKEND_SHM_SIZE) and PyTriton's first tensor segments; measured:
#: a start fails with 4 MiB of /dev/shm and serves with 5 MB
SHARED_MEMORY_NEEDED = 9 << 19
_STORED_AT_LEAST = 1 << 16  # model store, sockets, configuration


class LaunchLayout(NamedTuple):
    """Where things will be, once the workspace is made."""

    workspace: str
    server: str
    backend: str
    stub: str
    source_stub: str
    variables: dict[str, str]
    changes: dict[str, Change]


def probe(
    files: Files, target: Target, asked: Interpreter, installed: PyTriton, *, card: bool = False
) -> Launch:
    """The launch of the installed release in this target; reads, and writes nothing.

    `card`: there is an NVIDIA card, so that all programs' driver libraries are of interest.
    """
    root, chosen_by = folders.pytriton_home(target.variables, target.cwd, named=installed.obeys_home)
    plan = _plan(asked, installed, target.variables, os.path.join(root, WORKSPACE), files)
    world = files.with_changes(plan.changes)
    settings = Settings(files, installed.package, target.variables)
    sources = ModuleCache(world, asked)

    client = Running(world, asked.executable or target.python, target.variables, target.cwd)
    if asked.libpython and asked.version != asked.stdlib_version:
        client.compare_symbols(asked.libpython)
    client_imports = closure.follow(
        closure.Scene(
            role="client",
            sources=sources,
            search_path=sys_path.of_script(files, asked, target.variables, target.cwd),
            preloaded=asked.startup_modules,
            builtin=asked.builtin_modules,
            opener=lambda path: client.open(path, "libpython"),
            suspects=sys_path.before_own(target.variables, target.cwd),
            called=lambda path: path.startswith(f"{installed.package}/server/"),
        ),
        [(name, "") for name in (*CLIENT_ROOTS, *_event_loop(target.variables), *settings.modules())],
    )
    server = Running(world, plan.server, plan.variables, target.cwd)
    programs = [client.program("client"), server.program("tritonserver")]
    if server.process.loads:
        programs.append(_backend(server, f"{plan.backend}/libtriton_python.so"))

    bash = _on_path(files, "bash", plan.variables.get("PATH"), target.cwd)
    if bash is not None:
        programs.append(Running(world, bash, plan.variables, target.cwd).program("bash"))
    bash_env, effects, stub_variables = _bash_env(files, plan.variables, target.cwd)
    bash_breaks = bool(effects) and _breaks(world, plan, stub_variables, target.cwd)
    if bash_breaks:
        stub_variables = plan.variables  # that is one cause; what else there is, is told apart

    stub = Running(world, plan.stub, stub_variables, target.cwd)
    programs.append(stub.program("stub"))
    libpython = _libpython(world, stub, asked, target.cwd)
    if libpython and libpython.version != asked.stdlib_version:
        stub.compare_symbols(libpython.path)
    python_found = _stub_python(world, plan, libpython, stub_variables, target.cwd, asked)
    child_core: Optional[LibPython] = None
    if python_found is not None and python_found.executable and _is_ours(python_found, asked):
        # multiprocessing starts it for the manager of the tensor store, with the stub's variables
        child = Running(world, python_found.executable, stub_variables, target.cwd)
        programs.append(child.program("child"))
        child_core = _libpython(world, child, asked, target.cwd)
    stub_imports: Optional[Imports] = None
    if stub.process.loads and python_found is not None and python_found.ours:
        last = (f"{MODEL_FOLDER}/1", MODEL_FOLDER, plan.backend)
        stub_imports = closure.follow(
            closure.Scene(
                role="stub",
                sources=sources,
                search_path=sys_path.of_stub(
                    world, asked, stub_variables, target.cwd, last, isolated=python_found.isolated
                ),
                preloaded=asked.startup_modules,
                builtin=libpythons.builtin_modules(world, libpython, asked),
                opener=lambda path: stub.open(path, "libpython"),
                suspects=sys_path.before_own(stub_variables, target.cwd),
                elsewhere=client_imports.search_path,
            ),
            _stub_roots(files, installed, stub_variables),
        )
    copy = _copy(files, installed, plan.source_stub)
    return Launch(
        workspace=folders.place(root, chosen_by, _STORED_AT_LEAST + copy.size),
        largest_file=max(copy.largest, _STORED_AT_LEAST),
        temporary=folders.place(TEMPORARY, "Triton", _STORED_AT_LEAST),
        shared_memory=folders.place("/dev/shm", "kernel", SHARED_MEMORY_NEEDED),
        server_ld_library_path=plan.variables["LD_LIBRARY_PATH"],
        server_path=plan.variables.get("PATH"),
        bash=bash,
        bash_elsewhere=_on_path(files, "bash", "/usr/local/bin:/usr/bin:/bin", "/"),
        bash_env=bash_env,
        bash_env_effects=tuple(effects),
        bash_env_breaks=bash_breaks,
        longest_socket=os.path.join(plan.workspace, f"{MODEL}_0_0-server.sock"),
        stub=plan.source_stub,
        stub_python=python_found,
        libpython=libpython,
        child_libpython=child_core,
        programs=tuple(programs),
        driver_libraries=(
            *(libraries.of("client", client) if card else ()),
            *libraries.of("tritonserver", server),
            *(libraries.of("stub", stub) if card else ()),
        ),
        imports=tuple(one for one in (client_imports, stub_imports) if one is not None),
        ports=tuple(settings.ports()),
        configuration=settings.configuration(),
        uncopyable=copy.problems,
    )


def _copy(files: Files, installed: PyTriton, stub: str) -> server_copy.Copied:
    if not installed.copies:
        return server_copy.Copied(0, 0, ())
    names = frozenset({os.path.basename(STUBS), STUB})
    return server_copy.copied(files, f"{installed.package}/tritonserver", names, stub)


def _plan(
    asked: Interpreter,
    installed: PyTriton,
    variables: Mapping[str, str],
    workspace: str,
    files: Files,
) -> LaunchLayout:
    own = f"{installed.package}/tritonserver"
    server = f"{workspace}/tritonserver" if installed.copies else own
    backend = f"{server}/backends/python"
    source_stub = f"{installed.package}/{STUBS}/{asked.minor}/{STUB}"
    if installed.single_stub:
        source_stub = f"{installed.package}/{SINGLE_STUB}"
    changes: dict[str, Change] = {server: Copy(own)} if installed.copies else {}
    if installed.copies and files.exists(source_stub):
        # a stub that lost its execute bit gets it back from the server (`chmod` in StubLauncher)
        changes[f"{backend}/{STUB}"] = Copy(source_stub, 0o755)
    for name in proxy_files(files, installed.package):
        source = f"{installed.package}/proxy/{name}"
        if files.is_file(source):
            changes[f"{MODEL_FOLDER}/1/{name}"] = Copy(source)
    inherited = dict(variables)
    given = inherited.get("LD_LIBRARY_PATH")
    inherited["LD_LIBRARY_PATH"] = installed.libs if given is None else f"{given}:{installed.libs}"
    if "PATH" in inherited:
        inherited["PATH"] = f"{os.path.join(asked.exec_prefix, 'bin')}:{inherited['PATH']}"
    return LaunchLayout(
        workspace, f"{server}/bin/tritonserver", backend, f"{backend}/{STUB}", source_stub,
        inherited, changes,
    )  # fmt: skip


def proxy_files(files: Files, package: str) -> tuple[str, ...]:
    """The files of the model that is sent to the server: `Model.SCRIPT_FILES_TO_COPY`, `files_to_copy`
    (0.2, 0.3), or `proxy_path / "…"` for each (0.1).
    """
    try:
        source = files.read(f"{package}/models/model.py", Limit.SOURCE)
        tree = syntax_tree(source.decode("utf-8", "replace"))
    except (OSError, SyntaxError, ValueError):
        return ()
    named: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and "files_to_copy" in text_of(node.targets[0]).lower():
            return _constants(node.value)
        if isinstance(node, ast.BinOp) and text_of(node.left) == "proxy_path":
            named += _constants(node.right)
    return tuple(named)


def _constants(node: ast.expr) -> tuple[str, ...]:
    return tuple(
        one.value
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    )


def _backend(server: Running, library: str) -> Program:
    problems = server.open(library, "libtritonserver")
    return Program("python backend", library, not problems, (), tuple(problems))


def _on_path(files: Files, name: str, path: Optional[str], cwd: str) -> Optional[str]:
    """What execvp would run: the first executable file of that name; an empty element is cwd."""
    for folder in (path or "").split(":"):
        candidate = os.path.join(cwd, folder, name)
        if files.is_file(candidate) and files.access(candidate, os.X_OK):
            return candidate
    return None


def _bash_env(
    files: Files, variables: dict[str, str], cwd: str
) -> tuple[Optional[str], list[str], dict[str, str]]:
    """BASH_ENV, which bash reads before it becomes the stub (bash(1), INVOCATION)."""
    surprises = shell_files.bash_surprises(variables)
    given = variables.get("BASH_ENV")
    path = shell_files.expand(given, variables) if given else None
    text = shell_files.read(files, os.path.join(cwd, path)) if path else None
    after = variables
    if text is None:
        path = None
    else:
        after, effects = shell_files.run_bash_env(text, variables)
        surprises += effects
    return path, surprises, {} if shell_files.bash_surprises(variables) else after


def _breaks(world: Files, plan: LaunchLayout, after: Mapping[str, str], cwd: str) -> bool:
    """Whether the stub would come up with the server's own variables, but not with these."""
    found = [
        (
            one.process.loads,
            libpythons.own_libpython(one.process, cwd),
            _on_path(world, "python3", path, cwd),
        )
        for one, path in (
            (Running(world, plan.stub, variables, cwd), variables.get("PATH"))
            for variables in (plan.variables, after)
        )
    ]
    return found[0][0] and found[0] != found[1]


def _libpython(world: Files, running: Running, asked: Interpreter, cwd: str) -> Optional[LibPython]:
    path = libpythons.own_libpython(running.process, cwd)
    return libpythons.libpython_at(world, path, "loaded in the launch", asked) if path else None


def _stub_python(
    world: Files,
    plan: LaunchLayout,
    libpython: Optional[LibPython],
    variables: Mapping[str, str],
    cwd: str,
    asked: Interpreter,
) -> Optional[StubPython]:
    try:
        symbols = dynamic_symbols(world, plan.stub)
    except (OSError, BadElf, Skipped):
        return None
    isolated = any(symbol.name == "PyConfig_InitIsolatedConfig" for symbol in symbols)
    core = libpython.path if libpython else None
    return embedded.find(world, variables, cwd, asked, libpython=core, stub=plan.stub, isolated=isolated)


def _is_ours(found: StubPython, asked: Interpreter) -> bool:
    return found.ours and found.minor in (asked.minor, None)


def _event_loop(variables: Mapping[str, str]) -> tuple[str, ...]:
    """What gevent's loop needs where GEVENT_LOOP chooses one through cffi (gevent/_config.py)."""
    first = re.split("[, ]", variables.get("GEVENT_LOOP", ""))[0]
    return ("_cffi_backend",) if first in ("libuv", "libuv-cffi", "libev-cffi") else ()


def _stub_roots(files: Files, installed: PyTriton, variables: Mapping[str, str]) -> list[tuple[str, str]]:
    # what multiprocessing imports when data.py starts its manager as a process of its own
    roots = [(name, "") for name in ("triton_python_backend_utils", *SPAWN_MODULES)]
    names = proxy_files(files, installed.package)
    if names:
        roots.append(("1.model", ""))
    if variables.get("PYTRITON_VIZTRACER"):
        roots.append(("viztracer", f"{MODEL_FOLDER}/1/model.py"))
    return roots
