"""The shells that may be /bin/sh: each as the command that starts a script with it."""

from __future__ import annotations

import shutil
from pathlib import Path

NAMES = ("dash", "bash", "busybox", "mksh", "zsh")


def shell(name: str, folder: Path) -> list[str]:
    """The command; [] where that shell is not installed.  `folder` gets links by the name of sh."""
    program = shutil.which(name)
    if program is None:
        return []
    if name == "busybox":
        return [program, "sh"]
    link = folder / name / "sh"
    if not link.exists():
        link.parent.mkdir(parents=True)
        link.symlink_to(program)
    return [str(link)]
