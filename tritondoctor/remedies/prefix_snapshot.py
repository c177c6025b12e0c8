"""A prefix as it was before a package manager works on it, in a folder beside its files.

Large files, and those that share their content with the manager's cache, are kept as hard links:
managers replace such files and never write into them, since that would damage their cache.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from typing import Optional

from tritondoctor.remedies.path_state import replace, state_of, sync_folder

_COPIED_UP_TO = 1 << 20
#: stands in a snapshot that was taken to its end; its time is the manager's last sign of life
_WHOLE = ".whole"


def take(prefix: str, folder: str) -> None:
    """Take it.  Raises OSError where a file cannot be read or the disk is full."""
    os.mkdir(folder, 0o700)
    for path in _paths(prefix):
        source, kept = os.path.join(prefix, path), os.path.join(folder, path)
        info = os.lstat(source)
        if stat.S_ISDIR(info.st_mode):
            os.mkdir(kept, stat.S_IMODE(info.st_mode) | 0o700)
        elif stat.S_ISLNK(info.st_mode):
            os.symlink(os.readlink(source), kept)
        elif stat.S_ISREG(info.st_mode):
            if info.st_nlink == 1 and info.st_size <= _COPIED_UP_TO:
                shutil.copy2(source, kept)
            else:
                os.link(source, kept)
    with open(os.path.join(folder, _WHOLE), "wb"):
        pass
    os.sync()


def is_whole(folder: str) -> bool:
    """Whether it was taken to its end, and not yet dropped."""
    return os.path.exists(os.path.join(folder, _WHOLE))


def note_alive(folder: str) -> None:
    """Note in a snapshot that the package manager is at work now, by the clock of its file system."""
    os.utime(os.path.join(folder, _WHOLE))


def last_alive(folder: str) -> float:
    """When the manager was last seen at work, in seconds of that clock."""
    return os.stat(os.path.join(folder, _WHOLE)).st_mtime


def drop(folder: str) -> None:
    """First the mark, so that what is left of it after a crash passes for no snapshot."""
    try:
        os.unlink(os.path.join(folder, _WHOLE))
    except FileNotFoundError:
        pass
    shutil.rmtree(folder, ignore_errors=True)


def differences(prefix: str, folder: str) -> Iterator[tuple[str, Optional[str]]]:
    """(path below the prefix, its copy in the snapshot or None where it is new) of all that has changed:
    first what is new, the innermost first; then the rest, the outermost first.
    """
    before, after = set(_paths(folder)) - {_WHOLE}, set(_paths(prefix))
    for path in sorted(after - before, reverse=True):
        yield path, None
    for path in sorted(before):
        kept = os.path.join(folder, path)
        if path not in after or not _same(os.path.join(prefix, path), kept):
            yield path, kept


def put_back(path: str, kept: Optional[str]) -> bool:
    """Bring a path back to its copy; False where others have put something into a folder in its place."""
    if kept is None:
        return _removed(path)
    if os.path.isdir(kept) and not os.path.islink(kept):
        if not os.path.isdir(path) or os.path.islink(path):
            _removed(path)
            os.makedirs(path)
        return True
    if os.path.isdir(path) and not os.path.islink(path) and not _removed(path):
        return False
    os.makedirs(os.path.dirname(path), exist_ok=True)
    replace(kept, path, path + ".tritondoctor")
    return True


def _removed(path: str) -> bool:
    if os.path.isdir(path) and not os.path.islink(path):
        try:
            os.rmdir(path)
        except OSError:
            return False
    elif os.path.lexists(path):
        os.unlink(path)
    if os.path.isdir(os.path.dirname(path)):
        sync_folder(os.path.dirname(path))
    return True


def _paths(prefix: str) -> Iterator[str]:
    """Everything below a prefix, folders before what is in them; other environments stay out."""
    folders = [""]
    while folders:
        folder = folders.pop()
        with os.scandir(os.path.join(prefix, folder)) as listing:
            for item in listing:
                path = os.path.join(folder, item.name)
                if item.name.startswith(".tritondoctor-") or path in ("envs", "pkgs"):
                    continue
                yield path
                if item.is_dir(follow_symlinks=False):
                    folders.append(path)


def _same(first: str, second: str) -> bool:
    first_info, second_info = os.lstat(first), os.lstat(second)
    if stat.S_ISDIR(first_info.st_mode) and stat.S_ISDIR(second_info.st_mode):
        return True
    if (first_info.st_dev, first_info.st_ino) == (second_info.st_dev, second_info.st_ino):
        return True
    return state_of(first) == state_of(second)
