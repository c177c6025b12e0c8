"""Whether PyTriton streams: an answer in parts that arrive while later parts are being made.

A busy machine delays parts by some milliseconds.  Where that might be why they come late, the stream is
asked for again with longer pauses between the parts: a server that collects the parts, or serves one
stream after the other, does so whatever the pauses are.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from math import inf
from typing import Any, NamedTuple, Optional

from tritondoctor.selftest import reference
from tritondoctor.selftest.model import Comparison, Streaming, StreamTime
from tritondoctor.selftest.stage import Stage
from tritondoctor.selftest.watch import Ended

PARTS = 16
#: seconds between two parts, of each try
PAUSES_S = (0.006, 0.04, 0.16)
#: two streams one after the other would take twice as long as one
MOST_RATIO = 1.6
BROKEN = "selftest-stream-broken"
_SECONDS = 15.0
#: bytes of a line; what is longer is no part of ours
_LONGEST = 65536
#: parts that a client reads before it leaves
_READ = 3
_LABELS = {"grpc": "streaming over gRPC", "http": "streaming over HTTP"}
_TWO, _TWO_ID = "two streams side by side", "stream-concurrent"
_IN_TURN = f"{PARTS} parts in order, the first before the third was made"
_SIDE_BY_SIDE = f"two streams within {MOST_RATIO} times the time of one"


class StreamedPart(NamedTuple):
    """A part: its number, when it was made and received (seconds of CLOCK_MONOTONIC), its numbers."""

    number: int
    made: float
    received: float
    output: list[float]


class Stream(NamedTuple):
    """What came of a request for `start`; `problem` is an error, or ""."""

    start: int
    began: float
    parts: list[StreamedPart]
    problem: str = ""

    def fault(self) -> str:
        """What is wrong whatever the machine's load; "" if nothing is."""
        if self.problem:
            return self.problem
        numbers = [part.number for part in self.parts]
        if numbers != list(range(PARTS)):
            return f"{len(numbers)} parts: {', '.join(map(str, numbers))}"[:200]
        expected = reference.linear([[part.number / 8, self.start / 8] for part in self.parts])
        if reference.difference([part.output for part in self.parts], expected) > reference.TOLERANCE:
            return "the parts hold wrong numbers"
        return ""

    @property
    def early(self) -> bool:
        """Whether the first part arrived before the third was made."""
        return self.parts[0].received < self.parts[2].made

    def time(self) -> tuple[float, float]:
        """After how many milliseconds the first part and the last arrived."""
        first, last = (1000 * (self.parts[n].received - self.began) for n in (0, -1))
        return round(first, 1), round(last, 1)


#: asks for a stream for each START, side by side, with so many seconds between the parts
Ask = Callable[[Sequence[int], float], list[Stream]]


class Streamed(NamedTuple):
    """The checks of the stage, and the times."""

    checks: list[Comparison]
    streaming: Streaming


class NotOfferedError(Exception):
    """This release cannot do it; the message says what it lacks."""


def measure(stage: Stage, endpoints: dict[str, Sequence[Any]], release: str) -> Streamed:
    """Bind a model that streams beside Linear, and ask it.  Raises Ended if it cannot be bound."""
    bound = stage.call("bind")
    if "problem" in bound:
        raise Ended(bound["problem"], "" if stage.watch.seen else BROKEN)
    if "refusal" in bound:
        checks = [_skipped(f"stream-{name}", _LABELS[name], bound["refusal"]) for name in _LABELS]
        return Streamed(checks, Streaming(refusal=f"PyTriton {release}: {bound['refusal']}"))
    return _Streams(stage, endpoints, bound).run()


