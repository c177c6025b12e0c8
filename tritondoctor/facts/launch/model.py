"""The shape of a PyTriton that is installed, and of its launch."""

from __future__ import annotations

from typing import Literal, Optional

import msgspec

from tritondoctor.facts.fact import Fact
from tritondoctor.facts.gpu.model import DriverLibrary
from tritondoctor.facts.imports.model import BuiltForAnother, Imports, UnmetRequirement
from tritondoctor.facts.interpreter.model import LibPython, Program


class WheelFile(Fact, frozen=True):
    """A file of the PyTriton distribution that is not as its RECORD says."""

    path: str
    state: Literal["missing", "size", "content", "unreadable", "not-executable", "not-utf-8"]
    expected: str = ""
    found: str = ""


class PyTriton(Fact, frozen=True):
    """The installed distribution, read from its own files.

    Up to 0.2 there was a `single_stub`, and the server ran where it was installed; since then it
    `copies` it into a workspace.  `obeys_home`: PYTRITON_HOME chooses the place (0.4 and later).
    """

    version: Optional[str]
    package: str
    libs: str
    libs_expected: str
    arch: Optional[str]
    stubs: tuple[str, ...]
    single_stub: bool
    copies: bool
    obeys_home: bool
    server_mode: Optional[int]
    damaged: tuple[WheelFile, ...] = ()


#: what keeps this user from writing to a folder
FolderObstacle = Literal[
    "",
    "not-a-folder",
    "kernel-file-system",
    "read-only",
    "not-writable",
    "unreachable",
    "no-sockets",
    "forbidden",
]


class LaunchFolder(Fact, frozen=True):
    """A folder that the launch writes to, and the variable or program that chose it.

    `exists` is the nearest existing ancestor; free space and inodes (bytes, count; None where unknown)
    are those of its file system.  `why_not` is about that ancestor, `errno` the error's name where it is
    "unreachable" or "forbidden" (by a sandbox).  `file_system` is the type of its file system, as
    mount(8) names it.
    """

    path: str
    chosen_by: Literal["PYTRITON_HOME", "XDG_CACHE_HOME", "HOME", "Triton", "kernel"]
    exists: str
    creatable: bool
    why_not: FolderObstacle
    noexec: bool
    free: Optional[int]
    free_inodes: Optional[int]
    needed: int
    errno: str = ""
    file_system: str = ""


class Holder(Fact, frozen=True):
    """A process that listens; `orphan`: a tritonserver whose PyTriton is gone.

    `pid` is 0 where this user may see only which user it belongs to.
    """

    pid: int
    program: str
    user: str
    orphan: bool = False


#: what keeps a port from being bound
PortObstacle = Literal[
    "", "in-use", "same-port", "out-of-range", "unknown-address", "refused", "unreachable"
]


class Port(Fact, frozen=True):
    """A port that tritonserver will bind, and who holds it.

    `same_as` is the endpoint that is given the same port; `errno` the error's name where bind(2) failed;
    `free` a port that can be bound in its place, 0 where none was found or none was looked for.
    """

    name: str
    address: str
    number: int
    bindable: bool
    why_not: PortObstacle = ""
    holder: Optional[Holder] = None
    same_as: str = ""
    errno: str = ""
    free: int = 0


class Setting(Fact, frozen=True):
    """A PYTRITON_TRITON_CONFIG_* variable: `key` is the field of TritonConfig, `type` that field's type.

    `type` is "" where the release has no such field.  `value` is None where it may be a secret; `given`
    (it is not empty) and `blank` (it holds white space) are known all the same.
    """

    variable: str
    key: str
    type: str
    value: Optional[str]
    given: bool
    blank: bool


class Endpoint(Fact, frozen=True):
    """An endpoint of tritonserver as PyTriton configures it; `port` is None where it is no number."""

    name: str
    served: bool
    address: str
    port: Optional[int]


class ModelFolder(Fact, frozen=True):
    """A folder of a model repository: its versions (numbers, the newest last) and its configuration.

    `files` are those of the newest version that start the model (model.py, or what the configuration
    names); `configuration` holds the outermost fields of config.pbtxt.
    """

    name: str
    state: Literal["folder", "broken-link", "unreadable"]
    versions: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    configuration: dict[str, str] = {}


class ModelRepository(Fact, frozen=True):
    """The folder that PYTRITON_TRITON_CONFIG_MODEL_REPOSITORY names."""

    path: str
    exists: bool
    folders: tuple[ModelFolder, ...] = ()


