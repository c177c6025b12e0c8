"""The place of a new environment: held by one doctor at a time, and marked while it is unfinished.

    PARENT/.NAME.tritondoctor-install     the mark, which is also the lock; it goes at the end

It lies beside the prefix, since conda's front ends refuse a folder in which something lies.  A person may
have worked in an unfinished prefix: it is moved aside, never removed.  A mark is believed only where it
is this user's own file, and names the very folder that the installation made.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from shlex import quote
from typing import Optional

import msgspec

from tritondoctor.installing import InstallError
from tritondoctor.support import reading, removal, structs
from tritondoctor.support.removal import FileIdentity

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Mark(msgspec.Struct, frozen=True):
    """What is being installed; another recipe, other locks or another form begin afresh.

    `folder` is the prefix's device and inode; none where a conda front end makes the folder itself.
    """

    recipe: str
    locks: str
    form: str
    folder: Optional[tuple[int, int]] = None

    def is_for(self, other: Mark) -> bool:
        """Whether both install the same."""
        return (self.recipe, self.locks, self.form) == (other.recipe, other.locks, other.form)


class InstallLocation:
    """A prefix that is held; `before` is the mark that an unfinished installation left."""

    def __init__(self, prefix: str, descriptor: int, mark: Optional[Mark]) -> None:
        self.prefix, self._descriptor, self.before = prefix, descriptor, mark
        self._made = False

    def begin(self, mark: Mark, say: Callable[[str], None], *, make: bool = True) -> None:
        """Mark the prefix unfinished, and make its folder unless a front end does (`make`).

        What an unfinished installation of another kind left is moved aside.  Raises InstallError.
        """
        before = self.before
        if before is not None and os.path.lexists(self.prefix):
            known = before.is_for(mark) and (before.folder is not None or not make)
            say(f"resuming the unfinished {self.prefix}") if known else move_aside(self.prefix, say)
        if make and not os.path.lexists(self.prefix):
            os.mkdir(self.prefix)
            self._made = True
        self._write(msgspec.structs.replace(mark, folder=_folder(self.prefix) if make else None))

    def finish(self) -> None:
        """The environment is whole from now on."""
        self._made = False
        _forget(mark_of(self.prefix), self._descriptor)

    def drop_empty(self) -> None:
        """Take back the folder that `begin` made, where nothing came of it."""
        if self._made and _is_empty_folder(self.prefix):
            os.rmdir(self.prefix)

    def _write(self, mark: Mark) -> None:
        content = msgspec.json.encode(mark)
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, content, 0)
        os.fsync(self._descriptor)


def mark_of(prefix: str) -> str:
    """Where the mark of a prefix lies."""
    folder, name = os.path.split(prefix)
    return os.path.join(folder, f".{name}.tritondoctor-install")


def move_aside(prefix: str, say: Callable[[str], None]) -> None:
    """Free a prefix for a new installation; whatever lies there is kept under another name.

    Raises InstallError where it belongs to another user.
    """
    if _is_empty_folder(prefix):
        os.rmdir(prefix)
    if not os.path.lexists(prefix):
        return
    if os.lstat(prefix).st_uid != os.geteuid():
        raise _taken(prefix)
    kept = free = f"{prefix}.unfinished-{time.strftime('%Y%m%d-%H%M%S')}"
    for number in range(1, 1000):
        if not os.path.lexists(kept):
            break
        kept = f"{free}-{number}"
    os.rename(prefix, kept)
    say(f"moved the unfinished {prefix} to {kept}. Remove it when you no longer need it.")


@contextmanager
def held(prefix: str) -> Iterator[InstallLocation]:
    """Hold the prefix.  Raises InstallError where another does, where something is there that is not an
    unfinished installation of this user's, and where the mark is not to be believed.
    """
    path = mark_of(prefix)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        descriptor = _locked(path, prefix)
    except OSError as failure:
        raise InstallError(f"{failure.filename or path}: {failure.strerror}") from failure
    place = None
    try:
        mark = _read(path, descriptor)
        if not _is_free(prefix, mark):
            if mark is None:
                _forget(path, descriptor)
            raise _taken(prefix)
        place = InstallLocation(prefix, descriptor, mark)
        yield place
    finally:
        if place is not None:
            place.drop_empty()
            if not os.path.lexists(prefix):
                _forget(path, descriptor)  # nothing was begun
        os.close(descriptor)


def _is_free(prefix: str, mark: Optional[Mark]) -> bool:
    """Whether nothing is there but what the marked installation made."""
    if not os.path.lexists(prefix) or _is_empty_folder(prefix):
        return True
    if mark is None:
        return False
    if mark.folder is None:  # a front end was to make it, and this is the first that one makes
        return os.path.isdir(os.path.join(prefix, "conda-meta"))
    return mark.folder == _folder(prefix)


def _folder(prefix: str) -> Optional[tuple[int, int]]:
    """A folder's device and inode; (0, 0), which no folder has, for anything else."""
    known = removal.identity(prefix)
    if known is None or not stat.S_ISDIR(known.kind) or known.uid != os.geteuid():
        return (0, 0)
    return known.device, known.inode


def _taken(prefix: str) -> InstallError:
    return InstallError(
        f"{prefix} already exists; nothing was changed. To examine it: "
        f"tritondoctor check --prefix {quote(prefix)}. To install, name another folder."
    )


def _locked(path: str, prefix: str) -> int:
    while True:
        descriptor = _opened(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as failure:
            os.close(descriptor)
            if failure.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise
            raise InstallError(
                f"Another tritondoctor is installing into {prefix}. Let it finish, then try again."
            ) from failure
        try:
            if os.path.samestat(os.fstat(descriptor), os.lstat(path)):
                # a pip that outlives a killed doctor goes on holding the place
                os.set_inheritable(descriptor, True)
                return descriptor
        except FileNotFoundError:
            pass
        os.close(descriptor)  # its holder finished meanwhile and took the file away


def _opened(path: str) -> int:
    """The mark's file, which is this user's own or is refused."""
    try:
        descriptor = os.open(path, _FLAGS, 0o644)
    except OSError as failure:
        if failure.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
            raise _not_ours(path, "is no plain file") from failure
        raise
    info = os.fstat(descriptor)
    plain = stat.S_ISREG(info.st_mode) and info.st_nlink == 1
    if not plain or info.st_uid != os.geteuid():
        os.close(descriptor)
        raise _not_ours(path, "belongs to another user" if plain else "is no plain file")
    return descriptor


def _not_ours(path: str, why: str) -> InstallError:
    return InstallError(
        f"{path} {why}, so it is not a marker file of your installation. Nothing was changed. "
        "Remove it if it is yours to remove, or name another folder."
    )


def _read(path: str, descriptor: int) -> Optional[Mark]:
    """The mark.  Raises InstallError where the file holds something else."""
    content = os.pread(descriptor, reading.Limit.TINY, 0)
    try:
        return structs.decode(content, type=Mark) if content else None
    except (ValueError, RecursionError):
        raise _not_ours(path, "cannot be read") from None


def _is_empty_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path) and not os.listdir(path)


def _forget(path: str, descriptor: int) -> None:
    """Remove the mark that is held, and no file that came into its place."""
    real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    known: FileIdentity = removal.identity_of(os.fstat(descriptor))
    try:
        removal.remove_file(real, known)
    except (FileNotFoundError, removal.Refused):
        pass
