"""Files that reports are written to: whole or not at all."""

from __future__ import annotations

import errno
import os
import stat

_NAME = "tritondoctor"
#: how JSON and pages begin
_BEGINNINGS = ("{", "<")
_HEAD = 1 << 16


def write(path: str, content: str) -> None:
    """Writes a text file; raises OSError, and leaves what was there before in that case."""
    if os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode):
        with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(content)  # a pipe, a terminal, a link: what it leads to stays the same
        return
    part = f"{path}.{os.getpid()}-{os.urandom(4).hex()}.part"
    # "x": what another user put there is neither written to nor removed
    with open(part, "x", encoding="utf-8", errors="backslashreplace") as file:
        try:
            file.write(content)
            file.flush()
            _keep_rights(path, file.fileno())
            os.replace(part, path)
        except OSError:
            os.unlink(part)
            raise


def write_named(path: str, content: str) -> None:
    """The same at a path that the user named, who may have meant a file that is to be read.

    Raises FileExistsError where something else than such a report is there, PermissionError where it is
    a link that another user made.  A report in plain text, which has no mark, replaces whatever is there.
    """
    if os.path.islink(path) and os.lstat(path).st_uid not in (0, os.geteuid()):
        raise PermissionError(errno.EPERM, "is a link of another user")
    if content.startswith(_BEGINNINGS) and _NAME in content[:_HEAD] and not _may_be_replaced(path):
        raise FileExistsError(
            errno.EEXIST, "exists already and is no report of tritondoctor; name another file"
        )
    write(path, content)


def _may_be_replaced(path: str) -> bool:
    """Whether nothing is there that is to be kept: no regular file, an empty one, or such a report."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return True
        with open(path, "rb") as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        return True
    text = head.decode(errors="replace").lstrip()
    return not head or (text.startswith(_BEGINNINGS) and _NAME in text)


def _keep_rights(path: str, descriptor: int) -> None:
    """Give the new file the mode and, as root, the owner of the one that it replaces."""
    try:
        before = os.lstat(path)
    except FileNotFoundError:
        return
    if os.geteuid() == 0:
        os.fchown(descriptor, before.st_uid, before.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(before.st_mode))
