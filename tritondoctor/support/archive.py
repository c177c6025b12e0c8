"""A zip file of texts, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

#: the oldest date that a zip file can hold: the same content gives the same bytes
_WHEN = (1980, 1, 1, 0, 0, 0)


def write(path: str, files: Mapping[str, str]) -> None:
    """Write a new file, readable by its owner only.  Raises OSError, and leaves nothing in that case."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream, ZipFile(stream, "w", ZIP_DEFLATED) as archive:
            for name, content in files.items():
                entry = ZipInfo(name, _WHEN)
                entry.compress_type = ZIP_DEFLATED
                archive.writestr(entry, content.encode("utf-8", "backslashreplace"))
    except BaseException:  # an interruption, too
        os.unlink(path)
        raise
