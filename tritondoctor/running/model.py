"""What is recorded of a server that runs: frozen, JSON-serialisable, without an opinion.

A recording is all that the judgement needs: it is kept in the JSON and can be judged again.
"""

from __future__ import annotations

import re
from typing import Literal, Optional

import msgspec

from tritondoctor.running.metrics import Metrics

Role = Literal["pytriton", "tritonserver", "stub", "child"]
#: what could not be seen: the programs, the waits of threads, all the processes, the network
Hidden = Literal["program", "waits", "processes", "network"]


class RunningFact(msgspec.Struct, frozen=True):
    """Base of what is observed of a server."""


class RunningServer(RunningFact, frozen=True):
    """A tritonserver and the PyTriton that started it; by URL only the addresses are known.

    `pid` is PyTriton's own process, None where it is gone (an orphan) or of another machine; `age_s` is
    how long tritonserver has run.  The addresses are None where an endpoint is off or cannot be reached
    from here; `token_shown`: the token of the restricted endpoints stands on the command line.
    """

    http: Optional[str]
    metrics: Optional[str]
    grpc: Optional[str] = None
    pid: Optional[int] = None
    server_pid: Optional[int] = None
    user: str = ""
    program: str = ""
    age_s: Optional[float] = None
    token_shown: bool = False
    hidden: tuple[Hidden, ...] = ()


class ModelSettings(RunningFact, frozen=True):
    """The configuration of a model, as the server states it; `delay_us` is how long a batch may wait."""

    name: str
    version: str
    max_batch_size: int
    batching: bool
    instances: int
    decoupled: bool
    delay_us: int = 0


class RunningThread(RunningFact, frozen=True):
    """A thread: state as in proc(5), the kernel's function that it waits in ("": not seen), and for how
    many seconds in all it has run or was ready to run (None: not seen).
    """

    tid: int
    name: str
    state: str
    waits_in: str = ""
    wanted_s: Optional[float] = None


class RunningProcess(RunningFact, frozen=True):
    """A process of the server.

    `start` is when it began (clock ticks since the machine started), `cpu_s` its processor time,
    `memory` its own memory in bytes (RssAnon).  `switches` counts how often its first thread went to
    sleep.  `instance` is that of a stub's model: "Linear_0_0".  Of PyTriton's own process `threads` are
    kept, and `busy_loops`: how many of its event loops do not wait for events.  A stub in the state Z
    has ended.
    """

    pid: int
    role: Role
    name: str
    state: str
    start: int
    cpu_s: float
    memory: Optional[int] = None
    switches: Optional[int] = None
    ignores_sigint: bool = False
    instance: str = ""
    threads: tuple[RunningThread, ...] = ()
    busy_loops: Optional[int] = None

    @property
    def model(self) -> str:
        """The model of a stub's instance."""
        return model_of(self.instance)


def model_of(instance: str) -> str:
    """The model of an instance: Triton names them MODEL_GROUP_NUMBER, before 23.10 MODEL_NUMBER."""
    found = re.fullmatch(r"(.+?)(?:_\d+){1,2}", instance, re.S)
    return found[1] if found else instance


class SharedMemory(RunningFact, frozen=True):
    """/dev/shm as the server sees it, in bytes."""

    total: int
    free: int


class Look(RunningFact, frozen=True):
    """One look; `at_s` counts from the first.  `metrics` are None where `problem` says why; `ready` is
    the HTTP status of /v2/health/ready.
    """

    at_s: float
    metrics: Optional[Metrics] = None
    problem: str = ""
    ready: Optional[int] = None
    processes: tuple[RunningProcess, ...] = ()
    shared_memory: Optional[SharedMemory] = None


class Recording(RunningFact, frozen=True):
    """A server and what was seen of it; `memory_left` is what the machine and the server's control group
    leave it, in bytes.  `stacks` are lines of py-spy about the threads of PyTriton's process.  `unknown`
    are models of the metrics that the server says it does not have.
    """

    server: RunningServer
    looks: tuple[Look, ...]
    settings: tuple[ModelSettings, ...] = ()
    hang_after_s: float = 30.0
    memory_left: Optional[int] = None
    other_users: int = 0
    stacks: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def metrics_of_another(self) -> bool:
        """Whether the metrics are those of another server: this one has none of their models."""
        counted = self.looks[-1].metrics
        return (
            bool(self.unknown)
            and counted is not None
            and not ({model.name for model in counted.models} - set(self.unknown))
        )

    @property
    def seconds(self) -> float:
        """From the first look to the last."""
        return self.looks[-1].at_s - self.looks[0].at_s

    def settings_of(self, name: str) -> Optional[ModelSettings]:
        """The configuration of a model, where the server stated it."""
        return next((settings for settings in self.settings if settings.name == name), None)
