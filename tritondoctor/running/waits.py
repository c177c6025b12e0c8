"""What PyTriton's own process does while a call does not end: it computes, or it waits.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from tritondoctor.checks.model import Text, quoted, text
from tritondoctor.running.model import Recording, RunningProcess, RunningThread
from tritondoctor.running.stall import Stall

#: the part of the time that a thread which computes runs or is ready to run
_COMPUTES = 0.6
#: the last looks that are compared, in seconds
_LATELY_S = 3.0


def how(recording: Recording, call: Stall) -> Text:
    """Whether it computes or waits, as a sentence without its end."""
    if _is_stopped(recording):
        return text("PyTriton's process is stopped (SIGSTOP)")
    if not call.instances and any(process.role == "stub" for process in recording.looks[-1].processes):
        return text(
            "No instance is in a call: tritonserver does not hand on the requests that wait, as was seen "
            "after a function that raised again and again"
        )
    working = _computing(recording)
    if recording.stacks:
        line = recording.stacks[0]
        return (
            text("It computes, at {line}", line=line)
            if working
            else text("It waits, at {line}", line=line)
        )
    if working:
        return text("A thread of PyTriton's process computes all the time")
    if working is None:
        return text("What it does cannot be seen from here")
    if _idle_loops(recording):
        return text(
            "No thread of PyTriton's works on it, as after a generator without decoupled=True, or an "
            "await that nothing ends"
        )
    return text("It waits: no thread of PyTriton's process computes")


def evidence(recording: Recording) -> Iterator[Text]:
    """Yield the threads that compute, else what its process does as a whole."""
    for line in recording.stacks:
        yield quoted(line)
    for thread, part in _computing(recording) or ():
        yield text(
            "thread {tid} ({name}) computes, {part} % of the time", tid=thread.tid, name=thread.name,
            part=round(100 * min(part, 1.0)),
        )  # fmt: skip
    cores = cores_wanted(recording)
    if cores is not None:
        pid = recording.server.pid
        yield text("process {pid} wants {cores} cores", pid=pid, cores=f"{cores:.2f}")


def _is_stopped(recording: Recording) -> bool:
    process = _of_pytriton(recording, -1)
    return process is not None and process.state in "Tt"


def cores_wanted(recording: Recording) -> Optional[float]:
    """How many cores PyTriton's process has used or waited for lately; None where that is not seen."""
    threads = _lately(recording)
    return None if threads is None else round(sum(part for _, part in threads), 2)


def cores_of_busiest(recording: Recording, count: int) -> Optional[float]:
    """How many cores its busiest threads have used or waited for lately: those of so many instances."""
    threads = _lately(recording)
    return None if threads is None else round(sum(sorted(part for _, part in threads)[-count:]), 2)


def _computing(recording: Recording) -> Optional[list[tuple[RunningThread, float]]]:
    threads = _lately(recording)
    return None if threads is None else [(thread, part) for thread, part in threads if part > _COMPUTES]


def _lately(recording: Recording) -> Optional[list[tuple[RunningThread, float]]]:
    """Each thread with the part of the last seconds in which it ran or was ready to run."""
    now = _of_pytriton(recording, -1)
    looks = recording.looks
    start = next((n for n, look in enumerate(looks) if look.at_s >= looks[-1].at_s - _LATELY_S), 0)
    before = _of_pytriton(recording, start)
    seconds = looks[-1].at_s - looks[start].at_s
    if now is None or before is None or not now.threads or seconds <= 0 or now.start != before.start:
        return None
    past = {thread.tid: thread.wanted_s for thread in before.threads}
    return [
        (thread, (thread.wanted_s - (past.get(thread.tid) or 0.0)) / seconds)
        for thread in now.threads if thread.wanted_s is not None
    ]  # fmt: skip


def _idle_loops(recording: Recording) -> bool:
    """Whether every event loop of the process waits for events: the function has returned, or awaits.

    A function that blocks keeps its loop from waiting: PyTriton runs it in there (proxy/inference.py).
    """
    process = _of_pytriton(recording, -1)
    return process is not None and process.busy_loops == 0


def _of_pytriton(recording: Recording, number: int) -> Optional[RunningProcess]:
    processes = recording.looks[number].processes
    return next((process for process in processes if process.role == "pytriton"), None)
