"""Where the configurations race: a server that is started again when one of them kills it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Optional, TypeVar

from tritondoctor.selftest.watch import Ended
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _
from tritondoctor.target import Target
from tritondoctor.tuning import plan
from tritondoctor.tuning.machine import Watcher
from tritondoctor.tuning.measure import Died, Meter
from tritondoctor.tuning.model import Contender, LoadFigures, MachineLoad, OpenLoop
from tritondoctor.tuning.refusals import first_call, last_line, refused
from tritondoctor.tuning.server import FunctionServer

#: a server that died so often is not started again
_MOST_RESTARTS = 3
_LEAST_PATIENCE_S, _CALLS_OF_PATIENCE = 10.0, 30
_WARM_UP_S = 0.2

_T = TypeVar("_T")

#: called with what happens, in words, and the seconds that are left
Progress = Callable[[str, float], None]


class Wishes(NamedTuple):
    """What the options say.  `inputs` and `outputs`: (name, dtype as numpy names it, shape) each."""

    file: str
    function: str
    inputs: Sequence[tuple[str, str, tuple[int, ...]]] = ()
    outputs: Sequence[tuple[str, str, tuple[int, ...]]] = ()
    budget_ms: Optional[float] = None
    clients: tuple[int, ...] = (1, 8, 32)
    most_instances: int = 2
    data: Optional[str] = None
    threads: tuple[int, ...] = ()
    protocol: str = "http"
    generator: str = "own"
    rates: tuple[float, ...] = ()
    timeout: float = 120.0
    seconds: float = plan.SECONDS


class Track:
    """Binds and measures configurations of the user's function; `close` leaves nothing behind."""

    def __init__(self, target: Target, wishes: Wishes, predicted: bool) -> None:
        self._target, self._wishes, self._predicted = target, wishes, predicted
        self._began = time.monotonic()
        self._watcher = Watcher()
        self._server: Optional[FunctionServer] = None
        self._meter: Optional[Meter] = None
        self._call_s = 0.0
        self._restarts = 0
        self.over = False

    def elapsed(self) -> float:
        """The seconds since the start."""
        return time.monotonic() - self._began

    def start(self, configuration: Contender) -> None:
        """Start the server, and have the function answer once in that configuration.

        Raises UsageError for what the file lacks, Ended where PyTriton does not start.
        """
        self._start_server()
        problem = self.bind(configuration)
        if problem:
            raise Ended(problem)
        self._first_call(configuration)
        self._open_meter()

    def _start_server(self) -> None:
        wishes = self._wishes
        request = {
            "file": wishes.file, "function": wishes.function, "inputs": wishes.inputs,
            "outputs": wishes.outputs, "data": wishes.data, "threads": bool(wishes.threads),
        }  # fmt: skip
        self._server = FunctionServer(self._target, request, wishes.timeout, self._predicted)
        if wishes.protocol not in self._server.endpoints:
            raise UsageError(
                _("--protocol {protocol}: it is switched off here.", protocol=wishes.protocol)
            )

    def _first_call(self, configuration: Contender) -> None:
        """A request of one row.  Raises UsageError where it fails."""
        assert self._server is not None
        name, patience = self._wishes.function, self._wishes.timeout
        with Meter(self._target, self._server, self._wishes, patience) as meter:
            try:
                self._call_s = meter.first_call(configuration)
            except Died as death:
                if "timed out" in str(death) or "Deadline Exceeded" in str(death):
                    fields = {"name": name, "seconds": f"{patience:g}"}
                    raise refused("no-answer", fields) from None
                any_size = any(size < 0 for tensor in self._server.tensors.inputs for size in tensor[2])
                raise first_call(name, str(death), any_size) from None

    def _open_meter(self) -> None:
        assert self._server is not None
        if self._meter is not None:
            self._meter.close()
        patience = max(_LEAST_PATIENCE_S, _CALLS_OF_PATIENCE * self._call_s)
        self._meter = Meter(self._target, self._server, self._wishes, patience)

    def bind(self, configuration: Contender) -> str:
        """Bind a configuration, and warm it up once the race is on.  Return what went wrong, or ""."""
        if self.over or self._server is None:
            return ""
        problem = self._server.bind(configuration)
        if problem:
            return last_line(problem)
        if self._meter is not None:
            try:
                self._guarded(lambda meter: meter.warm_up(configuration, 4, _WARM_UP_S))
            except Died as death:
                return str(death)
        return ""

    def measure(
        self, configuration: Contender, clients: Sequence[int], seconds: float, *, spending: bool
    ) -> list[LoadFigures]:
        """Measure a configuration once; nothing where the race is over.

        Raises Died where it does not live on; the others do.
        """
        if self._server is not None and not self._server.has(configuration):
            problem = self.bind(configuration)
            if problem:
                raise Died(problem)
        loads = self._guarded(
            lambda meter: meter.loads(configuration, clients, seconds, spending=spending)
        )
        for load in loads or ():
            self._watcher.generator_cpu = max(self._watcher.generator_cpu, load.generator_cpu)
        return loads or []

    def open_loop(self, configuration: Contender, rate: float, seconds: float) -> OpenLoop:
        """Measure a configuration at a rate of arrivals.  Raises Died."""
        measured = self._guarded(lambda meter: meter.open_loop(configuration, rate, seconds))
        if measured is None:
            raise Died(_("the server died"))
        return measured

    def _guarded(self, work: Callable[[Meter], _T]) -> Optional[_T]:
        """Do it.  Raises Died with one line; the generator or the server is a new one then."""
        if self.over or self._meter is None:
            return None
        try:
            return work(self._meter)
        except Died as death:
            self._open_meter()
            raise Died(last_line(str(death))) from None
        except Ended as ended:
            self._restart()
            raise Died(_("the server died: {what}", what=ended.what)) from None

    def _restart(self) -> None:
        """Start a new server; the race is over where that fails, or was needed too often."""
        self._restarts += 1
        self._end()
        if self._restarts > _MOST_RESTARTS:
            self.over = True
            return
        try:
            self._start_server()
        except (Ended, UsageError):
            self.over = True
        else:
            self._open_meter()

    def _end(self) -> None:
        if self._meter is not None:
            self._meter.close()
        if self._server is not None:
            self._watcher.count(self._server.session.pids())
            self._server.close()
        self._meter = self._server = None

    def close(self) -> MachineLoad:
        """End all of it, and return what the machine did meanwhile."""
        self._end()
        return self._watcher.surroundings()
