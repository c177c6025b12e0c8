"""The user's function in a server of its own: started, bound in many configurations, started again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

from tritondoctor.running import metrics
from tritondoctor.running.http import Address, NoReply
from tritondoctor.selftest import ports
from tritondoctor.selftest.session import Session
from tritondoctor.selftest.stage import Stage
from tritondoctor.selftest.watch import Watch
from tritondoctor.target import Target
from tritondoctor.tuning.model import Contender
from tritondoctor.tuning.refusals import refused

_METRICS_S = 2.0


class Tensors(NamedTuple):
    """What the file's import has shown: [name, dtype, shape, optional] of each, requests of one row."""

    inputs: list[list[Any]]
    outputs: list[list[Any]]
    bodies: list[dict[str, Any]]
    samples: list[dict[str, Any]]


class FunctionServer:
    """A session with the user's function in it.  `close` ends it with all its processes."""

    def __init__(
        self, target: Target, request: Mapping[str, Any], timeout: float, predicted: bool
    ) -> None:
        """Start it.  Raises UsageError for what the file lacks, Ended where PyTriton does not start."""
        self.ports = ports.choose(target.variables)
        self.session = Session(
            target, {**request, "serve": "../tuning/serve_function", "ports": self.ports}
        )
        self.watch = Watch(self.session, timeout, predicted)
        self.watch.standstill_s = timeout
        try:
            self.tensors = self._start()
        except BaseException:
            self.session.close()
            raise
        self.watch.predicted = self.watch.log_ends = False
        self._stage = Stage("../tuning/bound", self.session, self.watch)
        self._models: dict[tuple[int, int, int], str] = {}

    def _start(self) -> Tensors:
        self.watch.until("imported")
        event, fields = self.watch.any_of("loaded", "refused")
        if event == "refused":
            raise refused(fields["kind"], fields["fields"])
        self.watch.until("server")
        ready = self.watch.until("ready")
        self.endpoints: dict[str, tuple[str, int]] = {
            name: (place[0], place[1]) for name, place in ready["endpoints"].items()
        }
        self.token: str = ready["token"]
        return Tensors(fields["inputs"], fields["outputs"], fields["bodies"], fields["samples"])

    def bind(self, configuration: Contender) -> str:
        """Bind a configuration.  Return what went wrong, or "".  Raises Ended."""
        key = _key(configuration)
        if key in self._models:
            return ""
        answer = self._stage.call("bind", f"t{len(self._models)}x{'x'.join(map(str, key))}", *key)
        if not answer["problem"]:
            self._models[key] = answer["model"]
        return str(answer["problem"])

    def has(self, configuration: Contender) -> bool:
        """Whether it is bound."""
        return _key(configuration) in self._models

    def model(self, configuration: Contender) -> str:
        """The name under which a configuration was bound."""
        return self._models[_key(configuration)]

    def use_threads(self, count: Optional[int]) -> None:
        """Give the framework so many threads from the next call on."""
        self._stage.call("threads", count)

    def function_times(self, configuration: Contender) -> tuple[int, float]:
        """Calls of the function and the seconds in it, since the last time."""
        answer = self._stage.call("times", self.model(configuration))
        return answer["calls"], answer["seconds"]

    def counters(self, configuration: Contender) -> Optional[metrics.ModelCounters]:
        """Triton's counters of a configuration; None where it does not answer."""
        if "metrics" not in self.endpoints:
            return None
        try:
            counted = metrics.fetch(Address(*self.endpoints["metrics"]), _METRICS_S)
        except NoReply:
            return None
        return counted.model(self.model(configuration))

    def close(self) -> None:
        """End it; nothing is left behind."""
        self.session.close()


def _key(configuration: Contender) -> tuple[int, int, int]:
    """What is bound; the number of threads is set for all."""
    return configuration.max_batch_size, configuration.delay_us, configuration.instances
