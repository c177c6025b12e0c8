"""The file to which Python's ssl writes the keys of its connections."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator

from tritondoctor.facts.launch.model import RefusedVariable
from tritondoctor.facts.launch.variables.view import LaunchView
from tritondoctor.loader import Files
from tritondoctor.support.errno_names import errno_name

READER = "aiohttp.connector"


def key_log(view: LaunchView) -> Iterator[RefusedVariable]:
    """`ssl.create_default_context` opens it to append; aiohttp 3.11 and later call that when they are
    imported (aiohttp/connector.py).
    """
    value = view.variables.get("SSLKEYLOGFILE")
    if not value or not makes_contexts(view):
        return
    failure = _appending(view.files, os.path.join(view.cwd, value))
    if failure:
        name = errno_name(OSError(failure, ""))
        yield RefusedVariable("SSLKEYLOGFILE", view.path(READER), "cannot-open", (), name)


def makes_contexts(view: LaunchView) -> bool:
    """Whether aiohttp is imported, and makes its TLS contexts meanwhile."""
    at_import = re.search(r"^_SSL_CONTEXT\w* = _make_ssl_context\(", view.text(READER), re.M)
    return at_import is not None and view.imported(READER)


def _appending(files: Files, path: str) -> int:
    """The error number with which open(2) fails to append to a path, 0 where it works."""
    try:
        stat = files.stat(path)
    except OSError as failure:
        if failure.errno != errno.ENOENT or path.endswith("/"):
            return failure.errno or errno.EIO
        return _making(files, os.path.dirname(path))
    if stat.kind == "dir":
        return errno.EISDIR
    return 0 if files.access(path, os.W_OK) else errno.EACCES


def _making(files: Files, folder: str) -> int:
    """The error number with which a file cannot be made in a folder."""
    try:
        stat = files.stat(folder)
    except OSError as failure:
        return failure.errno or errno.EIO
    if stat.kind != "dir":
        return errno.ENOTDIR
    if f"{files.realpath(folder)}/".startswith("/proc/"):
        return errno.ENOENT  # only the kernel makes files there, whatever its rights say (proc(5))
    return 0 if files.access(folder, os.W_OK | os.X_OK) else errno.EACCES
