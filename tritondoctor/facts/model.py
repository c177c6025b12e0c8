"""The shape of `Facts`: frozen, JSON-serialisable, without an opinion."""

from __future__ import annotations

from typing import Literal, Optional

import msgspec

from tritondoctor.facts.gpu.model import DriverLibrary, Gpu
from tritondoctor.facts.machine.kernel_model import KernelPolicy


class Fact(msgspec.Struct, frozen=True):
    """Base of everything observed."""


class Host(Fact, frozen=True):
    """The machine: `glibc` is None where there is none (musl); sizes are in bytes.

    `limits` holds the soft limits of getrlimit(2) that are set: nofile, fsize, as, data, stack.
    `threads_left` is how many threads this user may still start, None for no limit; `loopback` says
    whether the interface lo is up and has its address.
    """

    system: str
    machine: str
    distribution: str
    libc: Literal["glibc", "musl", "unknown"]
    glibc: Optional[str]
    container: Optional[str]
    wsl: bool
    memory: int
    user: str
    uid: int
    proc_mounted: bool
    limits: dict[str, int] = {}
    threads_left: Optional[int] = None
    umask: int = 0o022
    loopback: bool = True


class SearchedPath(Fact, frozen=True):
    """A place where the loader looked, by which rule, and why that was not it."""

    path: str
    rule: str
    why: str


class LinkProblem(Fact, frozen=True):
    """What the loader would complain of, in its own words in `message`."""

    kind: str
    name: str
    needed_by: str
    message: str
    version: str = ""
    provider: str = ""
    tried: tuple[SearchedPath, ...] = ()


class LinkedObject(Fact, frozen=True):
    """One object of a link map and the rule that found it."""

    name: str
    path: str
    found_by: str
    needed_by: str


class Program(Fact, frozen=True):
    """The link map of one program of the launch; `role` names it, `loads` is the loader's verdict."""

    role: str
    path: str
    loads: bool
    objects: tuple[LinkedObject, ...] = ()
    problems: tuple[LinkProblem, ...] = ()


class StartupChange(Fact, frozen=True):
    """A statement that changes the process that runs it; `certain`: no condition stands before it."""

    statement: str
    certain: bool


class StartupCode(Fact, frozen=True):
    """Code that Python runs before any program's: a line of a .pth file, sitecustomize, usercustomize.

    The doctor does not run it.  `may_provide` are the top-level modules that it may make importable,
    None: any, because it changes the import path.  `ends` is the statement with which it ends Python,
    `changes` are those that change the process: variables, limits, modules, warnings.
    """

    file: str
    text: str
    may_provide: Optional[tuple[str, ...]] = ()
    ends: str = ""
    changes: tuple[StartupChange, ...] = ()


#: whether an interpreter answers, or what happens in place of an answer
InterpreterState = Literal[
    "answered",
    "missing",
    "broken-link",
    "refused",  # by the kernel
    "not-loaded",  # by its own loader
    "too-old",
    "ended",
    "slow",
    "flood",  # it prints without an end
    "silent",
    "nonsense",
]


class Interpreter(Fact, frozen=True):
    """The target's Python as it describes itself; where it does not start, `state` says why.

    `problem` holds its own words then, or the kernel's; where a link leads; or its version, if it is too
    old.  `exit_code` is negative for a signal; `waited_s` is how long it was waited for.

    `libpython` is the one that it loads itself (None: it is static), `stdlib_version` the release of
    its standard library, `program` its link map where the loader keeps it from starting.
    `variables_problem` is its message where it starts in isolation but not with its PYTHON* variables.
    `pip` says whether it has pip (None: not looked at), `managed` whether its installation is the
    system's (EXTERNALLY-MANAGED, PEP 668).
    `asked_as` is the uid that it ran as, if another than the doctor's.  `stopped_clocks` are those that
    did not go on while it answered.
    """

    path: str
    starts: bool
    problem: str = ""
    state: InterpreterState = "answered"
    version: str = ""
    version_text: str = ""
    implementation: str = ""
    executable: str = ""
    prefix: str = ""
    base_prefix: str = ""
    exec_prefix: str = ""
    base_exec_prefix: str = ""
    stdlib: str = ""
    sys_path: tuple[str, ...] = ()
    builtin_modules: tuple[str, ...] = ()
    startup_modules: tuple[str, ...] = ()
    extension_suffixes: tuple[str, ...] = ()
    abiflags: str = ""
    machine: str = ""
    config: dict[str, Optional[str]] = {}
    site_packages: tuple[str, ...] = ()
    user_site: Optional[str] = None
    kind: str = "unknown"
    libpython: Optional[str] = None
    stdlib_version: str = ""
    variables_problem: str = ""
    program: Optional[Program] = None
    pip: Optional[bool] = None
    managed: bool = False
    startup_code: tuple[StartupCode, ...] = ()
    asked_as: Optional[int] = None
    exit_code: Optional[int] = None
    waited_s: Optional[float] = None
    stopped_clocks: tuple[str, ...] = ()

    @property
    def minor(self) -> str:
        """`3.11` of `3.11.7`."""
        return ".".join(self.version.split(".")[:2])


