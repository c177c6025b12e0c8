"""What a PyTriton leaves behind when it is killed, and the removal of what was ours.

A folder was announced before it was made, a segment was announced or mapped by one of our processes, a
model's files name our workspace: so nothing of others is touched.  One thing bears no name: the empty
folder that tritonserver makes in /tmp.  It is taken for ours where it is new and no other tritonserver
was seen.  Standard library only.
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


class Leftovers:
    """Collects while PyTriton runs; `remove` once it is dead."""

    def __init__(self) -> None:
        self.folders: list[str] = []
        self.parents: list[str] = []
        self.prefixes: list[str] = []
        self.segments: set[str] = set()
        self._known = set(glob.glob(_EMPTY_FOLDERS))
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

    def look(self, pids: list[int]) -> None:
        """Learns from what our processes have mapped, and whether there are other servers."""
        for path in processes.mapped(pids, SHARED_MEMORY):
            if re.match(r"psm_|pytrtion", os.path.basename(path)):
                self.segments.add(path)
        servers = {
            one.pid for one in processes.table() if one.name == "tritonserver" and one.state != "Z"
        }
        self._alone = self._alone and servers <= set(pids)

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
        empty = set(glob.glob(_EMPTY_FOLDERS)) - self._known if self._alone else set()
        for path in [*reversed(self.parents), *empty]:
            try:
                os.rmdir(path)  # only where it is empty
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
