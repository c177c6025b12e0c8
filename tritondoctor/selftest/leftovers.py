"""Files and shared memory that a killed PyTriton leaves behind; removal of those of the self-test.

Evidence that a thing is ours: the target announced the folder or segment, one of our processes mapped the
segment, or a model's files name our workspace.  The target may announce anything, so each thing must also
belong to the user of the self-test, have a name that PyTriton gives, and be no older than the self-test.
 Two things have no such name: tritonserver's empty folder in /tmp, and the log that DCGM begins if it
 may.
They count as ours if they are new and no other tritonserver was running.  Standard library only.
"""

from __future__ import annotations

import glob
import os
import re
import time
from collections.abc import Callable
from typing import Any

from tritondoctor.selftest import processes
from tritondoctor.support import reading, removal
from tritondoctor.support.usage import unused

SHARED_MEMORY = "/dev/shm"
_MODEL_FILES = "/tmp/folder??????/config.pbtxt"
_EMPTY_FOLDERS = "/tmp/python_env_??????"
_LOG = "/var/log/nv-hostengine.log"
_PREFIX = re.compile(r"pytrtion\d+-\w+")
#: tempfile.mkdtemp
_TEMPORARY = re.compile(r".*[a-z0-9_]{8}")
#: the clock of a file system may be a tick behind
_TICK_S = 0.1


class Leftovers:
    """Collects evidence while PyTriton runs as the user `uid`; call `remove` once it has ended."""

    def __init__(self, uid: int) -> None:
        self.folders: list[str] = []
        self.parents: list[str] = []
        self.prefixes: list[str] = []
        self.segments: set[str] = set()
        self._uid = uid
        self._began = time.time() - _TICK_S
        self._known = {*glob.glob(_EMPTY_FOLDERS), *glob.glob(_LOG)}
        self._alone = True

    def note(self, message: dict[str, Any]) -> None:
        """Take in a message of serve_linear.py."""
        if message["event"] == "makes":
            if _TEMPORARY.fullmatch(os.path.basename(message["folder"])):
                self.folders.append(message["folder"])
        elif message["event"] == "makes-parent":
            path = message["folder"]
            if not any(path.startswith(folder + "/") for folder in self.folders):
                self.parents.append(path)
        elif message["event"] == "made" and _PREFIX.fullmatch(message["shared_memory"] or ""):
            self.prefixes.append(message["shared_memory"])

    def look(self, mark: str) -> None:
        """Take in what the marked processes have mapped, and whether other servers are running."""
        servers = (
            _servers()
        )  # listed first, so that a server of ours that starts now is not taken for another's
        pids = processes.marked(mark)
        for path in processes.mapped(pids, SHARED_MEMORY):
            if re.match(r"psm_|pytrtion", os.path.basename(path)):
                self.segments.add(path)
        strangers = servers - set(pids)
        if strangers & _servers():  # one of ours may have ended meanwhile
            self._alone = False

    def remove(self) -> list[str]:
        """Remove all of it; return the paths that could not be removed."""
        segments = set(self.segments)
        for prefix in self.prefixes:
            segments.update(glob.glob(f"{SHARED_MEMORY}/{glob.escape(prefix)}*"))
        for path in segments:
            if unused(path) is not False:
                self._take(path, removal.remove_file)
        folders = [*self.folders, *self._model_files()]
        for path in folders:
            self._take(path, removal.remove_tree)
        nameless = {*glob.glob(_EMPTY_FOLDERS), *glob.glob(_LOG)} - self._known if self._alone else set()
        for path in [*reversed(self.parents), *nameless]:
            self._take(path, removal.remove_file if path == _LOG else removal.remove_empty_folder)
        return sorted(path for path in [*segments, *folders] if os.path.lexists(path))

    def _take(self, path: str, remove: Callable[[str, removal.Identity], None]) -> None:
        """Remove a file or folder if it is the user's and was made since the self-test began."""
        real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        known = removal.identity(real)
        if known is None or known.uid != self._uid or removal.born(real) < self._began:
            return
        try:
            remove(real, known)
        except OSError:
            pass

    def _model_files(self) -> list[str]:
        """Return the folders in /tmp into which tritonserver put a model of ours."""
        found = []
        for path in glob.glob(_MODEL_FILES):
            try:
                text = reading.read_text(path, reading.Limit.TINY, follow=False, owner=self._uid)
            except OSError:
                continue
            if any(f'"{folder}"' in text for folder in self.folders):
                found.append(os.path.dirname(path))
        return found


def _servers() -> set[int]:
    return {
        process.pid
        for process in processes.table()
        if process.name == "tritonserver" and process.state != "Z"
    }
