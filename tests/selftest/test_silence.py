"""How long silence is borne where the checks have said that the start fails."""

from __future__ import annotations

from typing import Any, Union

import msgspec
import pytest

from tritondoctor.facts.gpu.model import Gpu
from tritondoctor.selftest import runner, watch
from tritondoctor.selftest.session import Line, Message


class Slow:
    """A session that is silent for so many seconds, on a clock of its own."""

    def __init__(self, seconds: float) -> None:
        self.now, self.speaks = 0.0, seconds
        self.log: list[str] = []

    def monotonic(self) -> float:
        return self.now

    def next(self, seconds: float) -> Union[Line, Message, None]:
        self.now += seconds
        return (
            Message("device", {"kind": "cuda", "library": "torch"}) if self.now >= self.speaks else None
        )

    def stub_ended(self) -> None:
        return None

    def pids(self) -> list[int]:
        return []


def waiting(monkeypatch: pytest.MonkeyPatch, seconds: float, silence_s: float) -> dict[str, Any]:
    session: Any = Slow(seconds)
    monkeypatch.setattr(watch, "time", session)
    observer = watch.Watch(session, 90, True)
    observer.silence_s = observer.standstill_s = silence_s
    return observer.until("device")


def test_a_first_context_of_15_s_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert waiting(monkeypatch, 15, watch.SILENCE_WITH_CARD_S)["kind"] == "cuda"


@pytest.mark.parametrize(
    ("seconds", "silence_s"), [(15, watch.SILENCE_S), (40, watch.SILENCE_WITH_CARD_S)]
)
def test_what_never_comes_is_given_up(
    monkeypatch: pytest.MonkeyPatch, seconds: float, silence_s: float
) -> None:
    with pytest.raises(watch.Ended, match="no output for"):
        waiting(monkeypatch, seconds, silence_s)


@pytest.mark.parametrize(
    ("device", "present", "silence_s"),
    [
        ("cuda", True, watch.SILENCE_WITH_CARD_S),
        ("auto", True, watch.SILENCE_WITH_CARD_S),
        ("cpu", True, watch.SILENCE_S),
        ("auto", False, watch.SILENCE_S),
    ],
)
def test_a_card_is_given_longer(device: str, present: bool, silence_s: float) -> None:
    class Stop(Exception):  # noqa: N818
        pass

    class Spy:
        silence_s, standstill_s = watch.SILENCE_S, watch.STANDSTILL_S

        def until(self, event: str) -> dict[str, Any]:
            if event == "device":
                raise Stop
            return {}

    bare = msgspec.defstruct("Bare", [("gpu", Gpu)], frozen=True)
    test = object.__new__(runner._Test)
    test.request = {"device": device, "framework": ""}
    test.facts = bare(Gpu(present=present))  # type: ignore[assignment]
    test.phases, test.progress = [], lambda name, phase: None
    spy: Any = Spy()
    with pytest.raises(Stop):
        test._start(spy)
    assert spy.silence_s == silence_s
