"""`download`: fetch everything that a recipe needs into a folder for `install --offline`.

DIR/conda/linux-64, DIR/conda/noarch     laid out as a channel
DIR/wheels                               what pip and uv take as --find-links
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from tritondoctor.installing import InstallError, fetch, pips
from tritondoctor.installing.fit import megabytes
from tritondoctor.installing.install import InstallTalk
from tritondoctor.installing.machine import free_mb
from tritondoctor.installing.packages import of_lock
from tritondoctor.installing.recipe import LOCK, Recipe


def run(
    recipe: Recipe, folder: str, variables: Mapping[str, str], talk: InstallTalk,
    *, conda: bool, local: bool = False,
) -> None:  # fmt: skip
    """Fill the folder; complete files are not fetched again.  Without `conda`: wheels only."""
    needed = megabytes(recipe, "conda" if conda else "venv")
    free = free_mb(folder)
    if free < needed:
        raise InstallError(f"{recipe.name} needs {needed} MB in {folder}; {free} MB are free.")
    wheels = os.path.join(folder, "wheels")
    fetch.examine(folder)
    try:
        os.makedirs(wheels, exist_ok=True)
    except OSError as failure:
        raise InstallError(f"{failure.filename}: {failure.strerror}") from failure
    if conda:
        packages = of_lock(recipe.path(LOCK), local=local)
        talk.begin(f"fetch {len(packages)} conda packages", recipe.size.conda * 1_000_000)
        fetch.all_of(packages, os.path.join(folder, "conda"), talk.advance)
        talk.end()
    talk.begin(f"fetch {len(recipe.requirements())} wheels", recipe.size.pip * 1_000_000)
    pips.download(recipe, wheels, variables, talk.line)
    talk.end()