class LibPython(Fact, frozen=True):
    """One libpython: `version` from the file itself, None if unreadable.

    `lacks` lists what the target's standard library calls and this core does not have.
    """

    path: str
    where: str
    version: Optional[str]
    lacks: tuple[str, ...] = ()


class Runtime(Fact, frozen=True):
    """A C++ run-time library that has every version which the launch asks for, and itself loads with
    this machine's glibc.
    """

    soname: str
    path: str
    where: str


ImportReason = Literal[
    "",
    "lacks-names",  # the module is there, without these names
    "folder",  # where its file should be
    "broken-link",
    "other-python",  # built for another one
    "hides",
    "invalid-syntax",
    "runtime-too-old",
    "generated-too-old",  # code of protobuf, for the runtime that is there
]


class ImportProblem(Fact, frozen=True):
    """A module that the launch imports and that would not import.

    `reason` says more, with `at` (the file in its place, or the one that it hides), `names` (those that a
    module lacks), `have` and `least` (versions); `detail` are the words of Python, loader or kernel.
    `importer` is the file whose line `line` asks for it.  `link` holds the loader's problems of an
    extension module; `hidden_at` is where the other process would find a missing one; `owner` is the
    installed distribution that it belongs to (`name==version`), `asked_by` that of the importer.
    """

    module: str
    kind: Literal["missing", "not-loadable", "damaged", "shadowed", "too-old"]
    importer: str
    line: int
    detail: str = ""
    path: str = ""
    link: tuple[LinkProblem, ...] = ()
    hidden_at: str = ""
    owner: Optional[str] = None
    asked_by: Optional[str] = None
    reason: ImportReason = ""
    at: str = ""
    names: tuple[str, ...] = ()
    have: str = ""
    least: str = ""


class Imports(Fact, frozen=True):
    """The import closure of one process: where it searches, what it finds, what it misses.

    `numpy` is the version of the NumPy that it finds, at `numpy_path`.
    """

    role: Literal["client", "stub"]
    search_path: tuple[str, ...]
    numpy: Optional[str]
    numpy_path: str
    modules: int
    extensions: tuple[str, ...]
    problems: tuple[ImportProblem, ...]


class UnmetRequirement(Fact, frozen=True):
    """What an installed package requires, and does not have.

    `requirement` is as it is written, `needs` the distribution's name, `found` the version that is there
    (None: it is not installed).
    """

    name: str
    version: str
    requirement: str
    needs: str
    found: Optional[str]

    @property
    def claim(self) -> tuple[str, str]:
        """Who requires what, whatever is installed."""
        return self.name, self.requirement


class BuiltForAnother(Fact, frozen=True):
    """A package whose compiled modules were built for other versions of what they extend.

    `wanted` are the versions of `base` that it works with, `found` the one that is there.
    """

    package: str
    version: str
    base: str
    wanted: str
    found: str


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


class CondaPackage(Fact, frozen=True):
    """One record of `conda-meta`."""

    name: str
    version: str
    build: str
    channel: str


class CondaPrefix(Fact, frozen=True):
    """A conda prefix and those of its packages that matter to the loader.

    `libstdcxx_target` is where its libstdc++.so.6 leads, if out of the prefix.
    """

    prefix: str
    name: str
    is_base: bool
    packages: tuple[CondaPackage, ...] = ()
    libstdcxx_target: Optional[str] = None


class ShellLine(Fact, frozen=True):
    """A line of a shell's start file that sets a variable of the loader."""

    file: str
    line: int
    text: str
    variable: str
    value: str


class PathElement(Fact, frozen=True):
    """One element of LD_LIBRARY_PATH: where it came from and what it is."""

    text: str
    state: Literal["folder", "missing", "empty", "relative", "not-a-folder"]
    conda_prefix: Optional[str] = None


#: what keeps this user from writing to a folder
FolderObstacle = Literal[
    "", "not-a-folder", "kernel-file-system", "read-only", "not-writable", "unreachable"
]


