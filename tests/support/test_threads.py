"""Threads by /proc: a real process that waits, one that works, one that is gone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from tritondoctor.support.threads import Thread, descriptors, threads


def _until(pid: int, wanted: Callable[[list[Thread]], bool]) -> list[Thread]:
    deadline = time.monotonic() + 10
    while not wanted(found := threads(pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def test_a_thread_that_reads_a_pipe() -> None:
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", "import os; os.read(0, 1)"], stdin=subprocess.PIPE
    )
    try:
        (thread,) = _until(child.pid, lambda found: [one.state for one in found] == ["S"])
        assert thread.tid == child.pid and thread.state == "S"
        assert "pipe" in thread.waits_in or thread.waits_in == ""
        assert thread.call is None or thread.call == (thread.call.number, 0)
        assert descriptors(child.pid)[0].startswith("pipe:[")
    finally:
        child.communicate()


def test_every_thread_of_this_process() -> None:
    done = threading.Event()
    worker = threading.Thread(target=done.wait)
    worker.start()
    try:
        assert worker.native_id in {thread.tid for thread in threads(os.getpid())}
    finally:
        done.set()
        worker.join()


def test_processor_time_grows() -> None:
    child = subprocess.Popen([sys.executable, "-I", "-S", "-c", "while True: pass"])
    try:
        first = _until(child.pid, lambda found: bool(found) and found[0].ticks > 0)[0].ticks
        assert _until(child.pid, lambda found: bool(found) and found[0].ticks > first)[0].ticks > first
    finally:
        child.kill()
        child.wait()


def test_a_process_that_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""])
    child.wait()
    assert threads(child.pid) == [] and descriptors(child.pid) == {}
