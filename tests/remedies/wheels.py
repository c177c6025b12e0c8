"""Wheels on disk, from which pip installs in sandboxes without a network."""

from __future__ import annotations

from pathlib import Path

from tests.truth import stock

#: what the remedies of the environments here may ask pip for
WANTED = ("nvidia-pytriton==0.7.0", "numpy<2")


def house(name: str) -> Path:
    """A folder with the wheels for one Python of the machine."""
    base = stock.interpreter(name)

    def make(folder: Path) -> None:
        folder.mkdir()
        python = f"{stock.venv(name)}/bin/python"
        for requirement in WANTED:
            stock.run(
                [python, "-m", "pip", "wheel", "-q", "-w", str(folder), requirement],
                f"wheels of {requirement}",
            )  # fmt: skip

    return stock.kept(f"{base.version}-wheels", make)