class Configuration(Fact, frozen=True):
    """What PyTriton makes of its settings.

    `fields` are those of the installed release's TritonConfig (empty where they cannot be read).
    `numbered_lists`: it knows NAME_0, NAME_1, …; `traces`: it traces requests itself.
    `loads_all_models`: the server loads every folder of the repository; `backends`: those it has.
    `certificate`: the file of GRPC_SERVER_CERT is there.  `caches`: those that the server would find.
    """

    settings: tuple[Setting, ...] = ()
    fields: tuple[str, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    numbered_lists: bool = False
    traces: bool = False
    loads_all_models: bool = False
    backends: tuple[str, ...] = ()
    repository: Optional[ModelRepository] = None
    certificate: bool = False
    caches: tuple[str, ...] = ()

    def values(self) -> dict[str, str]:
        """Key -> value of what may be shown and what the release knows."""
        return {
            setting.key: setting.value
            for setting in self.settings
            if setting.value is not None and setting.type
        }

    def endpoint(self, name: str) -> Optional[Endpoint]:
        """The endpoint of that name, where it is served."""
        return next(
            (endpoint for endpoint in self.endpoints if endpoint.name == name and endpoint.served), None
        )


class StubPython(Fact, frozen=True):
    """The Python that the stub embeds finds itself by: `python3` on the server's PATH.

    `executable` is what it takes itself for (and starts children with); `stdlib` where its standard
    library comes from, None for the place that is compiled into libpython; `ours`: it is the target's.
    `minor` is the version of `executable`.
    `numpy_2`: the stub's pybind11 knows NumPy 2.  `isolated`: it ignores PYTHON* variables and the
    user's site-packages.
    """

    executable: Optional[str]
    stdlib: Optional[str]
    ours: bool
    minor: Optional[str]
    isolated: bool
    encoding: str
    numpy_2: bool


UncopyableState = Literal["loop", "unreadable", "broken-link", "special", "not-permitted"]


class Uncopyable(Fact, frozen=True):
    """A part of the server on which PyTriton's copy into the workspace fails; `problem` is the kernel's.

    "loop" is a folder that holds itself, "special" neither a file nor a folder.
    """

    path: str
    state: UncopyableState = "unreadable"
    problem: str = ""


#: why a library refuses the value of a variable
Refusal = Literal[
    "unknown",
    "no-module",
    "not-boolean",
    "not-a-number",
    "not-positive",
    "cannot-open",
    "same-unit",
    "not-both",
    "too-long",
    "needed-itself",
    "cpu-lacks",
    "launcher",
    "no-ciphers",
    "vertex-mode",
    "waits-for-more",
]


class RefusedVariable(Fact, frozen=True):
    """A variable with a value with which a library of the launch does not start.

    `reader` is the file that reads it, `accepts` are the values that it takes, where they are known.
    `detail` is the module that a value needs and that is missing, or the name of the error that opening
    the file gives.  `file` is the machine's own file that says the same where the variable is not set.
    """

    name: str
    reader: str
    why: Refusal
    accepts: tuple[str, ...] = ()
    detail: str = ""
    file: str = ""


class Launch(Fact, frozen=True):
    """What PyTriton would do at start: places, variables, programs and imports.

    `bash_refused` is what PATH has under that name where it is no shell, `bash_script` the script that
    stands before the shell; `bash_env_may_break` what bash runs before the stub that may keep it from
    starting, which depends on what is not known.
    `libpython` is the core that the stub loads, `child_libpython` that of the interpreter which the
    stub starts children with (None: it is static).  `driver_libraries`: the libcuda and libnvidia-ml
    that its programs would find, if any.  `unmet` are requirements of PyTriton's and of what it requires;
    `grpcio` is the version of gRPC for Python.  `packages_noexec`: the file system that holds PyTriton's
    package is mounted noexec, so that no compiled module on it can be loaded.  `variables_size` is how
    many bytes the server's variables take.
    """

    workspace: LaunchFolder
    largest_file: int
    temporary: LaunchFolder
    shared_memory: LaunchFolder
    server_ld_library_path: str
    server_path: Optional[str]
    bash: Optional[str]
    bash_elsewhere: Optional[str]
    bash_env: Optional[str]
    bash_env_effects: tuple[str, ...]
    bash_env_breaks: bool
    longest_socket: str
    stub: str
    stub_python: Optional[StubPython]
    libpython: Optional[LibPython]
    child_libpython: Optional[LibPython]
    programs: tuple[Program, ...]
    driver_libraries: tuple[DriverLibrary, ...]
    imports: tuple[Imports, ...]
    ports: tuple[Port, ...]
    uncopyable: tuple[Uncopyable, ...] = ()
    configuration: Configuration = Configuration()
    refused_variables: tuple[RefusedVariable, ...] = ()
    unmet: tuple[UnmetRequirement, ...] = ()
    built_for_another: tuple[BuiltForAnother, ...] = ()
    grpcio: str = ""
    packages_noexec: bool = False
    bash_script: Optional[str] = None
    bash_refused: Optional[str] = None
    bash_env_may_break: tuple[str, ...] = ()
    variables_size: int = 0


class ShellEffects(msgspec.Struct, frozen=True):
    """The variables that are passed on, and the statements that concern the launch.

    `stops` is whether the shell never comes to start what it was to start; `hands_over` are the words
    before `"$@"` with which a script hands its arguments to another program.
    """

    variables: dict[str, str]
    effects: tuple[str, ...] = ()
    stops: bool = False
    hands_over: tuple[str, ...] = ()
