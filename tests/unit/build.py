"""Facts of a sound machine, and of one that differs in what a test names.

Each builder takes the fields that matter as keywords.  `facts()` is a machine on which PyTriton starts;
`facts(launch=a_launch(bash=None))` the same machine without bash.  Where the shape of the facts changes,
this file is the one that follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

import msgspec

from tests.unit.variables import ShownVariables
from tritondoctor.facts.gpu.model import (
    Card,
    Cuda,
    CudaBuild,
    CudaDevice,
    DeviceNode,
    DriverLibrary,
    Gpu,
    KernelModule,
    Nvml,
    PciDevice,
    Visible,
)
from tritondoctor.facts.imports.model import ImportProblem, Imports
from tritondoctor.facts.interpreter.model import (
    Interpreter,
    InterpreterState,
    LibPython,
    LinkedObject,
    LinkProblem,
    Program,
)
from tritondoctor.facts.launch.folders import Chooser
from tritondoctor.facts.launch.model import (
    Configuration,
    Endpoint,
    Launch,
    LaunchFolder,
    Port,
    PortObstacle,
    PyTriton,
    Setting,
    StubPython,
)
from tritondoctor.facts.machine.model import Host, Surroundings
from tritondoctor.facts.model import Facts

PREFIX = "/home/alice/venv"
PYTHON = f"{PREFIX}/bin/python"
STDLIB = "/usr/local/lib/python3.11"
SITE = f"{PREFIX}/lib/python3.11/site-packages"
PACKAGE = f"{SITE}/pytriton"
LIBS = f"{SITE}/nvidia_pytriton.libs"
HOME = "/home/alice/.cache/pytriton"
SERVER = f"{HOME}/workspace_x/tritonserver/bin/tritonserver"
STUB = f"{HOME}/workspace_x/tritonserver/backends/python/triton_python_backend_stub"
LIBPYTHON = "/usr/local/lib/libpython3.11.so.1.0"
LIBSTDCXX = "/lib/x86_64-linux-gnu/libstdc++.so.6"
LIBC = "/lib/x86_64-linux-gnu/libc.so.6"
ROLES = {
    "client": PYTHON,
    "tritonserver": SERVER,
    "python backend": f"{HOME}/workspace_x/tritonserver/backends/python/libtriton_python.so",
    "bash": "/bin/bash",
    "stub": STUB,
    "child": PYTHON,
}
CARD = "GPU-11111111-2222-3333-4444-555555555555"


def facts(**changes: Any) -> Facts:
    """All facts of a sound machine, those that are named in place of its own."""
    sound: dict[str, Any] = {
        "host": a_host(),
        "gpu": Gpu(),
        "interpreter": an_interpreter(),
        "variables": {"HOME": "/home/alice", "PATH": "/usr/bin:/bin"},
        "hidden_variables": (),
        "library_path": (),
        "preload_missing": (),
        "libpythons": (),
        "runtimes": (),
        "conda": (),
        "shell": (),
        "pytriton": a_pytriton(),
        "launch": a_launch(),
        "cwd": "/home/alice/work",
        "surroundings": surroundings(),
    }
    fields = {**sound, **changes}
    return Facts(**{**fields, "variables": ShownVariables(fields["variables"])})


def a_host(**changes: Any) -> Host:
    """Debian 12 on x86-64."""
    sound: dict[str, Any] = {
        "system": "Linux",
        "machine": "x86_64",
        "distribution": "Debian GNU/Linux 12 (bookworm)",
        "libc": "glibc",
        "glibc": "2.36",
        "container": None,
        "wsl": False,
        "memory": 16 << 30,
        "user": "alice",
        "uid": 1000,
        "proc_mounted": True,
    }
    return Host(**{**sound, **changes})


def an_interpreter(**changes: Any) -> Interpreter:
    """Python 3.11.7 of a virtual environment."""
    sound: dict[str, Any] = {
        "path": PYTHON,
        "starts": True,
        "version": "3.11.7",
        "stdlib_version": "3.11.7",
        "implementation": "CPython",
        "executable": PYTHON,
        "prefix": PREFIX,
        "base_prefix": "/usr/local",
        "exec_prefix": PREFIX,
        "base_exec_prefix": "/usr/local",
        "stdlib": STDLIB,
        "sys_path": (STDLIB, SITE),
        "site_packages": (SITE,),
        "kind": "venv",
        "pip": True,
    }
    return Interpreter(**{**sound, **changes})


def no_interpreter(state: InterpreterState, **changes: Any) -> Facts:
    """Facts where the interpreter gave no answer."""
    interpreter = Interpreter(PYTHON, False, state=state, **changes)
    return facts(interpreter=interpreter, pytriton=None, launch=None, surroundings=None)


def a_pytriton(**changes: Any) -> PyTriton:
    """PyTriton 0.7.0, whole."""
    sound: dict[str, Any] = {
        "version": "0.7.0",
        "package": PACKAGE,
        "libs": LIBS,
        "libs_expected": LIBS,
        "arch": "x86_64",
        "stubs": ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13"),
        "single_stub": False,
        "copies": True,
        "obeys_home": True,
        "server_mode": 0o755,
    }
    return PyTriton(**{**sound, **changes})


def a_launch(
    problems: Optional[Mapping[str, Sequence[LinkProblem]]] = None,
    objects: Optional[Mapping[str, Sequence[LinkedObject]]] = None,
    imports: Optional[Mapping[str, Sequence[ImportProblem]]] = None,
    **changes: Any,
) -> Launch:
    """A launch that serves; `problems`, `objects` and `imports` are given by the role of the process."""
    sound: dict[str, Any] = {
        "workspace": a_folder(HOME, "HOME"),
        "largest_file": 20_000_000,
        "temporary": a_folder("/tmp"),
        "shared_memory": a_folder("/dev/shm"),
        "server_ld_library_path": LIBS,
        "server_path": f"{PREFIX}/bin:/usr/bin:/bin",
        "bash": "/usr/bin/bash",
        "bash_elsewhere": None,
        "bash_env": None,
        "bash_env_effects": (),
        "bash_env_breaks": False,
        "longest_socket": f"{HOME}/workspace_x/socket",
        "stub": f"{PACKAGE}/tritonserver/python_backend_stubs/3.11/triton_python_backend_stub",
        "stub_python": a_stub_python(),
        "libpython": LibPython(LIBPYTHON, "cache", "3.11.7"),
        "child_libpython": None,
        "programs": _programs(problems or {}, objects or {}),
        "driver_libraries": (),
        "imports": _closures(imports or {}),
        "ports": tuple(a_port(name, number) for name, number in PORTS.items()),
        "configuration": a_configuration(),
    }
    return Launch(**{**sound, **changes})


PORTS = {"http": 8000, "grpc": 8001, "metrics": 8002}


def _programs(
    problems: Mapping[str, Sequence[LinkProblem]], objects: Mapping[str, Sequence[LinkedObject]]
) -> tuple[Program, ...]:
    return tuple(
        Program(role, path, role not in problems, (*_OBJECTS, *objects.get(role, ())),
                tuple(problems.get(role, ())))
        for role, path in ROLES.items()
    )  # fmt: skip


_OBJECTS = (
    LinkedObject("libpython3.11.so.1.0", LIBPYTHON, "cache", STUB),
    LinkedObject("libstdc++.so.6", LIBSTDCXX, "cache", SERVER),
    LinkedObject("libc.so.6", LIBC, "cache", SERVER),
)


def _closures(problems: Mapping[str, Sequence[ImportProblem]]) -> tuple[Imports, ...]:
    return tuple(
        Imports(role, (STDLIB, SITE), "1.26.4", f"{SITE}/numpy/__init__.py", 900, (),
                tuple(problems.get(role, ())))
        for role in ("client", "stub")
    )  # fmt: skip


def a_folder(path: str, chosen_by: Chooser = "HOME", **changes: Any) -> LaunchFolder:
    """A folder with room for everything."""
    sound: dict[str, Any] = {
        "exists": path,
        "creatable": True,
        "why_not": "",
        "noexec": False,
        "free": 10 << 30,
        "free_inodes": 1_000_000,
        "needed": 24_000_000,
    }
    return LaunchFolder(path, chosen_by, **{**sound, **changes})


def a_stub_python(**changes: Any) -> StubPython:
    """The target's own Python inside the stub."""
    sound: dict[str, Any] = {
        "executable": f"{PREFIX}/bin/python3",
        "stdlib": STDLIB,
        "ours": True,
        "minor": "3.11",
        "isolated": True,
        "encoding": "utf-8",
        "numpy_2": False,
    }
    return StubPython(**{**sound, **changes})


