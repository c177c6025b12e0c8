"""Remove what dead PyTriton processes have left; each thing is looked at again before it goes."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from tritondoctor.facts.launch import folders
from tritondoctor.facts.machine import leftovers
from tritondoctor.facts.machine.leftovers import Trace
from tritondoctor.facts.machine.model import Leftover
from tritondoctor.loader import Files
from tritondoctor.remedies import journal
from tritondoctor.support import killing, mounts, removal, staging, state_folder, stubs, tritonservers
from tritondoctor.support.errors import UsageError

_SECONDS_TO_DIE = 10
_SECONDS_TO_LET_GO = 3.0
EVERYBODY = range(1 << 32)


class UserError(UsageError):
    """No such user, or one whose things this user may not remove; the message says what to do."""


class Removal(NamedTuple):
    """What became of a leftover; `problem` is empty where it is gone."""

    leftover: Leftover
    problem: str


class Found(NamedTuple):
    """What there is to remove, and the homes of PyTriton's in which it was looked for."""

    traces: tuple[Trace, ...]
    homes: tuple[str, ...]

    @property
    def leftovers(self) -> tuple[Leftover, ...]:
        """What may be removed."""
        return tuple(trace.leftover for trace in self.traces if not trace.leftover.kept)

    @property
    def kept(self) -> tuple[Leftover, ...]:
        """What is listed only."""
        return tuple(trace.leftover for trace in self.traces if trace.leftover.kept)


def users(names: Sequence[str], *, everybody: bool) -> Collection[int]:
    """The uids whose things are to be cleaned: this user's own, unless root names others.

    Raises UserError.
    """
    own = os.geteuid()
    named = frozenset(map(_uid, names)) or frozenset((own,))
    if own and (everybody or named != {own}):
        raise UserError("Only root may remove what other users' processes left behind.")
    return EVERYBODY if everybody else named


def find(variables: Mapping[str, str], cwd: str, uids: Collection[int]) -> Found:
    """Everything of dead PyTritons that belongs to these users."""
    homes = tuple(_homes(variables, cwd, uids))
    traces = (*leftovers.find(homes, uids), *leftovers.environment_folders(uids))
    return Found(leftovers.unoccupied((*traces, *_of_doctors(variables, uids))), homes)


def remove(found: Found) -> tuple[Removal, ...]:
    """End orphaned servers and stubs first, then remove what they and others have left."""
    traces = [trace for trace in found.traces if not trace.leftover.kept]
    processes = [trace for trace in traces if trace.leftover.kind in leftovers.PROCESSES]
    ended = [Removal(trace.leftover, _end(trace)) for trace in processes]
    alive = {end.leftover.where for end in ended if end.problem}
    rest = [trace for trace in traces if trace.leftover.kind not in leftovers.PROCESSES]
    # threads of a killed server let go of its files a moment after it has ended
    until = time.monotonic() + (_SECONDS_TO_LET_GO if ended else 0)
    return (
        *ended,
        *(Removal(trace.leftover, _remove(trace, alive, found.homes, until)) for trace in rest),
    )


def _uid(name: str) -> int:
    try:
        return int(name) if name.isdecimal() else pwd.getpwnam(name).pw_uid
    except (KeyError, ValueError):
        raise UserError(f"There is no user {name!r} here.") from None


def _homes(variables: Mapping[str, str], cwd: str, uids: Collection[int]) -> dict[str, None]:
    """Where the releases, newer and older, put the workspaces of this user and of those named."""
    of_others = [{"HOME": user.pw_dir} for user in pwd.getpwall() if user.pw_uid in uids]
    return dict.fromkeys(
        folders.pytriton_home(Files(), given, cwd, named=named)[0]
        for given in (variables, *of_others)
        for named in (True, False)
    )


def _of_doctors(variables: Mapping[str, str], uids: Collection[int]) -> Iterator[Trace]:
    """What fixes and undos of this user's that were killed have left."""
    if os.geteuid() not in uids:
        return
    folders = [*journal.remains(state_folder.of_records(variables)), *staging.abandoned()]
    for path in map(os.path.realpath, folders):
        if mounts.is_local(path) and staging.is_free(path):
            yield leftovers.trace("staging", path, os.lstat(path), leftovers.size_of(path))


def _remove(trace: Trace, alive: Collection[str], homes: Collection[str], until: float) -> str:
    leftover, path = trace.leftover, trace.leftover.where
    if str(leftover.held_by) in alive:
        return f"process {leftover.held_by} still uses it"
    if not os.path.lexists(path):
        return ""
    if trace.identity is None or not _is_still_by(until, trace, homes):
        return "it has changed, or a process uses it now"
    try:
        _REMOVERS.get(leftover.kind, removal.remove_tree)(path, trace.identity)
    except FileNotFoundError:
        return ""
    except OSError as failure:
        return failure.strerror or str(failure)
    return ""


def _is_still_by(until: float, trace: Trace, homes: Collection[str]) -> bool:
    while not _is_still(trace, homes):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _is_still(trace: Trace, homes: Collection[str]) -> bool:
    path = trace.leftover.where
    if trace.leftover.kind == "staging" and not (staging.is_marked(path) or journal.is_remains(path)):
        return False
    return leftovers.is_still(trace, homes)


_REMOVERS = {"segment": removal.remove_file, "environment-folder": removal.remove_empty_folder}


def _end(trace: Trace) -> str:
    """Kill an orphaned server with its stubs, or an orphaned stub, and all that it has started."""
    import psutil

    pid = int(trace.leftover.where)
    look = stubs.orphan if trace.leftover.kind == "stub" else tritonservers.server

    def is_it() -> bool:
        now = look(pid)
        return now is not None and now.orphan and (now.uid, now.start) == (trace.uid, trace.start)

    try:
        children = psutil.Process(pid).children(recursive=True)
        starts = {child.pid: killing.start_of(child.pid) for child in children}
        if not killing.kill(pid, is_it):
            return "" if killing.start_of(pid) != trace.start else "it is no longer an orphan"
        for child in children:
            _end_child(child.pid, starts[child.pid], trace.uid)
    except psutil.NoSuchProcess:
        return ""
    except (psutil.AccessDenied, PermissionError):
        return "this user may not end it"
    gone = all(killing.wait(*item, _SECONDS_TO_DIE) for item in [(pid, trace.start), *starts.items()])
    return "" if gone else "it could not be ended"


def _end_child(pid: int, start: str, uid: int) -> None:
    """Kill a process that a server started; not one that became another user's."""
    killing.kill(pid, lambda: killing.start_of(pid) == start != "" and tritonservers.uid_of(pid) == uid)
