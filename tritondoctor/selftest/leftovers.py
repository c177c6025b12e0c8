"""What a PyTriton leaves behind when it is killed, and the removal of what was ours.

A folder was announced before it was made, a segment was announced or mapped by one of our processes, a
model's files name our workspace: so nothing of others is touched.  Two things bear no name: the empty
folder that tritonserver makes in /tmp, and the log that its DCGM begins where it may.  They are taken for
ours where they are new and no other tritonserver was seen.  Standard library only.
"""

from __future__ import annotations

import glob
import os
import re
import shutil
from typing import Any

from tritondoctor.selftest import processes

SHARED_MEMORY = "/dev/shm"
_MODEL_FILES = "/tmp/folder??????/config.pbtxt"
_EMPTY_FOLDERS = "/tmp/python_env_??????"
_LOG = "/var/log/nv-hostengine.log"


class Leftovers:
    """Collects while PyTriton runs; `remove` once it is dead."""

    def __init__(self) -> None:
        self.folders: list[str] = []
        self.parents: list[str] = []
        self.prefixes: list[str] = []
        self.segments: set[str] = set()
        self._known = {*glob.glob(_EMPTY_FOLDERS), *glob.glob(_LOG)}
        self._alone = True

    def note(self, message: dict[str, Any]) -> None:
        """Learns from what serve_linear.py announces."""
        if message["event"] == "makes":
            self.folders.append(message["folder"])
        elif message["event"] == "makes-parent":
            path = message["folder"]
            if not any(path.startswith(folder + "/") for folder in self.folders):
                self.parents.append(path)
        elif message["event"] == "made" and message["shared_memory"]:
            self.prefixes.append(message["shared_memory"])

    def look(self, mark: str) -> None:
        """Learns what the processes with the mark have mapped, and whether there are other servers."""
        servers = _servers()  # before ours, so that none that starts meanwhile seems another's
        pids = processes.marked(mark)
        for path in processes.mapped(pids, SHARED_MEMORY):
            if re.match(r"psm_|pytrtion", os.path.basename(path)):
                self.segments.add(path)
        strangers = servers - set(pids)
        if strangers & _servers():  # one of ours may have ended meanwhile
            self._alone = False

    def remove(self) -> list[str]:
        """Removes all of it; what could not be removed."""
        segments = set(self.segments)
        for prefix in self.prefixes:
            segments.update(glob.glob(f"{SHARED_MEMORY}/{glob.escape(prefix)}*"))
        for path in segments:
            try:
                os.unlink(path)
            except OSError:
                pass
        folders = [*self.folders, *self._model_files()]
        for path in folders:
            shutil.rmtree(path, ignore_errors=True)
        nameless = {*glob.glob(_EMPTY_FOLDERS), *glob.glob(_LOG)} - self._known if self._alone else set()
        for path in [*reversed(self.parents), *nameless]:
            try:
                os.unlink(path) if path == _LOG else os.rmdir(path)  # only where it is empty
            except OSError:
                pass
        return sorted(path for path in [*segments, *folders] if os.path.lexists(path))

    def _model_files(self) -> list[str]:
        """Folders in /tmp into which tritonserver put a model of ours."""
        found = []
        for path in glob.glob(_MODEL_FILES):
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    text = file.read()
            except OSError:
                continue
            if any(f'"{folder}"' in text for folder in self.folders):
                found.append(os.path.dirname(path))
        return found


def _servers() -> set[int]:
    return {one.pid for one in processes.table() if one.name == "tritonserver" and one.state != "Z"}
