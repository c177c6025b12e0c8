"""The stage that streams: what it passes, and what it does not, by real models and made-up streams."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest

from tests.selftest.boxed import doctor_with, named, place_of, selftest
from tritondoctor.selftest import reference, streaming
from tritondoctor.selftest.model import SelfTest, Streaming
from tritondoctor.selftest.stage import Stage
from tritondoctor.selftest.streaming import PARTS, Stream, StreamedPart
from tritondoctor.selftest.watch import Ended

IDS = ["stream-grpc", "stream-http", "stream-concurrent"]

#: a stream: (its number of those at once, the pause) -> when each part is made, and when it is received
Times = Callable[[int, float], tuple[list[float], list[float]]]


class StandIn:
    """A stage whose streams over gRPC come at given times; it stands in for the target."""

    seen: tuple[str, ...] = ()

    def __init__(
        self, times: Times, bound: dict[str, Any], spoil: Callable[[list[Any]], list[Any]]
    ) -> None:
        self.times, self.bound, self.spoil = times, bound, spoil
        self.watch = self

    def call(self, function: str, *arguments: Any) -> dict[str, Any]:
        """What the module in the target would return."""
        if function == "bind":
            return self.bound
        _, starts, pause = arguments
        streams = []
        for number, start in enumerate(starts):
            made, received = self.times(number, pause)
            outputs = reference.linear([[part / 8, start / 8] for part in range(PARTS)])
            parts = [[part, made[part], received[part], outputs[part]] for part in range(PARTS)]
            streams.append({"began": 0.0, "parts": self.spoil(parts), "problem": ""})
        return {"streams": streams}


def as_made(number: int, pause: float) -> tuple[list[float], list[float]]:
    """Each part arrives at once; streams run side by side."""
    made = [pause * (part + 1) for part in range(PARTS)]
    return made, [moment + 0.003 for moment in made]


def collected(number: int, pause: float) -> tuple[list[float], list[float]]:
    """All parts arrive at the end."""
    made, _ = as_made(number, pause)
    return made, [made[-1]] * PARTS


def in_turn(number: int, pause: float) -> tuple[list[float], list[float]]:
    """One stream begins when the other has ended."""
    made, received = as_made(number, pause)
    later = number * PARTS * pause
    return [moment + later for moment in made], [moment + later for moment in received]


def blocked(number: int, pause: float) -> tuple[list[float], list[float]]:
    """The streams share the event loop, and each pause blocks it."""
    return as_made(number, pause * (2 if number else 1))


def busy(number: int, pause: float) -> tuple[list[float], list[float]]:
    """A slow machine: each part takes each stream 20 ms of computing, and arrives 60 ms late."""
    made = [(pause + 0.02 * (number + 1)) * (part + 1) for part in range(PARTS)]
    return made, [moment + 0.06 for moment in made]


def measured(
    times: Times, bound: dict[str, Any] | None = None, spoil: Callable[[list[Any]], list[Any]] = list
) -> tuple[dict[str, bool], Streaming]:
    """Which checks passed, and the times."""
    stage = cast(Stage, StandIn(times, bound or {"model": "Stream", "grpc": True}, spoil))
    checks, found = streaming.measure(stage, {"grpc": ["127.0.0.1", 1]}, "0.7.0")
    return {check.id: check.passed for check in checks}, found


def test_streams_that_come_as_they_are_made_pass() -> None:
    passed, found = measured(as_made)
    assert passed == {"stream-grpc": True, "stream-concurrent": True}
    assert found.grpc is not None and (found.grpc.first_ms, found.grpc.all_ms) == (9, 99)
    assert found.ratio == 1


def test_a_busy_machine_is_no_fault() -> None:
    passed, _ = measured(busy)
    assert passed == {"stream-grpc": True, "stream-concurrent": True}


def test_parts_that_are_collected_are_no_stream() -> None:
    assert measured(collected)[0] == {"stream-grpc": False}


@pytest.mark.parametrize("times", [in_turn, blocked])
def test_streams_that_wait_for_each_other(times: Times) -> None:
    assert measured(times)[0] == {"stream-grpc": True, "stream-concurrent": False}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda parts: parts[:5] + parts[6:], "15 parts: 0, 1, 2, 3, 4, 6"),
        (lambda parts: [parts[1], parts[0], *parts[2:]], "16 parts: 1, 0, 2"),
        (lambda parts: [*parts, parts[0]], "17 parts: 0"),
        (lambda parts: [], "0 parts"),
        (lambda parts: [*parts[:-1], [15, 1.0, 1.0, [0.0, 0.0, 0.0]]], "wrong numbers"),
    ],
)
def test_parts_that_are_wrong(spoil: Callable[[list[Any]], list[Any]], words: str) -> None:
    stage = cast(Stage, StandIn(as_made, {"model": "Stream", "grpc": True}, spoil))
    (check,), _ = streaming.measure(stage, {"grpc": ["127.0.0.1", 1]}, "0.7.0")
    assert not check.passed and words in check.got


class Endless(BaseHTTPRequestHandler):
    """Sends comments, which are no parts, until the client leaves."""

    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        for number in itertools.count():
            try:
                self.wfile.write(f": {number}\n".encode())
            except OSError:
                return
            time.sleep(0.01)

    def log_message(self, format: str, *args: object) -> None:
        pass


def test_a_stream_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "_SECONDS", 1.0)
    stage = cast(Stage, StandIn(as_made, {"model": "Stream", "grpc": False}, list))
    with ThreadingHTTPServer(("127.0.0.1", 0), Endless) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        (check,), _ = streaming.measure(stage, {"http": server.server_address}, "0.7.0")
        server.shutdown()
    assert not check.passed and check.got == "it did not end within 1 s"


def test_a_release_without_decoupled_models_is_told_as_such() -> None:
    stage = cast(Stage, StandIn(as_made, {"refusal": "this release has no decoupled models"}, list))
    checks, found = streaming.measure(stage, {"grpc": ["127.0.0.1", 1]}, "0.1.4")
    assert [(check.passed, check.skipped) for check in checks] == [(True, True)] * 2
    assert found.refusal == "PyTriton 0.1.4: this release has no decoupled models"


def test_a_model_that_cannot_be_bound_ends_the_test() -> None:
    stage = cast(Stage, StandIn(as_made, {"problem": "OSError: no room"}, list))
    with pytest.raises(Ended, match="no room") as caught:
        streaming.measure(stage, {}, "0.7.0")
    assert caught.value.id == streaming.BROKEN


def test_what_an_error_says_is_shown() -> None:
    assert Stream(1, 0, [], "TimeoutError: 15 s").fault() == "TimeoutError: 15 s"
    part = StreamedPart(0, time.monotonic(), time.monotonic(), [0.0, 0.0, 0.0])
    assert Stream(1, 0, [part]).fault() == "1 parts: 0"


_YIELD = "            yield [\n"
_BEGIN = "            _made[start] += 1"
#: a line of stream_model.py, what stands there instead, and the check that fails
BROKEN = {
    "blocks-the-event-loop": ("await asyncio.sleep(pause)", "time.sleep(pause)", "stream-concurrent"),
    "leaves-out-a-part": (
        _YIELD,
        f"            if part == 5:\n                continue\n{_YIELD}",
        "stream-grpc",
    ),
    "computes-wrongly": ("[[part / 8,", "[[part / 4,", "stream-grpc"),
    "raises": (_BEGIN, f"{_BEGIN}\n            assert part < 3", "stream-grpc"),
}


@pytest.mark.truth
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.truth_slice] if name == "raises" else []) for name in BROKEN],
)
def test_a_model_that_is_wrong_is_not_passed(name: str, tmp_path: Path) -> None:
    """Really served: the model of the stage with one line changed."""
    before, after, id = BROKEN[name]
    root = doctor_with(tmp_path, "stream_model.py", (before, after))
    with place_of(named("serves 3.11")) as place:
        place.options += ["--ro-bind", str(root), str(root)]
        outcome = selftest(place, root=root, device="cpu")
    assert outcome.status == 1
    assert outcome.cause == "selftest-stream-broken"
    assert id in [check["id"] for check in outcome.result["checks"] if not check["passed"]]


@pytest.mark.truth
@pytest.mark.parametrize("name", ["older-release 0.5.14", "older-release 0.4.2"])
def test_older_releases(name: str) -> None:
    with place_of(named(name)) as place:
        outcome = selftest(place, device="cpu")
    assert outcome.result["passed"], outcome.result["findings"]
    found = {check["id"]: check for check in outcome.result["checks"] if check["id"] in IDS}
    assert all(check["passed"] for check in found.values()), found


def test_the_times_stand_in_the_result() -> None:
    assert SelfTest(True, None, (), ()).streaming is None