class LaunchFolder(Fact, frozen=True):
    """A folder that the launch writes to, and the variable or program that chose it.

    `exists` is the nearest existing ancestor; free space and inodes (bytes, count; None where unknown)
    are those of its file system.  `why_not` is about that ancestor, `errno` the error's name where it is
    "unreachable".
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


class Holder(Fact, frozen=True):
    """A process that listens; `orphan`: a tritonserver whose PyTriton is gone.

    `pid` is 0 where this user may see only which user it belongs to.
    """

    pid: int
    program: str
    user: str
    orphan: bool = False


#: what keeps a port from being bound
PortObstacle = Literal["", "in-use", "same-port", "out-of-range", "unknown-address", "refused"]


class Port(Fact, frozen=True):
    """A port that tritonserver will bind, and who holds it.

    `same_as` is the endpoint that is given the same port; `errno` the error's name where bind(2) failed.
    """

    name: str
    address: str
    number: int
    bindable: bool
    why_not: PortObstacle = ""
    holder: Optional[Holder] = None
    same_as: str = ""
    errno: str = ""


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
    `certificate`: the file of GRPC_SERVER_CERT is there.
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
]


class RefusedVariable(Fact, frozen=True):
    """A variable with a value with which a library of the launch does not start.

    `reader` is the file that reads it, `accepts` are the values that it takes, where they are known.
    `detail` is the module that a value needs and that is missing, or the name of the error that opening
    the file gives.
    """

    name: str
    reader: str
    why: Refusal
    accepts: tuple[str, ...] = ()
    detail: str = ""


class Launch(Fact, frozen=True):
    """What PyTriton would do at start: places, variables, programs and imports.

    `libpython` is the core that the stub loads, `child_libpython` that of the interpreter which the
    stub starts children with (None: it is static).  `driver_libraries`: the libcuda and libnvidia-ml
    that its programs would find, if any.  `unmet` are requirements of PyTriton's and of what it requires.
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


#: why a leftover is not removed: whose it is, or what stands in it
KeptReason = Literal[
    "", "installed", "other-name", "other-place", "home-of-another-user", "no-server",
    "more-than-a-model", "another-user", "mount-point", "too-deep", "not-a-folder", "changed", "no-proc",
    "not-absolute", "error",
]  # fmt: skip


LeftoverKind = Literal["server", "segment", "workspace", "model-files", "environment-folder", "staging"]


class Leftover(Fact, frozen=True):
    """What a dead PyTriton left behind: `where` is a path, or a pid where `kind` is server.

    `held_by` is the orphaned server that still uses it (0: none).  `kept` is why it is listed and not
    removed, `kept_name` the file in it, or the name of the error, that is the reason.
    """

    kind: LeftoverKind
    where: str
    size: int = 0
    user: str = ""
    held_by: int = 0
    kept: KeptReason = ""
    kept_name: str = ""


class Surroundings(Fact, frozen=True):
    """The machine around the launch: what is left of its resources, and what is in the way.

    `pty_problem` is the error's name where there is no pseudo-terminal.  `memory_left` and `threads_left`
    are what the control groups allow (None: no limit); memory includes swap and what caches can give
    back.  `localhost` is where that name leads.  `grpc_proxied` are the names of this machine that gRPC
    would reach through a proxy, `grpc_proxy` the variable.  `cpus` is how many processors' time the
    control groups allow (None: no limit).
    """

    pty_problem: str
    memory_left: Optional[int]
    threads_left: Optional[int]
    cpu_seconds: Optional[int]
    shared_memory_total: Optional[int]
    localhost: tuple[str, ...]
    grpc_proxy: Optional[str]
    grpc_proxied: tuple[str, ...]
    leftovers: tuple[Leftover, ...]
    cpus: Optional[float] = None


class NotRead(Fact, frozen=True):
    """Something that the launch may depend on and that was not examined, for `why` (a sentence's end)."""

    path: str
    why: str


class Barrier(Fact, frozen=True):
    """A file that this user may not read, or a folder that it may not list or enter.

    `blocks` are some of the paths that it was in the way of; `mode` is octal, as chmod(1) takes it, and
    `owner` a uid.
    """

    path: str
    kind: Literal["folder", "file"]
    mode: str
    owner: int
    blocks: tuple[str, ...]


class Facts(Fact, frozen=True):
    """Everything observed about one target.

    `conda_front_end`: the program that installs conda packages here, as it is typed; "" where there is
    none, or no conda prefix.
    """

    host: Host
    gpu: Gpu
    interpreter: Interpreter
    variables: dict[str, str]
    hidden_variables: tuple[str, ...]
    library_path: tuple[PathElement, ...]
    preload_missing: tuple[str, ...]
    libpythons: tuple[LibPython, ...]
    runtimes: tuple[Runtime, ...]
    conda: tuple[CondaPrefix, ...]
    shell: tuple[ShellLine, ...]
    pytriton: Optional[PyTriton]
    launch: Optional[Launch]
    cwd: str
    surroundings: Optional[Surroundings] = None
    kernel: KernelPolicy = KernelPolicy()
    conda_front_end: str = ""
    not_read: tuple[NotRead, ...] = ()
    barriers: tuple[Barrier, ...] = ()
