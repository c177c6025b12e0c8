"""A load generator: a process of its own that sends requests and says how long each took.

The first line of its input says whom to ask and with what, each further line is an order; every order
is answered with a line of JSON.  Closed loop: each client is a thread with a connection of its own that
sends one row after the other.  Open loop (`rate`): requests are due at random times (a Poisson process),
whether or not the earlier ones were answered, and a latency counts from when its request was due, so that
a server that stalls is not asked less (no coordinated omission).  Standard library only; with gRPC it
runs in the target, beside tritonclient.  Python 3.8 syntax.
"""

from __future__ import annotations

import base64
import functools
import http.client
import json
import random
import sys
import threading
import time
from typing import Any, Callable, NamedTuple

#: the part of an order's time whose requests do not count
_WARM_UP = 0.2
_SEED = 11

Send = Callable[[], None]


class Failed(Exception):  # noqa: N818
    """A request was answered with an error."""


class Answered(NamedTuple):
    """A request: when it was due, and when its answer was there (time.monotonic)."""

    due: float
    end: float


class _Http:
    """A connection, and the requests that it sends in turn."""

    def __init__(self, server: dict[str, Any], model: str, number: int) -> None:
        self._connection = http.client.HTTPConnection(
            server["host"], server["port"], timeout=server["patience"]
        )
        self._path = f"/v2/models/{model}/infer"
        self._bodies = server["decoded"]
        self._next = number

    def send(self) -> None:
        headers, body = self._bodies[self._next % len(self._bodies)]
        self._next += 1
        self._connection.request("POST", self._path, body, headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise Failed(_error(answer) or f"status {response.status}")


def _error(answer: bytes) -> str:
    try:
        return str(json.loads(answer)["error"])[-2000:]
    except (ValueError, KeyError, TypeError):
        return answer[:200].decode("utf-8", "replace")


class _Load:
    """One order, while it is carried out."""

    def __init__(self, order: dict[str, Any], sender: Callable[[int], Send]) -> None:
        self.sender = sender
        self.began = time.monotonic()
        self.counted_from = self.began + order["seconds"] * _WARM_UP
        self.until = self.began + order["seconds"]
        self.at_most_until = self.began + max(order["seconds"], order.get("most_seconds", 0))
        self.at_least = order.get("at_least", 0)
        self.clients: int = order["clients"]
        self.answers: list[list[Answered]] = [[] for _ in range(self.clients)]
        self.failures: list[str] = []
        self._dues = self._arrivals(order["rate"]) if order.get("rate") else []
        self._lock = threading.Lock()
        self._taken = 0

    def _arrivals(self, rate: float) -> list[float]:
        chance, due, dues = random.Random(_SEED), self.began, []
        while (due := due + chance.expovariate(rate)) < self.until:
            dues.append(due)
        return dues

    def run(self) -> None:
        body = self._open_client if self._dues else self._closed_client
        threads = [
            threading.Thread(target=self._client, args=(body, number), daemon=True)
            for number in range(self.clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _client(self, body: Callable[[Send, list[Answered]], None], number: int) -> None:
        try:
            body(self.sender(number), self.answers[number])
        except Exception as failure:
            words = (
                str(failure) if isinstance(failure, Failed) else f"{type(failure).__name__}: {failure}"
            )
            self.failures.append(words)

    def _closed_client(self, send: Send, answers: list[Answered]) -> None:
        counted = 0
        while not self.failures:
            began = time.monotonic()
            if began >= self.at_most_until or (began >= self.until and counted >= self.at_least):
                return
            send()
            answers.append(Answered(began, time.monotonic()))
            counted += began >= self.counted_from

    def _open_client(self, send: Send, answers: list[Answered]) -> None:
        while not self.failures:
            with self._lock:
                if self._taken == len(self._dues):
                    return
                due = self._dues[self._taken]
                self._taken += 1
            time.sleep(max(0.0, due - time.monotonic()))
            send()
            answers.append(Answered(due, time.monotonic()))

    def result(self, cpu_s: float) -> dict[str, Any]:
        """What is reported: the throughput, and the sorted latencies in milliseconds."""
        counted = [
            [answer for answer in answers if answer.due >= self.counted_from] for answers in self.answers
        ]
        every = [answer for answers in counted for answer in answers]
        return {
            "milliseconds": sorted(round((answer.end - answer.due) * 1000, 3) for answer in every),
            "per_second": round(self._open_rate(every) if self._dues else sum(map(_rate, counted)), 3),
            "failures": [max(self.failures, key=len)] if self.failures else [],
            "cpu": round(cpu_s / max(time.monotonic() - self.began, 1e-9), 3),
        }

    def _open_rate(self, every: list[Answered]) -> float:
        last = max((answer.end for answer in every), default=self.until)
        return float(len(every) / (max(last, self.until) - self.counted_from))


def _rate(answers: list[Answered]) -> float:
    """Requests a second of one client: whole cycles, so that large batches do not blur it."""
    return len(answers) / (answers[-1].end - answers[0].due) if answers else 0.0


def _sender(connection: Any, server: dict[str, Any], model: str, number: int) -> Send:
    send: Send = connection(server, model, number).send
    return send


def _decoded(bodies: list[dict[str, Any]]) -> list[Any]:
    return [(body["headers"], base64.b64decode(body["body"])) for body in bodies]


def main() -> None:
    """Carry out the orders until the input ends."""
    server = json.loads(sys.stdin.readline())
    if server["protocol"] == "http":
        server["decoded"] = _decoded(server["bodies"])
        connection: Any = _Http
    else:
        sys.path.insert(0, server["folder"])
        import load_grpc  # type: ignore[import-not-found]

        connection = load_grpc.Connection
    for line in sys.stdin:
        order = json.loads(line)
        load = _Load(order, functools.partial(_sender, connection, server, order["model"]))
        began = time.process_time()
        load.run()
        sys.stdout.write(json.dumps(load.result(time.process_time() - began)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
