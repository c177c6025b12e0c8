"""Temporary folders that the next doctor recognizes as abandoned if this one is killed.

Standard library only.
"""

from __future__ import annotations

import fcntl
import os
import re

from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import paths_named

_PREFIX = "tritondoctor-fix-"
_NAME = pattern(f"{_PREFIX}.{{8}}", re.S)
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class StagingFolder:
    """A new folder, held with a lock (flock(2)) that the kernel lets go of however this process ends."""

    def __init__(self) -> None:
        """Raises OSError where none can be made on this machine."""
        import tempfile

        self.folder = tempfile.mkdtemp(prefix=_PREFIX)
        self._lock = os.open(self.folder, _FOLDER)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        import shutil

        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)


def abandoned() -> list[str]:
    """Return this user's folders that no doctor holds."""
    import tempfile

    try:
        place = os.path.realpath(tempfile.gettempdir())
    except OSError:  # nothing can be written anywhere, so that no doctor has left anything
        return []
    return [path for path in paths_named(place, _NAME) if is_free(path)]


def is_free(folder: str) -> bool:
    """Whether a folder belongs to this user and no doctor holds it."""
    try:
        descriptor = os.open(folder, _FOLDER)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(descriptor).st_uid == os.geteuid()
    except OSError:
        return False
    finally:
        os.close(descriptor)