def a_port(name: str, number: int, why_not: PortObstacle = "", **changes: Any) -> Port:
    """A port that is free, or why it is not."""
    free = number + 1000 if why_not in ("in-use", "refused", "same-port") else 0
    return Port(name, "0.0.0.0", number, not why_not, why_not, **{"free": free, **changes})


def a_configuration(*settings: Setting, **changes: Any) -> Configuration:
    """The settings that are named, of a release that serves HTTP, gRPC and metrics."""
    sound: dict[str, Any] = {
        "fields": ("http_port", "grpc_port", "allow_http", "allow_grpc", "model_repository",
                   "log_verbose", "trace_config"),
        "endpoints": tuple(Endpoint(name, True, "0.0.0.0", port) for name, port in PORTS.items()),
        "numbered_lists": True,
        "backends": ("python",),
    }  # fmt: skip
    return Configuration(settings, **{**sound, **changes})


def a_setting(key: str, value: str, type: str = "str") -> Setting:
    """A PYTRITON_TRITON_CONFIG_* variable; the type "" is that of a field which does not exist."""
    variable = f"PYTRITON_TRITON_CONFIG_{key.upper()}"
    return Setting(variable, key, type, value, bool(value), any(map(str.isspace, value)))


def with_settings(*settings: Setting, **changes: Any) -> Facts:
    """The sound machine with these settings."""
    return facts(launch=a_launch(configuration=a_configuration(*settings, **changes)))


