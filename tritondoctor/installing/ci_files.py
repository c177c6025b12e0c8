"""`init --ci`: the file that makes a CI system ask the doctor first."""

from __future__ import annotations

import os

from tritondoctor.installing import InstallError
from tritondoctor.support import own_files
from tritondoctor.support.atomic import write_new

#: CI system -> its file, in the project
FILES = {"github": ".github/workflows/preflight.yml", "gitlab": "preflight.gitlab-ci.yml"}


def write(folder: str, system: str) -> str:
    """Write the file and return its path.  Raises InstallError, writing nothing, if it exists."""
    path = os.path.join(folder, FILES[system])
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        write_new({path: own_files.source(f"data/ci/{system}.yml")})
    except FileExistsError:
        raise InstallError(f"{path} already exists; nothing was written.") from None
    except OSError as failure:
        raise InstallError(f"{failure.filename or path}: {failure.strerror}") from failure
    return path
