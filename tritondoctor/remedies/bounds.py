"""What a fix may do, and a record may make an undo do: paths of its own prefix and the user's start
files, nothing else.

A record is a file: it can be damaged, somebody else's, or written to have root remove what is not the
doctor's.  And a folder that was changed may by now be a link that leads elsewhere.  So is a RECORD, the
list of a package's files: it may name any file of the machine.
"""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Optional

from tritondoctor.facts.machine.shell_files import START_FILES
from tritondoctor.remedies.operations import RemedyError

if TYPE_CHECKING:
    from tritondoctor.remedies.journal import JournalEntry, Record

_ID = re.compile(r"\d{8}-\d{6}(-\d{1,3})?")
_BACKUP = re.compile(r"\d{5,}")
_LIBS = "nvidia_pytriton.libs"


def is_sound(record: Record, folder: str) -> bool:
    """Whether a record in that folder says nothing but what a fix writes."""
    snapshot, prefix = record.snapshot, record.prefix
    paths = [*record.made, *(path for entry in record.entries for path in (entry.path, entry.moved_to))]
    return (
        _ID.fullmatch(record.id) is not None
        and record.id == os.path.basename(folder)
        and all(path is None or _is_plain(path) for path in (prefix, *paths))
        and all(_BACKUP.fullmatch(entry.backup) for entry in record.entries if entry.backup is not None)
        and all(folder.startswith(f"{path}/") for path in record.made)
        and (snapshot is None or (snapshot.prefix, snapshot.folder) == (prefix, snapshot_of(record)))
    )


def snapshot_of(record: Record) -> str:
    """Where the snapshot of a fix lies."""
    return os.path.join(record.prefix, f".tritondoctor-{record.id}.snapshot")


def folder_of(entry: JournalEntry, record: Record) -> Optional[str]:
    """The real folder in which an entry is to be undone; None where it is not the one that it was, or
    lies where no fix works.
    """
    real = os.path.realpath(os.path.dirname(entry.path))
    if entry.folder not in ("", real):
        return None
    if _is_below(real, os.path.realpath(record.prefix)) or _is_start_file(entry.path):
        return real
    others = _is_move(entry) or _is_link_for_pytriton(entry) or _is_above_another(entry, record)
    return real if others else None


def inside(paths: Iterable[str], prefix: str) -> list[str]:
    """Those of the paths whose real folder lies in the prefix: none that `..` or a link leads out."""
    paths, real = list(paths), os.path.realpath(prefix)
    folders = {os.path.dirname(path) for path in paths}
    own = {folder for folder in folders if _is_below(os.path.realpath(folder), real)}
    return [path for path in paths if os.path.dirname(path) in own and _is_plain(path)]


def examine(record: Record) -> None:
    """Raises RemedyError at the first entry that would not be undone: nothing is done that cannot be."""
    own = set(inside((entry.path for entry in record.entries), record.prefix))
    for entry in record.entries:
        if entry.path not in own and folder_of(entry, record) is None:
            real = os.path.join(
                os.path.realpath(os.path.dirname(entry.path)), os.path.basename(entry.path)
            )
            where = entry.path if real == entry.path else f"{entry.path} ({real})"
            raise RemedyError(f"{where} lies outside of {record.prefix}: an undo could not put it back")


def _is_plain(path: str) -> bool:
    return path[:1] == "/" and os.path.basename(path) not in ("", ".", "..") and "\0" not in path


def _is_below(path: str, folder: str) -> bool:
    return f"{path}/".startswith(f"{folder}/")


def _is_start_file(path: str) -> bool:
    known = [os.path.join(home, name) for home in _homes() for name in START_FILES]
    return path in {*known, *map(os.path.realpath, known), os.environ.get("BASH_ENV")}


def _homes() -> set[str]:
    try:
        return {os.path.expanduser("~"), pwd.getpwuid(os.geteuid()).pw_dir}
    except KeyError:
        return {os.path.expanduser("~")}


def _is_move(entry: JournalEntry) -> bool:
    """A file that hides a package, given back its name in the same folder: nothing is removed by that."""
    if entry.moved_to is None or os.path.dirname(entry.moved_to) != os.path.dirname(entry.path):
        return False
    return os.path.basename(entry.path) in os.path.basename(entry.moved_to)


def _is_link_for_pytriton(entry: JournalEntry) -> bool:
    """A link, or the folder for it, in PyTriton's home, which may lie anywhere."""
    new_link = entry.before.kind in ("absent", "link") and entry.after.kind == "link"
    return new_link and os.path.basename(os.path.dirname(entry.path)) == _LIBS


def _is_above_another(entry: JournalEntry, record: Record) -> bool:
    """An empty folder that was made for a link in PyTriton's home."""
    if (entry.before.kind, entry.after.kind) != ("absent", "folder"):
        return False
    return any(
        other.path.startswith(f"{entry.path}/") and _is_link_for_pytriton(other)
        for other in record.entries
    )
