"""The doctor's own files, for programs that are to run or read them.

In an installed doctor they lie in the package; where the doctor is one file (tritondoctor.pyz), they
are in that archive.
"""

from __future__ import annotations

import functools
import os
from typing import Any

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def content(name: str) -> bytes:
    """A file of the package, from an archive too.  Raises OSError where there is none."""
    loader: Any = __spec__.loader
    return bytes(loader.get_data(os.path.join(_PACKAGE, name)))


def source(name: str) -> str:
    """The text of such a file."""
    return content(name).decode("utf-8")


def table(name: str) -> Any:
    """What a JSON file of the package's data holds."""
    import msgspec

    return msgspec.json.decode(content(f"data/{name}"))


def path(name: str) -> str:
    """The path of a file or folder of the package; out of an archive it is unpacked while this runs.

    Raises OSError where that cannot be written anywhere.
    """
    archive = getattr(__spec__.loader, "archive", None)
    return os.path.join(_PACKAGE if archive is None else _unpacked(archive), name)


@functools.cache
def _unpacked(archive: str) -> str:
    import atexit
    from zipfile import ZipFile

    from tritondoctor.support.staging import StagingFolder

    made = StagingFolder()
    atexit.register(made.remove)
    folder = made.folder
    inside = os.path.relpath(_PACKAGE, archive)
    with ZipFile(archive) as file:
        names = [name for name in file.namelist() if name.startswith(f"{inside}/")]
        file.extractall(folder, names)
    return os.path.join(folder, inside)
