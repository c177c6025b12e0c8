"""The doctor's command line in a sandbox without a network, over wheels that were fetched before."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.truth import real, stock
from tritondoctor.installing import InstallError, pips, recipe

DEADLINE_S = 900.0


def wheels(name: str) -> Path:
    """The wheels of a recipe, as `tritondoctor download` fetches them."""
    one = recipe.named(name)[0]
    digest = hashlib.sha256(Path(one.path(recipe.REQUIREMENTS)).read_bytes()).hexdigest()[:12]

    def make(folder: Path) -> None:
        folder.mkdir()
        try:
            pips.download(one, str(folder), os.environ, lambda line: None)
        except InstallError as failure:
            raise stock.Absent(f"the wheels of {name}: {failure}") from failure

    return stock.kept(f"recipe-{name}-{digest}", make)


class Box:
    """A home and a working directory of its own; `python` is the doctor's."""

    def __init__(self, here: Path) -> None:
        self.here = here
        for name in ("home", "work"):
            (here / name).mkdir()
        self.work = here / "work"
        folders = [os.path.dirname(sys.executable), "/usr/bin", "/bin"]
        self.variables = {
            "HOME": str(here / "home"), "LANG": "C.UTF-8", "UV_CACHE_DIR": str(here / "uv"),
            "RATTLER_CACHE_DIR": str(stock.CACHE / "rattler"), "PIP_NO_INDEX": "1", "UV_OFFLINE": "1",
            "UV_NO_INDEX": "1", "UV_LINK_MODE": "hardlink", "COLUMNS": "80",
        }  # fmt: skip
        self.path(*folders)

    def path(self, *folders: str) -> None:
        self.variables["PATH"] = ":".join(folders)

    def with_python(self, name: str) -> None:
        """Puts the machine's Python of that minor version first."""
        self.path(os.path.dirname(stock.interpreter(name).path), *self.variables["PATH"].split(":"))

    def with_wheels(self, folder: Path) -> None:
        """For installations that are not told --offline."""
        self.variables |= {"PIP_FIND_LINKS": str(folder), "UV_FIND_LINKS": str(folder)}

    def command(self, *arguments: str, extra: tuple[str, ...] = ()) -> list[str]:
        return [
            *real.sandbox(extra), *real.with_variables(self.variables), sys.executable, "-m",
            "tritondoctor", *arguments,
        ]  # fmt: skip

    def run(self, *arguments: str, extra: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments, extra=extra), capture_output=True, text=True, check=False,
            cwd=self.work, timeout=DEADLINE_S, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def shell(self, script: str) -> subprocess.CompletedProcess[str]:
        """A person's shell there."""
        line = [*real.sandbox(), *real.with_variables(self.variables), "bash", "-c", script]
        return subprocess.run(
            line, capture_output=True, text=True, check=False, cwd=self.work, timeout=120
        )


@pytest.fixture
def box() -> Iterator[Box]:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap (bwrap) is not installed")
    here = Path(tempfile.mkdtemp(prefix="ti-", dir="/tmp"))
    try:
        yield Box(here)
    finally:
        shutil.rmtree(here, ignore_errors=True)