def surroundings(**changes: Any) -> Surroundings:
    """A machine with enough of everything."""
    sound: dict[str, Any] = {
        "pty_problem": "",
        "memory_left": None,
        "threads_left": None,
        "cpu_seconds": None,
        "shared_memory_total": 8 << 30,
        "localhost": ("127.0.0.1",),
        "grpc_proxy": None,
        "grpc_proxied": (),
        "leftovers": (),
    }
    return Surroundings(**{**sound, **changes})


def around(**changes: Any) -> Facts:
    """The sound machine with other surroundings."""
    return facts(surroundings=surroundings(**changes))


def with_launch(**changes: Any) -> Facts:
    """The sound machine with another launch."""
    return facts(launch=a_launch(**changes))


def a_link_problem(kind: str, name: str, **changes: Any) -> LinkProblem:
    """A line of the loader about a file that the server needs."""
    sound: dict[str, Any] = {"needed_by": SERVER, "message": f"{name}: the loader's own line"}
    return LinkProblem(kind, name, **{**sound, **changes})


def with_problem(problem: LinkProblem, *, role: str = "tritonserver", **changes: Any) -> Facts:
    """The sound machine where one process meets a problem of the loader."""
    return facts(launch=a_launch({role: (problem,)}), **changes)


def an_import_problem(kind: Any, module: str, **changes: Any) -> ImportProblem:
    """A module of the launch that would not import."""
    sound: dict[str, Any] = {"importer": f"{PACKAGE}/client/client.py", "line": 7}
    return ImportProblem(module, kind, **{**sound, **changes})


