"""Files that are put out of the way and may be somebody's: kept in the state folder, never deleted.

$XDG_STATE_HOME/tritondoctor/kept/ID/PATH-BELOW-THE-PREFIX
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Sequence

from tritondoctor.remedies.journal import Journal
from tritondoctor.support.messages import _

#: larger files are not copied to another file system: they stay where they are
_COPIED_UP_TO = 1 << 27
_MOST_LISTED = 5


def folder_of(journal: Journal) -> str:
    """Where the files of a fix are kept."""
    state = os.path.dirname(os.path.dirname(journal.folder))
    return os.path.join(state, "kept", journal.record.id)


def keep(path: str, name: str, journal: Journal) -> bool:
    """Move what lies at `path` there, as `name`; False where it stays, as it cannot be moved."""
    target = os.path.join(folder_of(journal), name)
    try:
        os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
        if not os.path.lexists(target):
            _move(path, target)
            return True
    except OSError:
        pass
    return False


def notes(paths: Sequence[str], journal: Journal) -> list[str]:
    """What the user has to know of files that were moved there."""
    if not paths:
        return []
    return [
        _(
            "These changed while the package manager ran, and no package of the fix has them. They may "
            "be yours, so they were kept in {folder}: {paths}",
            folder=folder_of(journal),
            paths=listed(paths),
        )
    ]


def listed(paths: Sequence[str]) -> str:
    """Some paths of many, in a line."""
    line = ", ".join(paths[:_MOST_LISTED])
    if len(paths) <= _MOST_LISTED:
        return line
    return str(_("{paths} and {count} more", paths=line, count=len(paths) - _MOST_LISTED))


def _move(path: str, target: str) -> None:
    try:
        os.rename(path, target)
        return
    except OSError as failure:
        if failure.errno != errno.EXDEV:
            raise
    info = os.lstat(path)
    if stat.S_ISLNK(info.st_mode):
        os.symlink(os.readlink(path), target)
    elif stat.S_ISREG(info.st_mode) and info.st_size <= _COPIED_UP_TO:
        shutil.copy2(path, target)
    else:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), path)
    os.unlink(path)
