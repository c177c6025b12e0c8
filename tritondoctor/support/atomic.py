"""Files that reports are written to: whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Callable, Mapping

_HEAD = 1 << 16
#: what a report is known by where its format has no place for the name of what wrote it
_STAMP = "tritondoctor report; the next one may replace this file"
_STAMPS = {
    "console": f"({_STAMP})\n",
    "markdown": f"<!-- {_STAMP} -->\n",
    "github": f"::debug::{_STAMP}\n",  # which GitHub shows nobody who has not asked for it
}
#: what only a report of ours has, not a file that is about tritondoctor: where JSON names its schema,
#: SARIF its driver, JUnit its suites, GitLab's list its engine, a page what generated it
_STRUCTURED = re.compile(
    r"\s*\{\s*\"schema\":\s*\"tritondoctor\.[a-z]+/|"
    r"\s*\{\s*\"\$schema\":(?s:.){0,400}\"driver\":\s*\{\s*\"name\":\s*\"tritondoctor\"|"
    r"\s*<\?xml[^>]*>\s*<testsuites name=\"tritondoctor(?:\.fleet)?\"|"
    r"\s*\[\s*\{\s*\"engine_name\":\s*\"tritondoctor\"|\s*\[\]\s*\Z|"
    r"<!DOCTYPE html>\n<html lang=\"[^\"]*\">\n<head>\n<meta charset=\"utf-8\">\n"
    r"<meta name=\"generator\" content=\"tritondoctor [^\"]*\">\n"
)
#: GitHub gives each step a file for what people shall read, and every command of the step adds to it
_ADDED_TO = "GITHUB_STEP_SUMMARY"


def write(path: str, content: str) -> None:
    """Writes a text file of the doctor's own; raises OSError, and leaves what was there in that case.

    It takes the place of a link: what others may have made that lead to is not written to.
    """
    _put(path, content, os.replace)


def _put(path: str, content: str, name: Callable[[str, str], None]) -> None:
    """Write a file beside `path` and give it that name; nothing else is left, however this ends."""
    part = _part_of(path)
    try:
        # "x": what another user put there is neither written to nor removed
        with open(part, "x", encoding="utf-8", errors="backslashreplace") as file:
            try:
                file.write(content)
                file.flush()
                _keep_rights(path, file.fileno())
                name(part, path)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(part)
    except OSError as failure:
        failure.filename = path
        raise


def write_new(contents: Mapping[str, str]) -> None:
    """Writes text files where there are none, path -> content: all of them, and whole, or none.

    Raises FileExistsError with the path where there is one, OSError where they cannot be written.
    """
    parts: dict[str, str] = {}
    made: list[str] = []
    try:
        for path, content in contents.items():
            with open(_part_of(path), "x", encoding="utf-8") as file:
                parts[path] = file.name
                file.write(content)
        for path, part in parts.items():
            _name(part, path)
            made.append(path)
    except BaseException:
        for path in made:
            os.unlink(path)
        raise
    finally:
        for part in parts.values():
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part)


def _part_of(path: str) -> str:
    return f"{path}.{os.getpid()}-{os.urandom(4).hex()}.part"


def _name(part: str, path: str) -> None:
    """Give a file its name, where nothing has it."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path) from None
    except OSError:  # vfat and some network file systems have no links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path) from None
        os.rename(part, path)


def is_report(content: str) -> bool:
    """Whether a file's beginning is that of a report of ours, in any format."""
    return content.startswith(tuple(_STAMPS.values())) or bool(_STRUCTURED.match(content))


def stamped(format: str, content: str, path: str) -> str:
    """A report as a file of its own holds it: with what tells the next one that it may be replaced."""
    return content if path == os.environ.get(_ADDED_TO) else _STAMPS.get(format, "") + content


def write_named(path: str, content: str, is_ours: Callable[[str], bool] = is_report) -> None:
    """The same at a path that the user named, who may have meant a file that is to be read, or a pipe.

    Raises what `examine` does, and FileExistsError where something came there meanwhile.
    """
    examine(path, is_ours)
    if path == os.environ.get(_ADDED_TO):
        with open(path, "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(content)
    elif not os.path.lexists(path):
        _put(path, content, _name)
    elif stat.S_ISREG(os.lstat(path).st_mode):
        _put(path, content, os.replace)
    else:
        _write_through(path, content, is_ours)


def examine(path: str, is_ours: Callable[[str], bool] = is_report) -> None:
    """Look at what is at a path that the user named, before there is anything to write.

    Raises FileExistsError where it is not `is_ours`, PermissionError where it is a link that another user
    made, OSError for a disk, which would be overwritten from its beginning.
    """
    if os.path.islink(path) and os.lstat(path).st_uid not in (0, os.geteuid()):
        raise PermissionError(errno.EPERM, "is a link of another user")
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return
    if stat.S_ISREG(mode) and path != os.environ.get(_ADDED_TO):
        with open(path, "rb") as file:
            _require_ours(file.read(_HEAD), is_ours)
    elif stat.S_ISBLK(mode):
        raise OSError(errno.ENOTSUP, "is a disk; name a file")
    elif stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "is a folder; name a file in it")


def _write_through(path: str, content: str, is_ours: Callable[[str], bool]) -> None:
    """Write to what is no file of its own: a pipe, a terminal, a link; what that leads to stays the same.

    What is opened is looked at again: it is emptied only where it is `is_ours`.
    """
    plain = not os.path.exists(path) or stat.S_ISREG(os.stat(path).st_mode)
    access = os.O_RDWR if plain else os.O_WRONLY
    descriptor = os.open(path, access | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY, 0o666)
    with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            _require_ours(os.pread(descriptor, _HEAD, 0), is_ours)
            os.ftruncate(descriptor, 0)
        file.write(content)


def _require_ours(head: bytes, is_ours: Callable[[str], bool]) -> None:
    """Raise FileExistsError for the beginning of a file that is to be kept: an empty one is not."""
    if head and not is_ours(head.decode(errors="replace")):
        raise FileExistsError(
            errno.EEXIST, "exists already and is no report of tritondoctor; name another file"
        )


def _keep_rights(path: str, descriptor: int) -> None:
    """Give the new file the mode and, as root, the owner of the one that it replaces."""
    try:
        before = os.lstat(path)
    except FileNotFoundError:
        return
    if not stat.S_ISREG(before.st_mode):
        return
    if os.geteuid() == 0:
        os.fchown(descriptor, before.st_uid, before.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(before.st_mode))
