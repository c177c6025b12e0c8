"""What the user's own LD_LIBRARY_PATH and LD_PRELOAD bring into the launch, and how to be rid of it."""

from __future__ import annotations

import os
import shlex

from tritondoctor.checks.links import found_by
from tritondoctor.checks.model import Remedy, text
from tritondoctor.facts.model import Facts


def brought(facts: Facts, path: str) -> str:
    """What of the user's brought a file into a process: LD_LIBRARY_PATH, LD_PRELOAD, or ""."""
    folder = os.path.normpath(os.path.dirname(path))
    if found_by(facts, path) == "preload":
        return "LD_PRELOAD"
    own = {os.path.normpath(os.path.join(facts.cwd, one.text)) for one in facts.library_path}
    return "LD_LIBRARY_PATH" if folder in own else ""


def drop_folder(facts: Facts, path: str) -> tuple[Remedy, ...]:
    """Without the folder that brings the file: the value to give LD_LIBRARY_PATH or LD_PRELOAD."""
    variable = brought(facts, path)
    if variable == "LD_PRELOAD":
        return (Remedy("unset-preload", text("Preload it no more"), ("unset LD_PRELOAD",)),)
    if not variable:
        return ()
    folder = os.path.normpath(os.path.dirname(path))
    kept = [
        one.text
        for one in facts.library_path
        if one.text and os.path.normpath(os.path.join(facts.cwd, one.text)) != folder
    ]
    command = f"export LD_LIBRARY_PATH={shlex.quote(':'.join(kept))}" if kept else "unset LD_LIBRARY_PATH"
    title = text("Take {folder} off LD_LIBRARY_PATH (in this shell)", folder=folder)
    return (Remedy("shorten-library-path", title, (command,)),)