class _Streams:
    def __init__(self, stage: Stage, endpoints: dict[str, Sequence[Any]], bound: dict[str, Any]) -> None:
        self._stage, self._endpoints, self._bound = stage, endpoints, bound
        self._starts = count(1)
        self._alone_ms: dict[float, float] = {}  # by the pause
        self._checks: list[Comparison] = []

    def run(self) -> Streamed:
        times = {name: self._alone(name) for name in _LABELS if name in self._endpoints}
        known = {name: time for name, time in times.items() if time is not None}
        left = self._leave() if "http" in known else None
        ratio = None
        if known:
            ratio = self._side_by_side(self._asks(next(iter(known))))
        made = self._made(left) if left is not None else None
        return Streamed(self._checks, Streaming(known.get("grpc"), known.get("http"), ratio, made))

    def _asks(self, name: str) -> Ask:
        return self._over_grpc if name == "grpc" else self._over_http

    def _alone(self, name: str) -> Optional[StreamTime]:
        """One stream over a protocol; None where it was not right."""
        id, label, began = f"stream-{name}", _LABELS[name], time.monotonic()
        if name == "grpc" and not self._bound["grpc"]:
            self._checks.append(_skipped(id, label, "this release has no client for streams"))
            return None
        try:
            stream = self._early(self._asks(name))
        except NotOfferedError as lack:
            self._checks.append(_skipped(id, label, str(lack)))
            return None
        got = stream.fault()
        passed = not got and stream.early
        if passed:
            first, last = stream.time()
            got = f"{PARTS} parts in order, first after {first:.0f} ms, all after {last:.0f} ms"
        elif not got:
            got = "the first part came after the third was made"
        seconds = round(time.monotonic() - began, 3)
        self._checks.append(Comparison(label, passed, _IN_TURN, got, seconds=seconds, id=id))
        return StreamTime(*stream.time()) if passed else None

    def _early(self, ask: Ask) -> Stream:
        """Return the first stream that is faulty or whose parts come in time; else the last one."""
        for pause in PAUSES_S:
            stream = self._one(ask, pause)
            if stream.fault() or stream.early:
                break
        return stream

    def _one(self, ask: Ask, pause: float) -> Stream:
        (stream,) = ask([next(self._starts)], pause)
        if not stream.fault():
            self._alone_ms[pause] = min(stream.time()[1], self._alone_ms.get(pause, inf))
        return stream

    def _side_by_side(self, ask: Ask) -> Optional[float]:
        """Two streams at once; return how much longer they take than one."""
        began = time.monotonic()
        for pause in PAUSES_S:
            if pause not in self._alone_ms:
                self._one(ask, pause)
            streams = ask([next(self._starts), next(self._starts)], pause)
            got = next(filter(None, (stream.fault() for stream in streams)), "")
            ratio = inf if got else round(_together_ms(streams) / self._alone_ms.get(pause, inf), 2)
            if got or ratio < MOST_RATIO:
                break
        passed = not got and ratio < MOST_RATIO and _interleaved(streams)
        got = got or f"two streams take {ratio} times the time of one"
        seconds = round(time.monotonic() - began, 3)
        self._checks.append(Comparison(_TWO, passed, _SIDE_BY_SIDE, got, seconds=seconds, id=_TWO_ID))
        return ratio if passed else None

    def _over_grpc(self, starts: Sequence[int], pause: float) -> list[Stream]:
        found = self._stage.call("ask", self._bound["model"], starts, pause)["streams"]
        return [
            Stream(start, stream.get("began", 0.0), [StreamedPart(*part) for part in stream["parts"]],
                   stream["problem"])
            for start, stream in zip(starts, found)
        ]  # fmt: skip

    def _over_http(self, starts: Sequence[int], pause: float) -> list[Stream]:
        with ThreadPoolExecutor(len(starts)) as pool:
            return list(pool.map(self._read, starts, [pause] * len(starts)))

    def _read(self, start: int, pause: float, most: int = PARTS + 1) -> Stream:
        """Read a stream of server-sent events, as `curl -N` does; leave after `most` parts."""
        host, port = self._endpoints["http"]
        connection = http.client.HTTPConnection(host, port, timeout=_SECONDS)
        began = time.monotonic()
        parts: list[StreamedPart] = []
        try:
            path = f"/v2/models/{self._bound['model']}/generate_stream"
            connection.request("POST", path, json.dumps({"START": start, "PAUSE": pause}))
            response = connection.getresponse()
            if response.status == 404:
                raise NotOfferedError("this release's Triton has no generate_stream")
            while len(parts) < most and (line := response.readline(_LONGEST)):
                if time.monotonic() > began + _SECONDS:
                    return Stream(start, began, parts, f"it did not end within {_SECONDS:.0f} s")
                if line.startswith(b"data:"):
                    parts.append(_part(json.loads(line[5:])))
            return Stream(start, began, parts)
        except (OSError, http.client.HTTPException, ValueError, KeyError, RecursionError) as failure:
            return Stream(start, began, parts, f"{type(failure).__name__}: {failure}")
        finally:
            connection.close()

    def _leave(self) -> int:
        """Begin a stream and go away; return its START."""
        start = next(self._starts)
        self._read(start, PAUSES_S[0], _READ)
        return start

    def _made(self, start: int) -> int:
        """Return how many parts were made for the client that went away."""
        before, made = -1, self._stage.call("made", start)["parts"]
        while made != before and made < PARTS:
            before = made
            self._stage.watch.listen(0.1)
            made = self._stage.call("made", start)["parts"]
        return int(made)


def _part(fields: dict[str, Any]) -> StreamedPart:
    if "error" in fields:
        raise ValueError(str(fields["error"]))
    return StreamedPart(fields["PART"], fields["MADE"], time.monotonic(), fields["OUTPUT"])


def _together_ms(streams: Sequence[Stream]) -> float:
    began = min(stream.began for stream in streams)
    ended = max(stream.parts[-1].received for stream in streams)
    return 1000 * (ended - began)


def _interleaved(streams: Sequence[Stream]) -> bool:
    """Whether every stream had begun before the first one ended."""
    begun = max(stream.parts[0].made for stream in streams)
    return begun < min(stream.parts[-1].made for stream in streams)


def _skipped(id: str, label: str, why: str) -> Comparison:
    return Comparison(label, True, _IN_TURN, why, id=id, skipped=True)
