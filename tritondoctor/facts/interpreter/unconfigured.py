"""A virtual environment that its own interpreter does not know, since its pyvenv.cfg is gone.

Such a Python takes itself for its base (site.py, `venv`): it imports the base's packages, and what is
installed with it gets into the base.
"""

from __future__ import annotations

import os
from collections.abc import Collection

from tritondoctor.loader import Files


def prefix_of(files: Files, python: str, minor: str, prefix: str, sys_path: Collection[str]) -> str:
    """The folder of packages that an interpreter lies in and does not import from; "" elsewhere."""
    folder = os.path.dirname(os.path.dirname(python))
    if files.realpath(folder) == files.realpath(prefix):
        return ""
    if any(files.lexists(f"{place}/pyvenv.cfg") for place in (folder, os.path.dirname(python))):
        return ""
    known = {files.realpath(path) for path in sys_path}
    for library in ("lib", "lib64"):
        site = f"{folder}/{library}/python{minor}/site-packages"
        if files.realpath(site) not in known and _has_packages(files, site):
            return folder
    return ""


def _has_packages(files: Files, site: str) -> bool:
    try:
        return any(name.endswith(".dist-info") for name in files.listdir(site))
    except OSError:
        return False
