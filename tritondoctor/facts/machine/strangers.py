"""What in a folder of PyTriton's neither PyTriton nor its server has put there: somebody's own files.

Names alone tell little of a folder: a person may have made it, or put results into it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator

from tritondoctor.facts.machine.model import KeptReason
from tritondoctor.support import pytriton_traces, reading
from tritondoctor.support.errno_names import errno_name

#: far more than PyTriton makes
_DEPTH, _MOST = 8, 2_000
_STORE = "model-store"


def in_workspace(workspace: str) -> tuple[KeptReason, str]:
    """Return a thing in a workspace as the reason to keep it; "" where all are PyTriton's own."""

    def is_ours(name: str, entry: os.DirEntry[str]) -> bool:
        store, _, inside = name.partition("/")
        if store == _STORE and inside:
            return _is_of_stored_model(workspace, inside, entry)
        if entry.is_dir(follow_symlinks=False):
            return name in pytriton_traces.WORKSPACE_FOLDERS
        if entry.is_file(follow_symlinks=False):
            return _is_file_of_workspace(name, entry)
        is_socket = stat.S_ISSOCK(entry.stat(follow_symlinks=False).st_mode)
        return is_socket and "/" not in name and pytriton_traces.is_socket_name(name)

    return _first_stranger(workspace, is_ours)


def in_model(folder: str) -> tuple[KeptReason, str]:
    """The same of the folder into which tritonserver put a model that it was sent."""
    return _first_stranger(folder, _is_of_model)


def _is_file_of_workspace(name: str, entry: os.DirEntry[str]) -> bool:
    if "/" not in name:
        return pytriton_traces.is_lock_name(name) and entry.stat(follow_symlinks=False).st_size == 0
    return name in pytriton_traces.WORKSPACE_FILES or pytriton_traces.is_compiled_utility(name)


def _is_of_model(name: str, entry: os.DirEntry[str]) -> bool:
    if entry.is_dir(follow_symlinks=False):
        return name in pytriton_traces.MODEL_FOLDERS
    is_known = name in pytriton_traces.MODEL_FILES or pytriton_traces.is_compiled_model(name)
    return is_known and entry.is_file(follow_symlinks=False)


def _is_of_stored_model(workspace: str, inside: str, entry: os.DirEntry[str]) -> bool:
    """Whether it is a model's that PyTriton keeps in the workspace: its configuration names that one."""
    model, _, name = inside.partition("/")
    path = f"{workspace}/{_STORE}/{model}/{pytriton_traces.CONFIG}"
    try:
        config = reading.read_text(path, reading.Limit.TINY, follow=False)
    except OSError:
        return False
    if re.search(f'["/]{re.escape(workspace)}["/]', config) is None:
        return False
    return _is_of_model(name, entry) if name else entry.is_dir(follow_symlinks=False)


def _first_stranger(
    folder: str, is_ours: Callable[[str, os.DirEntry[str]], bool]
) -> tuple[KeptReason, str]:
    try:
        strangers = sorted(_strangers(folder, is_ours))
    except OSError as failure:
        return "error", errno_name(failure)
    return ("more-than-a-model", strangers[0]) if strangers else ("", "")


def _strangers(folder: str, is_ours: Callable[[str, os.DirEntry[str]], bool]) -> Iterator[str]:
    """Yield the outermost of them, and none of what would come after too many or too deep."""
    found = False
    try:
        for entry in reading.walk(folder, _DEPTH, _MOST):
            name = os.path.relpath(entry.path, folder)
            if not is_ours(name, entry):
                found = True
                yield name
    except reading.Unreadable:
        if not found:
            raise
