"""The probe: one look a call, compared with what the file keeps; a hang is the only reason to fail."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.running.server import Pages, serving
from tritondoctor.running import discovery, probe
from tritondoctor.running.http import Address
from tritondoctor.running.metrics import Metrics, ModelCounters
from tritondoctor.running.model import Look, RunningServer
from tritondoctor.running.probe import ProbeState, with_look
from tritondoctor.support.errors import UsageError


def _metrics(*, calls: int, pending: int) -> bytes:
    labels = '{model="Linear",version="1"}'
    return (
        f"nv_inference_exec_count{labels} {calls}\nnv_inference_pending_request_count{labels} {pending}\n"
    ).encode()


class Probed:
    """A server by URL, and the probe of it."""

    def __init__(self, address: Address, pages: Pages, path: Path) -> None:
        self.server = discovery.of_url(address, address)
        self.pages, self.path = pages, path
        self.said: list[str] = []
        self.complaints: list[str] = []

    def counts(self, *, calls: int, pending: int) -> None:
        """Say these metrics from now on."""
        self.pages["/metrics"] = (200, _metrics(calls=calls, pending=pending))

    def probe(self, hang_after_s: float = 0.2) -> int:
        """Probe once."""

        def choose() -> RunningServer:
            return self.server

        return probe.run(choose, str(self.path), hang_after_s, self.complaints.append, self.said.append)


@pytest.fixture
def probed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Probed]:
    monkeypatch.setattr(probe, "_DEADLINE_S", 10.0)  # this machine may be busy
    pages: Pages = {}
    with serving(pages) as address:
        yield Probed(address, pages, tmp_path / "state")


def test_a_hang_fails_after_its_time_only(probed: Probed) -> None:
    probed.counts(calls=5, pending=2)
    assert probed.probe() == 0
    time.sleep(0.05)
    assert probed.probe() == 0
    time.sleep(0.25)
    assert probed.probe() == 1
    assert probed.said == ["no call hangs", "no call hangs",
                           "calls of Linear do not end: for at least 0 s, 2 requests wait"]  # fmt: skip
    probed.counts(calls=6, pending=2)
    assert probed.probe() == 0
    assert not probed.complaints


def test_a_server_that_cannot_be_read_is_none_that_hangs(probed: Probed) -> None:
    probed.counts(calls=5, pending=2)
    assert probed.probe() == 0
    probed.pages["/metrics"] = (503, b"")
    time.sleep(0.25)
    assert probed.probe() == 0
    assert "status 503" in probed.complaints[0]
    probed.counts(calls=5, pending=2)  # it may have been started again: what was before counts no more
    assert probed.probe() == 0


@pytest.mark.parametrize("content", [b"", b"{", b'{"server":"http://1', b'{"server":"x","looks":[{"a'])
def test_a_file_of_its_own_that_was_cut_short(probed: Probed, content: bytes) -> None:
    probed.path.write_bytes(content)
    probed.counts(calls=5, pending=2)
    assert probed.probe() == 0 and not probed.complaints
    time.sleep(0.25)
    assert probed.probe() == 1


@pytest.mark.parametrize(
    "content", [b"[1]", b"\xff" * 9, b'{"server": 1}', b'{"server":"x","model":"y"}\n', b"[" * 100_000]
)
def test_a_file_that_holds_something_else_stays(probed: Probed, content: bytes) -> None:
    """Whoever names it may have mistaken it for another option; a probe without a memory sees no hang."""
    probed.path.write_bytes(content)
    probed.counts(calls=5, pending=2)
    assert probed.probe() == 0
    assert "exists already" in probed.complaints[0]
    assert probed.path.read_bytes() == content


def test_what_was_kept_of_another_server_does_not_count(probed: Probed) -> None:
    probed.counts(calls=5, pending=2)
    assert probed.probe() == 0
    time.sleep(0.25)
    probed.server = RunningServer("http://127.0.0.1:1", probed.server.metrics)
    assert probed.probe() == 0


def test_its_own_failure_is_no_reason_to_restart(probed: Probed) -> None:
    probed.counts(calls=5, pending=2)
    probed.path = probed.path / "no-folder" / "state"
    assert probed.probe() == 0
    assert "the probe itself failed" in probed.complaints[0]


def test_no_server(tmp_path: Path) -> None:
    def choose() -> RunningServer:
        raise UsageError("no server")

    complaints: list[str] = []
    assert probe.run(choose, str(tmp_path / "state"), 30, complaints.append, print) == 0
    assert "no server" in complaints[0]


def test_the_file_stays_small_and_private(probed: Probed) -> None:
    state = ProbeState("server")
    model = ModelCounters("Linear", "1", calls=5, pending=2)
    for second in range(0, 10_000, 2):
        state = with_look(state, Look(float(second), Metrics((model,))), 600)
    assert len(state.looks) < 30
    assert state.looks[-1].at_s - state.looks[0].at_s > 600
    probed.counts(calls=5, pending=2)
    probed.probe()
    assert os.listdir(probed.path.parent) == ["state"]
