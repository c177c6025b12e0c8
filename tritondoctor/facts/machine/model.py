"""The shape of the machine, of what is left of its resources, and of what cannot be read."""

from __future__ import annotations

from typing import Literal, Optional

from tritondoctor.facts.fact import Fact


class Host(Fact, frozen=True):
    """The machine: `glibc` is None where there is none (musl); sizes are in bytes.

    `limits` holds the soft limits of getrlimit(2) that are set: nofile, fsize, as, data, stack; and
    string, the longest variable that the kernel hands to a program.  `open_files` is how many files
    whoever starts programs here hands on to them.
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
    open_files: int = 0


#: why a leftover is not removed: whose it is, or what stands in it
KeptReason = Literal[
    "", "installed", "other-name", "other-place", "home-of-another-user", "no-server",
    "more-than-a-model", "another-user", "mount-point", "too-deep", "not-a-folder", "changed", "no-proc",
    "not-absolute", "error",
]  # fmt: skip


LeftoverKind = Literal[
    "server", "stub", "segment", "workspace", "model-files", "environment-folder", "staging"
]


class Leftover(Fact, frozen=True):
    """What a dead PyTriton left behind: `where` is a path, or a pid where `kind` is server or stub.

    `held_by` is the orphaned process that still uses it (0: none).  `kept` is why it is listed and not
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
