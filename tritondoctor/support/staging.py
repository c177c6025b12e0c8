"""Temporary folders of the doctor's that the next doctor knows for abandoned, should this one be killed.

Standard library only.
"""

from __future__ import annotations

import fcntl
import glob
import os

_PREFIX = "tritondoctor-fix-"
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
        """Removes the folder with all that is in it."""
        import shutil

        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)


def abandoned() -> list[str]:
    """The folders of this user's that nobody holds any more."""
    import tempfile

    pattern = f"{glob.escape(os.path.realpath(tempfile.gettempdir()))}/{_PREFIX}????????"
    return [path for path in sorted(glob.glob(pattern)) if is_free(path)]


def is_free(folder: str) -> bool:
    """Whether a folder is this user's own, and no doctor holds it."""
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
