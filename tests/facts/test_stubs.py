"""A stub that outlived its server is offered; not one whose server, PyTriton or container lives."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tritondoctor.commands.attach import chosen_server
from tritondoctor.facts.machine import leftovers
from tritondoctor.facts.machine.leftovers import Trace
from tritondoctor.facts.machine.model import Leftover
from tritondoctor.remedies import cleanup
from tritondoctor.support import killing, proc, pytriton_traces, stubs, tritonservers
from tritondoctor.support.errors import UsageError

_GONE = "4999999"  # no process has this number
_SEGMENT = f"pytrtion{_GONE}-0badcafe1234abcd-0000"
#: starts its arguments, says which number that has, and ends or waits for it
_ENDS = "import subprocess, sys; print(subprocess.Popen(sys.argv[1:], stdout=2).pid, flush=True)"
_WAITS = f"{_ENDS}; sys.stdin.read()"


@contextmanager
def _stub(
    folder: Path,
    *,
    name: str = pytriton_traces.STUB,
    segment: str = _SEGMENT,
    server: str = _GONE,
    parent: str = _ENDS,
) -> Iterator[int]:
    """A process that runs a program kept as a stub, and is called as one; it waits, with a child."""
    program = folder / name
    program.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(os.path.realpath("/bin/bash"), program)
    model = folder / "model.py"
    model.write_text("sleep 300 & while :; do sleep 0.1; done")
    started = subprocess.Popen(
        [sys.executable, "-c", parent, str(program), str(model), segment, "4194304", "1048576", server],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert started.stdout
    pid = int(started.stdout.readline())
    try:
        if parent == _ENDS:
            started.wait()
        while not proc.read(pid, "cmdline").startswith(os.fsencode(program)):
            time.sleep(0.01)
        yield pid
    finally:
        for one in _with_children(pid):
            start = killing.start_of(one)
            killing.kill(one, lambda: True)
            assert killing.wait(one, start, 10)
        started.communicate()


def _with_children(pid: int) -> list[int]:
    rows = [row for row in map(proc.stat, proc.pids()) if row is not None]
    return [pid, *(row.pid for row in rows if row.parent == pid)]


@contextmanager
def _process(*words: str) -> Iterator[int]:
    process = subprocess.Popen(words)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def test_a_stub_without_its_server(tmp_path: Path) -> None:
    with _stub(tmp_path) as pid:
        found = stubs.orphan(pid)
        assert found is not None
        assert (found.pid, found.prefix, found.uid) == (pid, _SEGMENT, os.geteuid())
        assert pid in [stub.pid for stub in stubs.orphans()]
        (tmp_path / pytriton_traces.STUB).unlink()
        assert stubs.orphan(pid) is not None, "its workspace is gone with its PyTriton"


@pytest.mark.parametrize("change", [
    {"name": "opt/backends/python/triton_python_backend_stub"},
    {"segment": "triton_python_backend_shm_region_1"},
    {"server": "x"},
    {"server": ""},
    {"server": "²"},
])  # fmt: skip
def test_another_program_is_none(tmp_path: Path, change: dict[str, str]) -> None:
    with _stub(tmp_path, **change) as pid:
        assert stubs.orphan(pid) is None


def test_a_stub_below_its_server_is_none(tmp_path: Path) -> None:
    with _stub(tmp_path, parent=_WAITS) as pid:
        row = proc.stat(pid)
        assert row is not None
        assert stubs.orphan(pid) is not None, "its parent is another process than it was told"
    with _stub(tmp_path, parent=_WAITS.replace("sys.argv[1:]", "[*sys.argv[1:-1], str(os.getpid())]")
               .replace("import", "import os,")) as pid:  # fmt: skip
        assert stubs.orphan(pid) is None


def test_a_stub_below_any_tritonserver_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _stub(tmp_path, parent=_WAITS) as pid:
        row = proc.stat(pid)
        assert row is not None
        monkeypatch.setattr(tritonservers, "tritonservers", lambda: [row.parent])
        assert stubs.orphan(pid) is None


def test_a_stub_whose_server_lives_elsewhere_is_none(tmp_path: Path) -> None:
    option = f"--backend-config=python,shm-region-prefix-name={_SEGMENT[:24]}"
    with _stub(tmp_path) as pid, _process("sh", "-c", "sleep 60; :", "sh", option):
        assert stubs.orphan(pid) is None


def test_a_stub_whose_pytriton_lives_is_none(tmp_path: Path) -> None:
    segment = f"pytrtion{os.getpid()}-0badcafe1234abcd-0000"
    with _stub(tmp_path, segment=segment) as pid:
        assert stubs.orphan(pid) is None


def test_a_stub_of_another_container_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _stub(tmp_path) as pid:
        monkeypatch.setattr(tritonservers, "shares_our_view", lambda pid: False)
        assert stubs.orphan(pid) is None


def test_it_is_listed_and_ended_with_its_children(tmp_path: Path) -> None:
    with _stub(tmp_path) as pid:
        traces = leftovers.find([], {os.geteuid()})
        trace = next(trace for trace in traces if trace.leftover.where == str(pid))
        assert (trace.leftover.kind, trace.leftover.kept) == ("stub", "")
        family = {one: killing.start_of(one) for one in _with_children(pid)}
        (removal,) = cleanup.remove(cleanup.Found((trace,), ()))
        assert removal.problem == ""
        assert [one for one, start in family.items() if killing.start_of(one) == start] == []


def test_another_users_is_not_listed(tmp_path: Path) -> None:
    with _stub(tmp_path) as pid:
        traces = leftovers.find([], {os.geteuid() + 1})
        assert str(pid) not in [trace.leftover.where for trace in traces]


def test_what_is_no_orphan_any_more_is_not_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _stub(tmp_path) as pid:
        start = killing.start_of(pid)
        for trace in (
            Trace(Leftover("stub", str(pid)), os.geteuid(), start="1"),
            Trace(Leftover("stub", str(pid)), os.geteuid() + 1, start=start),
            Trace(Leftover("server", str(pid)), os.geteuid(), start=start),
        ):
            cleanup.remove(cleanup.Found((trace,), ()))
            assert killing.start_of(pid) == start
        option = f"--backend-config=python,shm-region-prefix-name={_SEGMENT[:24]}"
        trace = Trace(Leftover("stub", str(pid)), os.geteuid(), start=start)
        with _process("sh", "-c", "sleep 60; :", "sh", option):
            (removal,) = cleanup.remove(cleanup.Found((trace,), ()))
        assert removal.problem == "it is no longer an orphan"
        assert killing.start_of(pid) == start


def test_attach_says_what_it_is(tmp_path: Path) -> None:
    with _stub(tmp_path) as pid, pytest.raises(UsageError, match="tritondoctor clean ends it"):
        chosen_server(str(pid), None)
