"""Whose a file or folder is: what other users can change is not obeyed without being named."""

from __future__ import annotations

import os
import stat

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
    if found.st_uid not in _trusted() | {also}:
        return _("it belongs to another user (uid {uid})", uid=found.st_uid)
    if found.st_mode & stat.S_IWOTH:
        return _("other users can write there")
    if found.st_mode & stat.S_IWGRP and found.st_gid not in (0, os.getegid()):
        return _("a group can write there (gid {gid})", gid=found.st_gid)
    return ""


def _trusted() -> set[int]:
    user, caller = os.geteuid(), os.environ.get("SUDO_UID", "")
    by_sudo = user == 0 and caller.isdecimal()
    return {0, user, whole(caller)} if by_sudo else {0, user}
