"""Programs on PATH that may be run: not those that somebody else has put in the user's way."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from typing import Optional

from tritondoctor.support.processes import Identity
from tritondoctor.target.identity import owner_of


def on_path(
    name: str, path: Optional[str], trusted: Collection[Optional[Identity]] = (None,)
) -> Optional[str]:
    """The first program of that name on PATH; None where there is none that may be run.

    As shutil.which finds it, whose module brings half a dozen others, but in no relative folder: an empty
    one, as `PATH=$PATH:$UNSET` makes it, is the working directory, which may hold anything.
    """
    return next((found for found in _all_on_path(name, path) if may_run(found, trusted)), None)


def first_on_path(name: str, path: Optional[str]) -> Optional[str]:
    """The same where whoever asks looks himself as whom it is run."""
    return next(_all_on_path(name, path), None)


def relative_on_path(names: Collection[str], path: Optional[str], cwd: str) -> list[str]:
    """The programs of these names in the relative folders of PATH that stand before the first of them."""
    found = []
    for folder in (os.defpath if path is None else path).split(os.pathsep):
        there = [name for name in names if is_program(os.path.join(cwd, folder, name))]
        if there and os.path.isabs(folder):
            break
        found += [os.path.join(folder or ".", name) for name in there]
    return found


def _all_on_path(name: str, path: Optional[str]) -> Iterator[str]:
    for folder in (os.defpath if path is None else path).split(os.pathsep):
        program = os.path.join(folder, name)
        if os.path.isabs(folder) and is_program(program):
            yield program


def is_program(path: str) -> bool:
    """Whether a file is there that this user can execute."""
    return os.access(path, os.X_OK) and os.path.isfile(path)


def may_run(program: str, trusted: Collection[Optional[Identity]] = (None,)) -> bool:
    """Whether it is run: as root none that a user can change who is not trusted (None: root itself)."""
    return os.geteuid() != 0 or owner_of(program) in trusted
