"""A port that the examined process's own server holds is free to it; any other's is not."""

from __future__ import annotations

import os
from typing import Optional

import pytest

from tritondoctor.facts.launch.model import Holder, PortObstacle
from tritondoctor.facts.launch.settings import Settings
from tritondoctor.facts.machine.machine import MachineFacts
from tritondoctor.loader import Files
from tritondoctor.support import proc, tritonservers
from tritondoctor.support.proc import ProcessStat
from tritondoctor.support.tritonservers import Server


class _Busy(MachineFacts):
    """A machine on which process 42 holds each port."""

    def __init__(self) -> None:
        pass

    def port_obstacle(self, address: str, number: int) -> tuple[PortObstacle, str]:
        return "in-use", "EADDRINUSE"

    def port_holder(self, number: int) -> Optional[Holder]:
        return Holder(42, "tritonserver", "me", False)


@pytest.mark.parametrize("examined, orphan, is_free", [
    (41, False, True),
    (40, False, False),  # another PyTriton's
    (41, True, False),  # another process has the number of its PyTriton by now
    (None, False, False),  # a start to come
])  # fmt: skip
def test_ports_of_its_own_server(
    monkeypatch: pytest.MonkeyPatch, examined: Optional[int], orphan: bool, is_free: bool
) -> None:
    server = Server(42, orphan, "pytrtion41-abc", "", 0, "1")
    monkeypatch.setattr(tritonservers, "server", lambda pid: server if pid == 42 else None)
    monkeypatch.setattr(proc, "stat", lambda pid: ProcessStat(pid, "tritonserver", "S", 41, "1"))
    ports = Settings(Files(), "/nowhere", {}, "/").ports(_Busy(), examined)
    assert {(port.bindable, port.why_not) for port in ports} == {(is_free, "" if is_free else "in-use")}
    assert [port.free for port in ports] == [0, 0, 0]


def test_any_other_program_is_no_server() -> None:
    assert tritonservers.pytriton_of(os.getpid()) is None
    assert tritonservers.pytriton_of(0) is None
