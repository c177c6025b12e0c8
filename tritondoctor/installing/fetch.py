"""Archives of conda packages: fetched, resumed after an interruption, and verified by hash."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException
from typing import IO, Optional
from urllib.parse import urlsplit

from tritondoctor.installing import InstallError
from tritondoctor.installing.packages import SUBDIR, LockedPackage
from tritondoctor.remedies.mirrors import of_another
from tritondoctor.support import xdg
from tritondoctor.support.reading import open_regular, scan_folder

TIMEOUT_S = 30.0
_TRIES = 3
_BLOCK = 1 << 18
#: the largest archive
_MOST = 1 << 36

#: called with the bytes that came
Advance = Callable[[int], None]


def cache(variables: Mapping[str, str]) -> str:
    """Return the folder in which archives are kept."""
    return os.path.join(xdg.own_cache(variables), "tritondoctor", "conda")


def all_of(packages: Sequence[LockedPackage], folder: str, advance: Advance) -> dict[str, str]:
    """Address -> path below `folder` (laid out as a channel) of every archive.

    Raises InstallError at the first that cannot be had or is another than the lock says; those that
    are complete are kept.
    """
    found = {}
    for package in packages:
        path = os.path.join(folder, package.subdir, package.file_name)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if os.path.exists(path) and _wrong(package, path) is None:
                advance(os.path.getsize(path))
            else:
                _fetch(package, path, advance)
        except OSError as failure:
            raise InstallError(_no_room(failure, folder)) from failure
        found[package.url] = path
    return found


def offline(packages: Sequence[LockedPackage], folder: str, advance: Advance) -> dict[str, str]:
    """The same from a folder made by `tritondoctor download`; nothing is fetched."""
    found = {}
    for package in packages:
        path = os.path.join(folder, package.subdir, package.file_name)
        if not os.path.exists(path):
            raise InstallError(f"{path} is missing. Create this folder with `tritondoctor download`.")
        try:
            wrong = _wrong(package, path)
        except OSError as failure:
            raise InstallError(f"{path}: {failure.strerror}") from failure
        if wrong is not None:
            raise InstallError(wrong)
        advance(os.path.getsize(path))
        found[package.url] = path
    return found


def examine(folder: str) -> None:
    """Raises InstallError for what another user has put into a folder of archives that both can write:
    a link, of which the end would be written to, or what has no end (a pipe), which pip would read.
    """
    parts = ("", "wheels", "conda", "conda/noarch", f"conda/{SUBDIR}")
    try:
        for place in filter(os.path.isdir, (os.path.join(folder, part) for part in parts)):
            for entry in scan_folder(place):
                _admit(entry)
    except OSError as failure:
        raise InstallError(f"{failure.filename}: {failure.strerror}") from failure


def _admit(entry: os.DirEntry[str]) -> None:
    if not entry.is_symlink():
        if not (entry.is_file() or entry.is_dir()):
            raise InstallError(f"{entry.path} is no regular file. Name another folder.")
    elif entry.stat(follow_symlinks=False).st_uid != os.geteuid():
        raise InstallError(f"{entry.path} is a link that another user put there. Name another folder.")


def _fetch(package: LockedPackage, path: str, advance: Advance) -> None:
    part = path + ".part"
    if os.path.lexists(part) and not _is_own(os.lstat(part)):
        os.unlink(part)
    for attempt in range(_TRIES):
        before = _size(part)
        try:
            _read_on(package.url, part, advance)
            break
        except urllib.error.HTTPError as failure:
            raise InstallError(f"{package.file_name}: {failure.code} {failure.reason}") from failure
        except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError) as failure:
            if _is_room(failure):
                raise
            came = _size(part) > before
            if attempt + 1 == _TRIES or not came:
                why = getattr(failure, "reason", failure)
                advice = of_another(urlsplit(package.url).hostname or "", "conda")
                raise InstallError(
                    f"{package.file_name}: {advice} "
                    f"({why}). Downloaded files are kept; run the same command again to resume."
                ) from failure
    wrong = _wrong(package, part)
    if wrong is not None:
        os.unlink(part)
        raise InstallError(wrong)
    os.replace(part, path)


def _read_on(url: str, part: str, advance: Advance) -> None:
    have = _size(part)
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as failure:
        if failure.code == 416:  # it is complete already
            return
        raise
    with answer, open(part, "ab", opener=_opened) as file:
        if have and answer.status != 206:  # the whole of it comes again
            file.truncate(0)
            have = 0
        advance(have)
        _copied(answer, file, advance)
        expected = answer.headers.get("Content-Length")
        if expected is not None and file.tell() < have + int(expected):
            raise ConnectionError("it broke off")


def _opened(path: str, flags: int) -> int:
    """Open what came so far, or a new file.  Raises OSError for anything that somebody else put there."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    if _is_own(os.fstat(descriptor)):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EPERM, os.strerror(errno.EPERM), path)


def _is_own(info: os.stat_result) -> bool:
    """Whether it is a file of this user's, by one name only: a folder may be others' to write, too."""
    return stat.S_ISREG(info.st_mode) and info.st_uid == os.geteuid() and info.st_nlink == 1


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except FileNotFoundError:
        return 0


def _copied(source: IO[bytes], file: IO[bytes], advance: Advance) -> None:
    while True:
        block = source.read(_BLOCK)
        if not block:
            return
        file.write(block)
        advance(len(block))


def _wrong(package: LockedPackage, path: str) -> Optional[str]:
    """Why the archive is rejected; None where its hash matches the lock."""
    name, expected = ("sha256", package.sha256) if package.sha256 else ("md5", package.md5)
    if expected is None:
        raise InstallError(
            f"{package.file_name}: its channel states no hash, so the download cannot be verified"
        )
    digest = hashlib.new(name)
    with open_regular(path, _MOST) as file:
        while True:
            block = file.read(_BLOCK)
            if not block:
                break
            digest.update(block)
    if digest.hexdigest() == expected:
        return None
    # the hash of a local file that a lock names is not disclosed
    found = "another" if package.url.startswith("file:") else digest.hexdigest()
    return f"{path} does not match the lock: {name} is {found}, expected {expected}"


def _is_room(failure: BaseException) -> bool:
    return isinstance(failure, OSError) and failure.errno == errno.ENOSPC


def _no_room(failure: OSError, folder: str) -> str:
    if failure.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"No space left in {folder}. Downloaded files are kept; free some space, then run the same "
            "command again."
        )
    return f"{failure.filename or folder}: {failure.strerror or failure}"
