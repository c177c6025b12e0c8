"""PyTriton's launch as a fact: places, variables, programs and imports, up to an answered request.

The installed release's own files are read; see `layout.py` and `processes.py` for what they mirror.
"""

from __future__ import annotations

import os

import msgspec

from tritondoctor.facts.imports import compiled_with
from tritondoctor.facts.interpreter.model import Interpreter
from tritondoctor.facts.launch import bash, folders, server_copy
from tritondoctor.facts.launch.layout import TEMPORARY, LaunchLayout, lay_out
from tritondoctor.facts.launch.model import Launch, PyTriton
from tritondoctor.facts.launch.processes import LaunchModel
from tritondoctor.facts.launch.pytriton import STUB, STUBS
from tritondoctor.facts.launch.settings import Settings
from tritondoctor.facts.machine.machine import MachineFacts
from tritondoctor.loader import Files
from tritondoctor.target import Target

#: the pool of one stub (INITIAL_BACKEND_SHM_SIZE) and PyTriton's first tensor segments; measured:
#: a start fails with 4 MiB of /dev/shm and serves with 5 MB
SHARED_MEMORY_NEEDED = 9 << 19
_STORED_AT_LEAST = 1 << 16  # sockets, configuration
#: the model's files and their bytecode: measured with 0.7.0, 200 kB of /tmp fail (marshal data too
#: short) and 256 kB serve, with 108 kB of sources
_WITH_BYTECODE = 2


def probe(
    files: Files,
    target: Target,
    machine: MachineFacts,
    interpreter: Interpreter,
    pytriton: PyTriton,
) -> Launch:
    """The launch of the installed release in this target.  Nothing is started or written."""
    given = target.variables
    if any(code.changes for code in interpreter.startup_code):
        from tritondoctor.facts.interpreter import startup_variables

        given = startup_variables.after(interpreter.startup_code, given)
        own = startup_variables.of_process(interpreter.startup_code, target.variables)
        target = msgspec.structs.replace(target, variables=own)
    home, chosen_by = folders.pytriton_home(files, given, target.cwd, named=pytriton.obeys_home)
    layout = lay_out(files, interpreter, pytriton, given, home)
    settings = Settings(files, pytriton.package, given, target.cwd)
    model = LaunchModel(files, target, interpreter, pytriton, layout, has_gpu=machine.devices.present)
    client, packages = model.client(settings), model.packages
    server, shell = model.server(), model.bash()
    stub, child = model.stub(), model.child()
    processes = [process for process in (client, server, shell, stub, child) if process is not None]
    copy = _copy(files, pytriton, layout)
    return Launch(
        workspace=folders.place(
            files, machine, home, chosen_by, _STORED_AT_LEAST + layout.model_size + copy.size
        ),
        largest_file=max(copy.largest, _STORED_AT_LEAST),
        temporary=folders.place(files, machine, TEMPORARY, "Triton", _WITH_BYTECODE * layout.model_size),
        shared_memory=folders.place(files, machine, "/dev/shm", "kernel", SHARED_MEMORY_NEEDED),
        server_ld_library_path=layout.variables["LD_LIBRARY_PATH"],
        server_path=layout.variables.get("PATH"),
        bash=model.shell.path if shell or model.shell.script else None,
        bash_script=model.shell.script,
        bash_refused=None if shell or model.shell.script else model.shell.path,
        bash_elsewhere=bash.on_path(files, "bash", bash.SYSTEM_PATH, "/"),
        bash_env=model.bash_environment.path,
        bash_env_effects=model.bash_environment.effects,
        bash_env_breaks=model.bash_breaks,
        bash_env_may_break=model.bash_may_break(),
        longest_socket=layout.longest_socket,
        stub=layout.source_stub,
        stub_python=model.stub_python,
        libpython=stub.libpython,
        child_libpython=child.libpython if child else None,
        programs=tuple(
            program for process in processes for program in (process.program, *process.plugins)
        ),
        driver_libraries=tuple(library for process in processes for library in process.driver_libraries),
        imports=tuple(process.imports for process in processes if process.imports is not None),
        ports=tuple(settings.ports(machine, target.pid)),
        configuration=settings.configuration(),
        uncopyable=copy.problems,
        refused_variables=model.refused_variables(),
        unmet=tuple(sorted(model.unmet, key=lambda unmet: unmet.claim)),
        built_for_another=tuple(compiled_with.mismatches(packages)),
        packages_noexec=machine.volume(pytriton.package).noexec,
        variables_size=layout.variables_size,
        grpcio=packages.packages["grpcio"].version if "grpcio" in packages.packages else "",
    )


def _copy(files: Files, pytriton: PyTriton, layout: LaunchLayout) -> server_copy.Copied:
    if not pytriton.copies:
        return server_copy.Copied(0, 0, ())
    ignored = frozenset({os.path.basename(STUBS), STUB})
    return server_copy.copied(files, f"{pytriton.package}/tritonserver", ignored, layout.source_stub)
