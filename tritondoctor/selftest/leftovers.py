"""Removes what the self-test's own PyTriton leaves behind when it is killed.

A folder was announced before it was made, a segment was announced or mapped by one of our processes, a
model's files name our workspace.  All that is the target's own word: so each must also belong to this
user, bear a name that PyTriton makes, and be no older than the self-test.  Two names say nothing of whose
they are: the empty folder that tritonserver makes in /tmp, and the log that its DCGM begins.  They count
as ours if they are new and no other tritonserver was seen.  Standard library only.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

from tritondoctor.selftest import processes
from tritondoctor.support import pytriton_traces, reading, removal
from tritondoctor.support.usage import unused

#: the clock of a file system may be a tick behind
_TICK_S = 0.1


class Leftovers:
    """Collects what PyTriton makes while it runs as the user `uid`; `remove` it once PyTriton is dead."""

    def __init__(self, uid: int) -> None:
        self.folders: list[str] = []
        self.parents: list[str] = []
        self.prefixes: list[str] = []
        self.segments: set[str] = set()
        self._uid = uid
        self._began = time.time() - _TICK_S
        self._before = _nameless()
        self._alone = True

    def note(self, message: dict[str, Any]) -> None:
        """Learn from what serve_linear.py announces."""
        if message["event"] == "makes":
            if pytriton_traces.is_temporary_name(os.path.basename(message["folder"])):
                self.folders.append(message["folder"])
        elif message["event"] == "makes-parent":
            path = message["folder"]
            if not any(path.startswith(folder + "/") for folder in self.folders):
                self.parents.append(path)
        elif message["event"] == "made" and pytriton_traces.is_server_prefix(
            message["shared_memory"] or ""
        ):
            self.prefixes.append(message["shared_memory"])

    def look(self, mark: str) -> None:
        """Learn what the processes with the mark have mapped, and whether there are other servers."""
        servers = _servers()  # before ours, so that none that starts meanwhile seems another's
        pids = processes.marked(mark)
        for path in processes.mapped(pids, pytriton_traces.SHARED_MEMORY):
            name = os.path.basename(path)
            if pytriton_traces.is_server_segment(name) or pytriton_traces.is_tensor_segment(name):
                self.segments.add(path)
        strangers = servers - set(pids)
        if strangers & _servers():  # one of ours may have ended meanwhile
            self._alone = False

    def remove(self) -> list[str]:
        """Remove all of it; return what could not be removed."""
        segments = set(self.segments)
        for prefix in self.prefixes:
            segments.update(pytriton_traces.segments(prefix))
        for path in segments:
            if unused(path) is not False:
                self._take(path, removal.remove_file)
        folders = [*self.folders, *self._model_files()]
        for path in folders:
            self._take(path, removal.remove_tree)
        for path in reversed(self.parents):
            self._take(path, removal.remove_empty_folder)
        for path in _nameless() - self._before if self._alone else ():
            is_log = path == pytriton_traces.HOST_ENGINE_LOG
            self._take(path, removal.remove_file if is_log else removal.remove_empty_folder)
        return sorted(path for path in [*segments, *folders] if os.path.lexists(path))

    def _take(self, path: str, remove: Callable[[str, removal.FileIdentity], None]) -> None:
        """Remove what is this user's and was made since the self-test began."""
        real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        known = removal.identity(real)
        if known is None or known.uid != self._uid or removal.born(real) < self._began:
            return
        try:
            remove(real, known)
        except OSError:
            pass

    def _model_files(self) -> Iterator[str]:
        """Yield the folders into which tritonserver put a model of ours."""
        for folder in pytriton_traces.model_folders():
            path = f"{folder}/{pytriton_traces.CONFIG}"
            try:
                text = reading.read_text(path, reading.Limit.TINY, follow=False, owner=self._uid)
            except OSError:
                continue
            if any(f'"{workspace}"' in text for workspace in self.folders):
                yield folder


def _nameless() -> set[str]:
    """Return what bears no name that could tell whose it is."""
    log = pytriton_traces.HOST_ENGINE_LOG
    return {*pytriton_traces.environment_folders(), *([log] if os.path.lexists(log) else [])}


def _servers() -> set[int]:
    rows = processes.table()
    return {row.pid for row in rows if row.name == "tritonserver" and row.state != "Z"}
