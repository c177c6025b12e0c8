"""The load generator as the doctor sees it: one process, asked for one load after the other."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

from tritondoctor.selftest import processes
from tritondoctor.selftest.watch import Watch
from tritondoctor.support import own_files

_SLICE_S = 0.1
#: beyond the time of an order, until its last requests have been answered or given up
_GRACE_S = 5.0


class LoadTarget(NamedTuple):
    """Whom to ask, and with what: `bodies` are requests in Triton's binary form (tuning/samples.py)."""

    host: str
    port: int
    bodies: Sequence[Mapping[str, Any]]
    protocol: str = "http"
    patience: float = 30.0


class LoadOrder(NamedTuple):
    """A load: so many clients for so many seconds, longer where a client has not `at_least` answers then.

    With `rate`, requests a second that are due whether or not the earlier ones were answered.
    """

    model: str
    clients: int
    seconds: float
    rate: Optional[float] = None
    at_least: int = 0
    most_seconds: float = 0.0


class LoadAnswer(NamedTuple):
    """Requests a second, how many (`requests`), latencies in ms, the words of a failure.

    `cpu`: the processor time of the generator, in cores; 0 where it does not say.
    """

    per_second: float
    requests: int
    mean: float
    p50: float
    p95: float
    p99: float
    failure: str
    cpu: float


def quantile(values: Sequence[float], part: float) -> float:
    """Return the smallest of the sorted values that at least `part` of them do not exceed."""
    return values[min(len(values) - 1, max(0, -int(-part * len(values) // 1) - 1))]


def _answer(line: Mapping[str, Any]) -> LoadAnswer:
    sorted_ms = line["milliseconds"] or [0.0]
    return LoadAnswer(
        line["per_second"],
        len(line["milliseconds"]),
        sum(sorted_ms) / len(sorted_ms),
        quantile(sorted_ms, 0.50),
        quantile(sorted_ms, 0.95),
        quantile(sorted_ms, 0.99),
        next(iter(line["failures"]), ""),
        line["cpu"],
    )


class Stuck(Exception):  # noqa: N818
    """The generator does not answer any more."""


class Generator:
    """Runs load.py; the watch keeps reading the server's log meanwhile.  It dies with the doctor."""

    def __init__(
        self,
        watch: Watch,
        mark: str,
        command: Sequence[str],
        variables: Mapping[str, str],
        server: LoadTarget,
    ) -> None:
        self._watch, self._patience = watch, server.patience
        self._process = subprocess.Popen(
            [*command, own_files.path("selftest/load.py")], env={**variables, processes.MARK: mark},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=processes.die_with_parent,
        )  # fmt: skip
        folder = own_files.path("tuning") if server.protocol == "grpc" else ""
        self._write({**server._asdict(), "folder": folder})

    def _write(self, line: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(line).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise Stuck("the load generator has ended") from None

    def load(self, order: LoadOrder) -> LoadAnswer:
        """Put load on a model.  Raises Stuck, and Ended if PyTriton ends meanwhile."""
        self._write(order._asdict())
        longest = max(order.seconds, order.most_seconds) + self._patience + _GRACE_S
        line = json.loads(self._line(time.monotonic() + longest) or b"{}")
        if not line:
            raise Stuck("the load generator has ended")
        return _answer(line)

    def _line(self, deadline: float) -> bytes:
        assert self._process.stdout is not None
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                self._watch.listen(0 if line else _SLICE_S / 10)
                if selector.select(_SLICE_S):
                    data = os.read(self._process.stdout.fileno(), 1 << 16)
                    if not data:
                        return b""
                    line += data
                elif time.monotonic() > deadline:
                    raise Stuck(f"no answer within {self._patience:.0f} s")
        return line

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    pass
