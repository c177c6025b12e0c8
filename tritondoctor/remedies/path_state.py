"""What is at a path: enough to know it again, and copies from which it can be put back."""

from __future__ import annotations

import os
import shutil
import stat
from typing import Literal

import msgspec

from tritondoctor.support.digests import sha256

_BLOCK = 1 << 20


class State(msgspec.Struct, frozen=True):
    """What is at a path; `content` is a file's SHA-256 or a link's target."""

    kind: Literal["absent", "file", "link", "folder", "other"]
    content: str = ""
    mode: int = 0


ABSENT = State("absent")


def state_of(path: str) -> State:
    """The state of a path.  Raises OSError where it cannot be read."""
    try:
        info = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    if stat.S_ISLNK(info.st_mode):
        return State("link", os.readlink(path))
    mode = stat.S_IMODE(info.st_mode)
    if stat.S_ISREG(info.st_mode):
        return State("file", digest_of(path), mode)
    return State("folder" if stat.S_ISDIR(info.st_mode) else "other", "", mode)


def digest_of(path: str) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = sha256()
    with open(path, "rb") as file:
        while True:
            block = file.read(_BLOCK)
            if not block:
                return digest.hexdigest()
            digest.update(block)


def copy(source: str, target: str) -> None:
    """A synced copy of a file or link, with its mode, times and, where allowed, its owner."""
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
        return
    shutil.copy2(source, target)
    info = os.stat(source)
    if os.geteuid() == 0:
        os.chown(target, info.st_uid, info.st_gid)
        os.chmod(target, stat.S_IMODE(info.st_mode))  # chown clears setuid bits
    descriptor = os.open(target, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def set_mode(path: str, mode: int, scratch: str) -> None:
    """Of this environment's own file: uv and conda share theirs with a cache and other environments."""
    if os.lstat(path).st_nlink > 1:
        copy(path, scratch)
        os.rename(scratch, path)
    descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.chmod(f"/proc/self/fd/{descriptor}", mode)  # fails at a link: chmod(2) follows them
    finally:
        os.close(descriptor)


def sync_folder(path: str) -> None:
    """Make renames and removals in a folder last."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # some file systems cannot sync a folder
    finally:
        os.close(descriptor)


def scratch_of(fix: str, path: str) -> str:
    """The name beside `path` under which a fix prepares what will be there."""
    return os.path.join(os.path.dirname(path), f".tritondoctor-{fix}")


def replace(source: str, path: str, scratch: str) -> None:
    """Put a copy of `source` at `path`, whole or not at all; `scratch` is a free name beside it."""
    if os.path.lexists(scratch):
        os.unlink(scratch)
    copy(source, scratch)
    os.rename(scratch, path)
    sync_folder(os.path.dirname(path))
