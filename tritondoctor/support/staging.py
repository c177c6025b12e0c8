"""Temporary folders that the next doctor recognizes as abandoned if this one is killed.

Standard library only.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator, Mapping

from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import Limit, paths_named, read_bytes

_PREFIX = "tritondoctor-fix-"
_NAME = pattern(f"{_PREFIX}[a-z0-9_]{{8}}")
#: the proof that a doctor made the folder, since a person may name a folder so: it says the folder's name
_MARKER = ".made-by-tritondoctor"
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
#: seconds
_PAUSES = (0.02, 0.1, 0.5, 0.0)
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class StagingFolder:
    """A new folder, held with a lock (flock(2)) that the kernel lets go of however this process ends."""

    def __init__(self) -> None:
        """Raises OSError where none can be made on this machine."""
        import tempfile

        self._whole = tempfile.mkdtemp(prefix=_PREFIX)
        self.folder = f"{self._whole}/files"
        self._lock = os.open(self._whole, _FOLDER)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _mark(self._whole)
            os.mkdir(self.folder)
        except OSError:
            self.remove()
            raise

    def remove(self) -> None:
        """Remove the folder with all that is in it; the mark last, so that a half of it is known too."""
        import shutil

        for pause in _PAUSES:
            shutil.rmtree(self.folder, ignore_errors=True)
            if not os.path.lexists(self.folder):
                shutil.rmtree(self._whole, ignore_errors=True)
                break
            time.sleep(pause)  # what was killed there still ends
        os.close(self._lock)

    def lend(self) -> None:
        """Let programs that are started hold it, too: those that outlive a killed doctor work in it."""
        os.set_inheritable(self._lock, True)


@contextlib.contextmanager
def temporary() -> Iterator[str]:
    """A temporary folder that `clean` finds where this process is killed.  Raises OSError."""
    made = StagingFolder()
    try:
        yield made.folder
    finally:
        made.remove()


@contextlib.contextmanager
def for_programs(variables: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Variables with a temporary folder for programs: a killed pip leaves it full.  Raises OSError."""
    made = StagingFolder()
    try:
        made.lend()
        yield {**variables, "TMPDIR": made.folder}
    finally:
        made.remove()


def abandoned() -> list[str]:
    """Return this user's folders that a doctor made and none holds."""
    import tempfile

    try:
        place = os.path.realpath(tempfile.gettempdir())
    except OSError:  # nothing can be written anywhere, so that no doctor has left anything
        return []
    return [path for path in paths_named(place, _NAME) if is_marked(path) and is_free(path)]


def is_marked(folder: str) -> bool:
    """Whether a doctor of this user's made this folder, under the name that it has."""
    try:
        content = read_bytes(f"{folder}/{_MARKER}", Limit.TINY, follow=False, owner=os.geteuid())
    except OSError:
        return False
    return content == _mark_of(folder)


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


def _mark(folder: str) -> None:
    descriptor = os.open(f"{folder}/{_MARKER}", _NEW_FILE, 0o600)
    try:
        os.write(descriptor, _mark_of(folder))
    finally:
        os.close(descriptor)


def _mark_of(folder: str) -> bytes:
    return os.fsencode(f"tritondoctor made {os.path.basename(folder)} and removes it\n")
