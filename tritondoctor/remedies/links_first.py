"""The other place for a link beside PyTriton's libraries."""

from __future__ import annotations

import os
from typing import Optional

from tritondoctor.checks.edits import Link
from tritondoctor.checks.library_path import LIBS
from tritondoctor.checks.model import Remedy, cure
from tritondoctor.facts import Facts


def where_it_is_first(remedy: Remedy, facts: Facts) -> Optional[Remedy]:
    """The same link in PYTRITON_HOME, for where the wheel's own folder cannot be written."""
    installed, launch = facts.pytriton, facts.launch
    if installed is None or launch is None:
        return None
    home = os.path.join(launch.workspace.path, LIBS)
    moved = [
        Link(os.path.join(home, os.path.basename(edit.path)), edit.target, new_folder=True)
        for edit in remedy.edits
        if isinstance(edit, Link) and os.path.dirname(edit.path) == installed.libs
    ]
    return cure(f"{remedy.id}-first", remedy.title, *moved) if moved else None
