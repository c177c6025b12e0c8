"""The place of a new environment: held by one doctor at a time, and marked while it is unfinished.

    PARENT/.NAME.tritondoctor-install     the mark, which is also the lock; it goes at the end

It lies beside the prefix, since conda's front ends refuse a folder in which something lies.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Optional

import msgspec

from tritondoctor.installing import InstallError


class Mark(msgspec.Struct, frozen=True):
    """What is being installed; another recipe, other locks or another form begin afresh."""

    recipe: str
    locks: str
    form: str


class Place:
    """A prefix that is held."""

    def __init__(self, prefix: str, path: str, mark: Optional[Mark]) -> None:
        self.prefix, self._path, self.before = prefix, path, mark

    def begin(self, mark: Mark, say: Callable[[str], None]) -> None:
        """Marks the prefix unfinished.  What an unfinished one of another kind left is removed."""
        if self.before is not None and self.before != mark:
            say(f"removing an unfinished {self.before.recipe} ({self.before.form}) from {self.prefix}")
            shutil.rmtree(self.prefix, ignore_errors=True)
        elif self.before is not None:
            say(f"going on with the unfinished {self.prefix}")
        with open(self._path, "r+b") as file:  # the lock is on this very file
            file.truncate()
            file.write(msgspec.json.encode(mark))
            file.flush()
            os.fsync(file.fileno())

    def finish(self) -> None:
        """The environment is whole from now on."""
        os.unlink(self._path)


def mark_of(prefix: str) -> str:
    """Where the mark of a prefix lies."""
    folder, name = os.path.split(prefix)
    return os.path.join(folder, f".{name}.tritondoctor-install")


@contextmanager
def held(prefix: str) -> Iterator[Place]:
    """Holds the prefix.  Raises InstallError where another does, or where something is there that is
    not an unfinished installation.
    """
    path = mark_of(prefix)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        descriptor = _locked(path, prefix)
    except OSError as failure:
        raise InstallError(f"{failure.filename or path}: {failure.strerror}") from failure
    try:
        mark = _read(path)
        if mark is None and os.path.lexists(prefix) and not _is_empty_folder(prefix):
            _forget(path)
            raise InstallError(
                f"{prefix} is there already, and nothing was changed. To examine it: "
                f"tritondoctor check --prefix {prefix}. For a new one name another folder."
            )
        yield Place(prefix, path, mark)
    finally:
        if not os.path.lexists(prefix):
            _forget(path)  # nothing was begun
        os.close(descriptor)


def _locked(path: str, prefix: str) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
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
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                # a pip that outlives a killed doctor goes on holding the place
                os.set_inheritable(descriptor, True)
                return descriptor
        except FileNotFoundError:
            pass
        os.close(descriptor)  # its holder finished meanwhile and took the file away


def _read(path: str) -> Optional[Mark]:
    with open(path, "rb") as file:
        content = file.read()
    try:
        return msgspec.json.decode(content, type=Mark) if content else None
    except msgspec.DecodeError:
        return Mark("installation", "", "of an unknown kind")


def _is_empty_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.listdir(path)


def _forget(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
