"""Whose a file or folder is: what other users can change is not obeyed without being named."""

from __future__ import annotations

import os

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


def _trusted() -> set[int]:
    user, caller = os.geteuid(), os.environ.get("SUDO_UID", "")
    by_sudo = user == 0 and caller.isdecimal()
    return {0, user, whole(caller)} if by_sudo else {0, user}
