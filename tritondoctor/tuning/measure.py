"""One configuration under load: latencies, Triton's counters, the function's own time."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Optional, Union

from tritondoctor.running.metrics import ModelCounters
from tritondoctor.selftest.bench import COMMAND
from tritondoctor.selftest.generator import Generator, LoadAnswer, LoadOrder, LoadTarget, Stuck
from tritondoctor.target import Target
from tritondoctor.tuning.model import Contender, LoadFigures, OpenLoop, Spending
from tritondoctor.tuning.perf_analyzer import NAME, PerfAnalyzer, Service
from tritondoctor.tuning.server import FunctionServer

if TYPE_CHECKING:
    from typing_extensions import Self

    from tritondoctor.tuning.track import Wishes

#: answers of each client that a window needs, and how much longer it may last for them
_AT_LEAST, _LONGER = 2, 6.0
#: connections of an open loop
_MOST_WAITING = 128


class Died(Exception):  # noqa: N818
    """The configuration does not answer any more, or with errors: the message says how."""


class Meter:
    """Measures configurations of a server, with one process that generates the load."""

    def __init__(self, target: Target, server: FunctionServer, wishes: Wishes, patience: float) -> None:
        self._server, self._threads = server, bool(wishes.threads)
        host, port = server.endpoints[wishes.protocol]
        whom = LoadTarget(host, port, server.tensors.bodies, wishes.protocol, patience)
        if wishes.protocol == "http":
            command, variables = list(COMMAND), dict(os.environ)
        else:
            command, variables = [target.python, "-u"], {**target.variables, "no_grpc_proxy": host}
        self._generator = Generator(server.watch, server.session.mark, command, variables, whom)
        self._closed: Union[Generator, PerfAnalyzer] = self._generator
        if wishes.generator == NAME:
            service = Service(host, port, wishes.protocol, server.token, server.tensors.samples)
            self._closed = PerfAnalyzer(server.watch, server.session.mark, service)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the generator."""
        self._generator.close()

    def first_call(self, configuration: Contender) -> float:
        """Return the seconds of a request of one row once it is warm.  Raises Died, Ended."""
        order = LoadOrder(self._server.model(configuration), 1, 0.2, at_least=2, most_seconds=5)
        answer = self._load(self._generator, order)
        return answer.p50 / 1000

    def warm_up(self, configuration: Contender, clients: int, seconds: float) -> None:
        """Let each client ask at least once, and count nothing.  Raises Died, Ended."""
        self._load(self._generator, LoadOrder(self._server.model(configuration), clients, seconds))

    def loads(
        self, configuration: Contender, clients: Sequence[int], seconds: float, *, spending: bool
    ) -> list[LoadFigures]:
        """Measure a configuration with each number of clients.  Raises Died, Ended.

        With `spending`, also where the time goes.
        """
        if self._threads:
            self._server.use_threads(configuration.threads)
        measure = self._spending if spending else self._plain
        return [measure(configuration, number, seconds) for number in clients]

    def _plain(self, configuration: Contender, clients: int, seconds: float) -> LoadFigures:
        answer = self._window(configuration, clients, seconds)
        return LoadFigures(clients, round(answer.per_second, 1), *_percentiles(answer), None, answer.cpu)

    def _window(self, configuration: Contender, clients: int, seconds: float) -> LoadAnswer:
        model = self._server.model(configuration)
        longest = seconds * _LONGER
        order = LoadOrder(model, clients, seconds, at_least=_AT_LEAST, most_seconds=longest)
        return self._load(self._closed, order)

    def _spending(self, configuration: Contender, clients: int, seconds: float) -> LoadFigures:
        self._server.function_times(configuration)
        before = self._server.counters(configuration)
        answer = self._window(configuration, clients, seconds)
        now = self._server.counters(configuration)
        calls, in_function = self._server.function_times(configuration)
        spending = None
        if before is not None and now is not None and answer.requests and calls:
            spending = spent(before, now, 1000 * in_function / calls, answer.mean)
        return LoadFigures(
            clients, round(answer.per_second, 1), *_percentiles(answer), spending, answer.cpu
        )

    def open_loop(self, configuration: Contender, rate: float, seconds: float) -> OpenLoop:
        """Measure a configuration at a rate of arrivals.  Raises Died, Ended."""
        model = self._server.model(configuration)
        answer = self._load(self._generator, LoadOrder(model, _MOST_WAITING, seconds, rate=rate))
        return OpenLoop(configuration, rate, round(answer.per_second, 1), *_percentiles(answer))

    def _load(self, generator: Union[Generator, PerfAnalyzer], order: LoadOrder) -> LoadAnswer:
        try:
            answer = generator.load(order)
        except Stuck as stuck:
            raise Died(str(stuck)) from None
        if answer.failure:
            raise Died(answer.failure)
        if not answer.requests and order.at_least:
            raise Died(f"no answer within {order.most_seconds:.0f} s")
        return answer


def _percentiles(answer: LoadAnswer) -> tuple[float, float, float]:
    return round(answer.p50, 2), round(answer.p95, 2), round(answer.p99, 2)


def spent(
    before: ModelCounters, now: ModelCounters, function_ms: float, mean_ms: float
) -> Optional[Spending]:
    """Where a mean request of `mean_ms` spent its time, from the counters around the load."""
    grown: dict[str, Any] = {
        name: getattr(now, name) - getattr(before, name)
        for name in ("requests", "rows", "calls", "request_us", "queue_us", "input_us", "compute_us",
                     "output_us")
    }  # fmt: skip
    requests, calls = grown["requests"], grown["calls"]
    if requests <= 0 or calls <= 0:
        return None
    in_call = (grown["input_us"] + grown["compute_us"] + grown["output_us"]) / 1000 / requests
    return Spending(
        round(grown["queue_us"] / 1000 / requests, 3),
        round(min(function_ms, in_call), 3),
        round(max(0.0, in_call - function_ms), 3),
        round(max(0.0, mean_ms - grown["request_us"] / 1000 / requests), 3),
        round(grown["rows"] / calls, 2),
    )
