"""`init`: the Linear server and client of the quick start, as starter files."""

from __future__ import annotations

import importlib.resources
import os

from tritondoctor.installing import InstallError

FILES = ("server.py", "client.py")


def write(folder: str) -> list[str]:
    """Write the files and return their paths.  Raises InstallError, writing nothing, if one exists."""
    paths = [os.path.join(folder, name) for name in FILES]
    for path in paths:
        if os.path.lexists(path):
            raise InstallError(f"{path} already exists; nothing was written.")
    source = importlib.resources.files("tritondoctor.data").joinpath("starter")
    try:
        os.makedirs(folder, exist_ok=True)
        for name, path in zip(FILES, paths):
            with open(path, "w", encoding="utf-8") as file:
                file.write(source.joinpath(name).read_text(encoding="utf-8"))
    except OSError as failure:
        raise InstallError(f"{failure.filename or folder}: {failure.strerror}") from failure
    return paths
