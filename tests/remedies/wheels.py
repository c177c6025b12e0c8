"""Wheels on disk, from which pip installs in sandboxes without a network."""

from __future__ import annotations

import re
from pathlib import Path

from tests.truth import stock

#: what the remedies of the environments here may ask pip for
WANTED = ("nvidia-pytriton==0.7.0", "numpy<2")


def house(name: str, *more: tuple[str, ...]) -> Path:
    """A folder with the wheels for one Python of the machine, and those that pip chooses for `more`."""
    base = stock.interpreter(name)

    def make(folder: Path) -> None:
        folder.mkdir()
        python = f"{stock.venv(name)}/bin/python"
        for wish in more or [(one,) for one in WANTED]:
            stock.run(
                [python, "-m", "pip", "wheel", "-q", "-w", str(folder), *wish],
                f"wheels of {' '.join(wish)}",
            )  # fmt: skip

    what = "".join(f"-{re.sub(r'[^a-z0-9.]+', '-', one)}" for wish in more for one in wish)
    return stock.kept(f"{base.version}-wheels{what}", make)
