"""However a start comes to nothing, the self-test ends in time and says what was seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.selftest.boxed import Outcome, place_of, selftest
from tests.truth.declare import Environment
from tests.truth.place import Place

#: from the first evidence, or from a standstill; a start up to there takes 5 to 10 s, on a busy machine
#: three times as long
WITHIN_S = 20.0 + 30.0


def _signal(name: str, program: str) -> Callable[[Place], None]:
    """Every process of a name gets a signal as soon as it is there (names are cut after 15 bytes)."""

    def build(place: Place) -> None:
        place.before_start(f"(while sleep 0.02; do pkill -{name} -x {program[:15]}; done) & true")

    return build


def _named_pipe(place: Place) -> None:
    """aiohttp opens SSLKEYLOGFILE when it is imported; nobody reads the pipe."""
    place.before_start(f"mkfifo {place.here}/pipe")
    place.set(SSLKEYLOGFILE=f"{place.here}/pipe")


def _lock(place: Place) -> None:
    """Code that runs at Python's start waits for a lock that another process holds."""
    lock = place.here / "lock"
    code = f"import fcntl; fcntl.flock(open({str(lock)!r}, 'w'), fcntl.LOCK_EX)"
    place.write(place.packages / "lock.pth", f"{code}\n")
    place.before_start(f"flock {lock} sleep 300 & sleep 0.5")


def _raises(place: Place) -> None:
    """A library raises what nobody knows."""
    place.write(place.packages / "wrapt" / "__init__.py", "raise RuntimeError('the moon is full')\n")


class End(NamedTuple):
    """How a start comes to nothing, the finding, and pieces of what is said."""

    build: Callable[[Place], None]
    id: str
    says: tuple[str, ...]


ENDS = {
    "server-killed": End(_signal("KILL", "tritonserver"), "server-ended", ("SIGKILL",)),
    "server-aborts": End(
        lambda place: place.set(GRPC_POLL_STRATEGY="epollex"),
        "server-ended",
        ("SIGABRT", "No event engine could be initialized from epollex"),
    ),
    "server-stopped": End(_signal("STOP", "tritonserver"), "start-stands-still", ("SIGSTOP",)),
    "stub-killed": End(_signal("KILL", "triton_python_backend_stub"), "stub-ended-early", ("SIGKILL",)),
    "stub-stopped": End(
        _signal("STOP", "triton_python_backend_stub"),
        "start-stands-still",
        ("triton_python_b", "SIGSTOP"),
    ),
    "named-pipe": End(_named_pipe, "start-stands-still", ("named pipe",)),
    "lock": End(_lock, "start-stands-still", ("a lock on", "/lock")),
    "raises": End(_raises, "start-ended", ("RuntimeError: the moon is full",)),
}


def _said(outcome: Outcome) -> str:
    finding = outcome.result["findings"][0]
    return "\n".join([finding["title"], finding["explanation"], *finding["evidence"]])


def _parameters() -> list[object]:
    slices = {"server-killed": [pytest.mark.truth_slice]}
    return [pytest.param(name, marks=slices.get(name, [])) for name in ENDS]


@pytest.mark.truth
@pytest.mark.parametrize("name", _parameters())
def test_it_ends_with_a_cause(name: str) -> None:
    end = ENDS[name]
    with place_of(Environment(name, (), "", "3.11", "0.7.0", end.build)) as place:
        outcome = selftest(place, facts=False)
    print(f"{outcome.seconds:.1f} s\n{_said(outcome)}")
    assert outcome.cause == end.id, _said(outcome)
    for piece in end.says:
        assert piece in _said(outcome)
    assert outcome.seconds < WITHIN_S
    assert outcome.result["left_behind"] == []