def with_import(problem: ImportProblem, *, role: str = "client", **changes: Any) -> Facts:
    """The sound machine where one process fails on an import."""
    return facts(launch=a_launch(imports={role: (problem,)}), **changes)


def a_gpu(**changes: Any) -> Gpu:
    """One card whose driver, nodes and libraries are as they should be."""
    sound: dict[str, Any] = {
        "present": True,
        "allowed_s": 10.0,
        "pci": (PciDevice("0000:01:00.0", "20b0", "gpu", "nvidia"),),
        "module": KernelModule(True, "550.54.15", uvm_loaded=True),
        "nodes": tuple(a_node(name) for name in ("nvidia0", "nvidiactl", "nvidia-uvm")),
        "libraries": tuple(
            a_driver_library(role, soname)
            for role in ("client", "tritonserver", "stub")
            for soname in ("libcuda.so.1", "libnvidia-ml.so.1")
        ),
        "nvml": an_nvml(),
        "cuda": a_cuda(),
        "visible": Visible(),
    }
    return Gpu(**{**sound, **changes})


def with_gpu(host: Optional[Host] = None, **changes: Any) -> Facts:
    """The sound machine with a card."""
    return facts(gpu=a_gpu(**changes), host=host or a_host())


def a_node(name: str, **changes: Any) -> DeviceNode:
    """A device node that everybody may use."""
    sound: dict[str, Any] = {"kind": "device", "mode": "0666", "uid": 0, "gid": 0}
    return DeviceNode(f"/dev/{name}", **{**sound, **changes})


def a_driver_library(role: Any, soname: str, **changes: Any) -> DriverLibrary:
    """A library of driver 550."""
    path = f"/usr/lib/x86_64-linux-gnu/{soname}"
    sound: dict[str, Any] = {
        "path": path,
        "real": f"{path[:-1]}550.54.15",
        "origin": "driver",
        "version": "550.54.15",
    }
    return DriverLibrary(role, soname, **{**sound, **changes})


def a_card(**changes: Any) -> Card:
    """An A100 with its memory free."""
    sound: dict[str, Any] = {
        "index": 0,
        "name": "NVIDIA A100-SXM4-40GB",
        "uuid": CARD,
        "bus": "0000:01:00.0",
        "capability": "8.0",
        "memory_total": 40 << 30,
        "memory_free": 40 << 30,
        "compute_mode": 0,
        "mig": False,
    }
    return Card(**{**sound, **changes})


def an_nvml(*cards: Card, **changes: Any) -> Nvml:
    """NVML's answer of driver 550."""
    sound: dict[str, Any] = {"code": 0, "driver": "550.54.15", "cuda": 12040}
    return Nvml(cards=cards or (a_card(),), **{**sound, **changes})


def a_cuda(**changes: Any) -> Cuda:
    """What libcuda of driver 550 answers."""
    device = CudaDevice("NVIDIA A100-SXM4-40GB", CARD, "8.0", 40 << 30)
    sound: dict[str, Any] = {"version": 12040, "code": 0, "name": "CUDA_SUCCESS", "devices": (device,)}
    return Cuda(**{**sound, **changes})


def a_failed_cuda(code: int, name: str = "CUDA_ERROR", **changes: Any) -> Cuda:
    """What libcuda answers where cuInit fails."""
    return a_cuda(code=code, name=name, message="the driver's own words", devices=(), **changes)


def a_build(package: Any = "torch", cuda: Optional[str] = "12.1", **changes: Any) -> CudaBuild:
    """Something that is built for CUDA."""
    sound: dict[str, Any] = {"version": "2.1.2", "path": f"{SITE}/{package}"}
    return CudaBuild(package, cuda=cuda, **{**sound, **changes})


def changed(base: Any, **changes: Any) -> Any:
    """A copy of a fact with other fields."""
    return msgspec.structs.replace(base, **changes)
