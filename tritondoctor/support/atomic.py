"""Files that reports are written to: whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Callable

_HEAD = 1 << 16
#: what only a report of ours has, not a file that is about tritondoctor: where JSON names its schema,
#: SARIF its driver, JUnit its suites, a page its title
_STRUCTURED = re.compile(
    r"\s*\{\s*\"schema\":\s*\"tritondoctor\.|"
    r"\s*\{\s*\"\$schema\":(?s:.){0,400}\"driver\":\s*\{\s*\"name\":\s*\"tritondoctor\"|"
    r"\s*<\?xml[^>]*>\s*<testsuites name=\"tritondoctor|"
    r"<!DOCTYPE html>\n<html(?s:.){0,600}<title>[^<]{0,900} \u2013 tritondoctor</title>"
)
#: how reports in text begin: Markdown, annotations of GitHub, GitLab's list, the screen of one
#: environment (its interpreter stands below the verdict) and of a fleet
_TEXTS = re.compile(
    r"## (?:\u274c|\u26a0\ufe0f|\u2705) [^\n]+\n\n[^\n]+  \n`[^\n]+` [(\uff08]|"
    r"::(?:error|warning|notice) title=[^\n]*\([a-z0-9-]+\)::|"
    r"\[\s*\{\s*\"type\": \"issue\",\s*\"check_name\"|\[\]\s*\Z|"
    r"(?:[^\n#]+\n){1,3}Python .{0,90}PyTriton.*\n\S*/[^\n]*[(\uff08][^\n]*[)\uff09]\s*\n|"
    r"[^\n]*\(Python .{0,60}PyTriton[^\n]*\)\.\n|tritondoctor: \d[\d,]* [^\n]+\n"
)
#: GitHub gives each step a file for what people shall read, and every command of the step adds to it
_ADDED_TO = "GITHUB_STEP_SUMMARY"


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


def is_report(content: str) -> bool:
    """Whether a file's beginning is that of a report of ours, in any format."""
    return bool(_STRUCTURED.match(content) or _TEXTS.match(content.lstrip()))


def write_named(path: str, content: str, is_ours: Callable[[str], bool] = is_report) -> None:
    """The same at a path that the user named, who may have meant a file that is to be read.

    Raises FileExistsError where something is there that is not `is_ours`, PermissionError where it is a
    link that another user made.
    """
    if os.path.islink(path) and os.lstat(path).st_uid not in (0, os.geteuid()):
        raise PermissionError(errno.EPERM, "is a link of another user")
    if _may_be_replaced(path, is_ours):
        write(path, content)
    elif path == os.environ.get(_ADDED_TO):
        with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(content)
    else:
        raise FileExistsError(
            errno.EEXIST, "exists already and is no report of tritondoctor; name another file"
        )


def _may_be_replaced(path: str, is_ours: Callable[[str], bool]) -> bool:
    """Whether nothing is there that is to be kept: no regular file, an empty one, or such a report."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return True
        with open(path, "rb") as file:
            head = file.read(_HEAD)
    except FileNotFoundError:
        return True
    return not head or is_ours(head.decode(errors="replace"))


def _keep_rights(path: str, descriptor: int) -> None:
    """Give the new file the mode and, as root, the owner of the one that it replaces."""
    try:
        before = os.lstat(path)
    except FileNotFoundError:
        return
    if os.geteuid() == 0:
        os.fchown(descriptor, before.st_uid, before.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(before.st_mode))
