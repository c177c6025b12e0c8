"""Processes that only look like a fix's own package manager: none of them is ended."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator

import msgspec
import pytest

from tests.remedies.scene import Scene
from tests.remedies.test_crash import scene
from tritondoctor.remedies import survivors
from tritondoctor.remedies.journal import Journal, PrefixSnapshot
from tritondoctor.remedies.survivors import MARK, Worker
from tritondoctor.remedies.undo import undo

__all__ = ["scene"]
FIX = "20260101-000000"
NOBODY = 65534
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts programs that sleep; they are ended with the test."""
    processes: list[subprocess.Popen[bytes]] = []

    def started(mark: str = FIX, uid: int | None = None) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            ["/bin/sleep", "60"], env={MARK: mark}, stdout=subprocess.PIPE, user=uid, group=uid
        )
        processes.append(process)
        return process

    yield started
    for process in processes:
        process.kill()
        process.communicate()


def worker(process: subprocess.Popen[bytes]) -> Worker:
    found = survivors.worker_of(process.pid)
    assert found is not None
    return found


def test_what_a_fix_has_started_is_ended(start: Start) -> None:
    process = start()
    assert survivors.end(FIX, survivors.origin(), worker(process)) == (True, ())
    assert process.poll() is not None


@pytest.mark.parametrize("known_by", ["mark", "process id", "pipe"])
def test_after_a_restart_nothing_is_ended(start: Start, known_by: str) -> None:
    """Everything is equal by chance but the boot: the numbers begin again with each."""
    process = start(FIX if known_by == "mark" else "other")
    same = worker(process)
    recorded = {
        "mark": None,
        "process id": same,
        "pipe": Worker(1 << 22, same.started, same.output),
    }[known_by]
    origin = survivors.origin()
    assert origin is not None
    (note,) = survivors.end(FIX, msgspec.structs.replace(origin, boot="another"), recorded).notes
    assert "restarted" in note and "no process was ended" in note
    assert process.poll() is None


@pytest.mark.parametrize("mark", [FIX, "other"])
def test_older_process_with_the_same_pipe(start: Start, mark: str) -> None:
    """A pipe's number that is used again, and a process that ran before the fix began."""
    process = start(mark)
    time.sleep(0.05)
    later = Worker(1 << 22, worker(process).started + 1, worker(process).output)
    (note,) = survivors.end(FIX, survivors.origin(), later).notes
    assert f"Process {process.pid} " in note and "was not ended" in note
    assert process.poll() is None


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_another_users_process_with_our_mark(start: Start) -> None:
    """Whoever undoes as root is led by a variable to nobody's process."""
    process = start(FIX, NOBODY)
    (note,) = survivors.end(FIX, survivors.origin(), None).notes
    assert f"Process {process.pid} " in note and "another user" in note
    assert process.poll() is None


def test_record_without_an_origin(start: Start) -> None:
    process = start()
    assert survivors.end(FIX, None, worker(process)).notes
    assert process.poll() is None


def test_undo_says_what_it_left_running(scene: Scene, start: Start) -> None:
    journal = scene.begin()
    folder = f"{scene.prefix}/.tritondoctor-{journal.record.id}.snapshot"
    process = start(journal.record.id)
    assert journal.record.origin is not None
    old = msgspec.structs.replace(journal.record.origin, boot="another")
    journal.update(origin=old, worker=worker(process), snapshot=PrefixSnapshot(str(scene.prefix), folder))
    notes: list[str] = []
    assert undo(Journal(journal.folder, journal.record), notes.append) == []
    assert len(notes) == 1 and "no process was ended" in notes[0]
    assert process.poll() is None


def test_record_on_the_disk_holds_boot_user_and_start(scene: Scene) -> None:
    journal = scene.begin()
    with open(os.path.join(journal.folder, "record.json"), encoding="utf-8") as file:
        recorded = msgspec.json.decode(file.read())["origin"]
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        assert recorded["boot"] == file.read().strip()
    assert recorded["uid"] == os.geteuid()
    assert recorded["started"] == worker_start(os.getpid())


def worker_start(pid: int) -> int:
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return int(file.read().rpartition(")")[2].split()[19])
