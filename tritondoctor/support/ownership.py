"""Whose a file or folder is: what other users can change is not obeyed without being named."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from tritondoctor.support import writers
from tritondoctor.support.messages import _
from tritondoctor.support.numbers import whole


def not_ours(path: str, also: int = 0) -> str:
    """Why other users control it; empty where they do not, or where nothing is there.

    `also` is the uid of another user who is trusted with it.
    """
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return ""
    trusted = _trusted() | {also}
    if found.st_uid not in trusted:
        return _("it belongs to another user (uid {uid})", uid=found.st_uid)
    may_write = writers.of(path, found)
    if may_write.anyone or not trusted.issuperset(may_write.users):
        return _("other users can write there")
    for gid in may_write.groups:
        if gid not in (0, os.getegid()):
            return _("a group can write there (gid {gid})", gid=gid)
    return ""


def exchanged_by_others(path: str) -> tuple[str, str]:
    """The first folder above a path, or above what its links lead to, in which another user can put
    something else in its place, and why; empty where there is none.  In a sticky one (/tmp) only its
    owner can.
    """
    above = os.path.dirname(path)
    for folder in dict.fromkeys([*_upwards(above), *_upwards(os.path.realpath(above))]):
        why = not_ours(folder)
        if why and not _keeps_apart(folder):
            return folder, why
    return "", ""


def _upwards(folder: str) -> Iterator[str]:
    while folder != os.path.dirname(folder):
        yield folder
        folder = os.path.dirname(folder)
    yield folder


def _keeps_apart(folder: str) -> bool:
    found = os.stat(folder)
    return bool(found.st_mode & stat.S_ISVTX) and found.st_uid in _trusted()


def _trusted() -> set[int]:
    user, caller = os.geteuid(), os.environ.get("SUDO_UID", "")
    by_sudo = user == 0 and caller.isdecimal()
    return {0, user, whole(caller)} if by_sudo else {0, user}
