"""The shape of an interpreter, of the programs that are linked with it, and of what it runs at start."""

from __future__ import annotations

from typing import Literal, Optional

from tritondoctor.facts.fact import Fact


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


class StartupChange(Fact, frozen=True):
    """A statement that changes the process that runs it; `certain`: no condition stands before it.

    `canonical` is the statement with its names led back to their modules (`from os import environ`);
    `touches` are the modules of which a part is replaced, `blocks` those that it makes unimportable.
    """

    statement: str
    certain: bool
    canonical: str = ""
    touches: tuple[str, ...] = ()
    blocks: tuple[str, ...] = ()


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
    did not go on while it answered.  `sets` are the variables that it was not given so, or not at all:
    what stands at `path` is a script that sets them.  `preload_failures` is what fails with the libraries
    in LD_PRELOAD and not without, as "call: the system's words".  `unconfigured` is the environment that
    it lies in and does not import from, as pyvenv.cfg is gone from there.
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
    sets: tuple[str, ...] = ()
    preload_failures: tuple[str, ...] = ()
    unconfigured: str = ""

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
