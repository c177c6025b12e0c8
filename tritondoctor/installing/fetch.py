"""Archives of conda packages: fetched, resumed where they broke off, and compared with their hash."""

from __future__ import annotations

import errno
import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException
from typing import IO, Optional
from urllib.parse import urlsplit

from tritondoctor.installing import InstallError
from tritondoctor.installing.packages import Package
from tritondoctor.support import xdg
from tritondoctor.support.hosts import another

TIMEOUT_S = 30.0
_TRIES = 3
_BLOCK = 1 << 18

#: called with the bytes that came
Advance = Callable[[int], None]


def cache(variables: Mapping[str, str]) -> str:
    """Return the folder in which archives are kept."""
    return os.path.join(xdg.cache_folder(variables), "tritondoctor", "conda")


def all_of(packages: Sequence[Package], folder: str, advance: Advance) -> dict[str, str]:
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


def offline(packages: Sequence[Package], folder: str, advance: Advance) -> dict[str, str]:
    """The same from a folder that `tritondoctor download` filled; nothing is fetched."""
    found = {}
    for package in packages:
        path = os.path.join(folder, package.subdir, package.file_name)
        if not os.path.exists(path):
            raise InstallError(f"{path} is not there. `tritondoctor download` fills such a folder.")
        wrong = _wrong(package, path)
        if wrong is not None:
            raise InstallError(wrong)
        advance(os.path.getsize(path))
        found[package.url] = path
    return found


def _fetch(package: Package, path: str, advance: Advance) -> None:
    part = path + ".part"
    for attempt in range(_TRIES):
        before = os.path.getsize(part) if os.path.exists(part) else 0
        try:
            _read_on(package.url, part, advance)
            break
        except urllib.error.HTTPError as failure:
            raise InstallError(f"{package.file_name}: {failure.code} {failure.reason}") from failure
        except (urllib.error.URLError, HTTPException, TimeoutError, ConnectionError) as failure:
            if _is_room(failure):
                raise
            came = os.path.exists(part) and os.path.getsize(part) > before
            if attempt + 1 == _TRIES or not came:
                why = getattr(failure, "reason", failure)
                raise InstallError(
                    f"{package.file_name}: {another(urlsplit(package.url).hostname or '', conda=True)} "
                    f"({why}). What came is kept; the same command goes on from there."
                ) from failure
    wrong = _wrong(package, part)
    if wrong is not None:
        os.unlink(part)
        raise InstallError(wrong)
    os.replace(part, path)


def _read_on(url: str, part: str, advance: Advance) -> None:
    have = os.path.getsize(part) if os.path.exists(part) else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as failure:
        if failure.code == 416:  # it is complete already
            return
        raise
    with answer, open(part, "ab") as file:
        if have and answer.status != 206:  # the whole of it comes again
            file.truncate(0)
            have = 0
        advance(have)
        _copied(answer, file, advance)
        expected = answer.headers.get("Content-Length")
        if expected is not None and file.tell() < have + int(expected):
            raise ConnectionError("it broke off")


def _copied(source: IO[bytes], file: IO[bytes], advance: Advance) -> None:
    while True:
        block = source.read(_BLOCK)
        if not block:
            return
        file.write(block)
        advance(len(block))


def _wrong(package: Package, path: str) -> Optional[str]:
    """What is wrong with the archive; None where its hash is that of the lock."""
    name, expected = ("sha256", package.sha256) if package.sha256 else ("md5", package.md5)
    if expected is None:
        raise InstallError(
            f"{package.file_name}: its channel states no hash, and nothing is taken without"
        )
    digest = hashlib.new(name)
    with open(path, "rb") as file:
        while True:
            block = file.read(_BLOCK)
            if not block:
                break
            digest.update(block)
    if digest.hexdigest() == expected:
        return None
    # of a file of this machine, which only the lock named, nothing is told
    found = "another" if package.url.startswith("file:") else digest.hexdigest()
    return f"{path} is not the file of the lock: {name} {found}, not {expected}"


def _is_room(failure: BaseException) -> bool:
    return isinstance(failure, OSError) and failure.errno == errno.ENOSPC


def _no_room(failure: OSError, folder: str) -> str:
    if failure.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"No room is left in {folder}. What came is kept; make room, then the same command."
    return f"{failure.filename or folder}: {failure.strerror or failure}"
