"""A recipe's own index: asked only for what is not at hand, and never believed without a hash."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.installing.boxed import Box, box
from tests.truth import stock
from tritondoctor.installing import InstallError, pips, recipe

__all__ = ["box"]
pytestmark = pytest.mark.cycle
WHEEL = "only_there-1.0+cpu-py3-none-any.whl"
_INFO = "only_there-1.0+cpu.dist-info"
FILES = {
    "only_there.py": "",
    f"{_INFO}/METADATA": "Metadata-Version: 2.1\nName: only-there\nVersion: 1.0+cpu\n",
    f"{_INFO}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    f"{_INFO}/RECORD": "",
}


def _index(folder: Path) -> Path:
    """An index as a folder, with one wheel in it."""
    package = folder / "only-there"
    package.mkdir(parents=True)
    with zipfile.ZipFile(package / WHEEL, "w") as archive:
        for name, text in FILES.items():
            archive.writestr(name, text)
    (package / "index.html").write_text(f'<a href="{WHEEL}">{WHEEL}</a>\n')
    return package / WHEEL


def _recipe(folder: Path, index: Path, digest: str) -> recipe.Recipe:
    text = Path(recipe.named("minimal-3.11")[0].path(recipe.TOML)).read_text()
    folder.mkdir()
    (folder / recipe.TOML).write_text(f'index = "{index.as_uri()}"\n{text}')
    (folder / recipe.REQUIREMENTS).write_text(f"only-there==1.0+cpu --hash=sha256:{digest}\n")
    return recipe.load(str(folder))


@pytest.mark.parametrize("program", ["uv", "pip"])
@pytest.mark.parametrize("whose", ["own", "at-hand", "another"])
def test_what_is_not_at_hand_comes_from_there(
    box: Box, program: str, whose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if program == "pip":
        monkeypatch.setattr(pips, "uv", lambda variables: None)
    python = stock.make_venv(stock.interpreter("3.11"), box.work / "env")
    wheel = _index(box.here / "index")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    index = box.here / ("nowhere" if whose == "at-hand" else "index")
    chosen = _recipe(box.here / "recipe", index, digest if whose != "another" else "0" * 64)
    empty = box.here / "empty"
    empty.mkdir()
    box.variables = {**box.variables, "PIP_INDEX_URL": empty.as_uri()}
    for name in ("PIP_NO_INDEX", "UV_NO_INDEX", "UV_OFFLINE"):
        del box.variables[name]
    if whose == "at-hand":
        box.with_wheels(wheel.parent)
    if whose == "another":
        with pytest.raises(InstallError):
            pips.install(python, chosen, None, box.variables, lambda line: None)
        return
    pips.install(python, chosen, None, box.variables, lambda line: None)
    assert subprocess.run([python, "-c", "import only_there"], check=False).returncode == 0


def test_no_index_is_asked_of_a_folder_that_was_downloaded(box: Box) -> None:
    python = stock.make_venv(stock.interpreter("3.11"), box.work / "env")
    wheel = _index(box.here / "index")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    chosen = _recipe(box.here / "recipe", box.here / "index", digest)
    with pytest.raises(InstallError):
        pips.install(python, chosen, str(box.here / "home"), box.variables, lambda line: None)
