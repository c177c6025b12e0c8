"""The wheel and the source distribution: built, judged by twine, and the wheel installed and used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.packaging.conftest import ROOT


def _run(*command: str | Path) -> str:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_twine_is_content(distributions: Path) -> None:
    made = sorted(distributions.iterdir())
    assert [path.suffix for path in made] == [".whl", ".gz"]
    _run(sys.executable, "-m", "twine", "check", "--strict", *made)


def test_the_installed_wheel_works(distributions: Path, tmp_path: Path) -> None:
    """Every command is there without the checkout, with the recipes and the tables."""
    [wheel] = distributions.glob("*.whl")
    environment = tmp_path / "environment"
    _run(sys.executable, "-m", "venv", environment)
    _run(environment / "bin/python", "-m", "pip", "install", "--quiet", wheel)
    doctor = environment / "bin/tritondoctor"
    assert _run(doctor, "--version").startswith("tritondoctor ")
    assert "libpython" in _run(doctor, "explain", "libpython-missing")
    assert "minimal" in _run(doctor, "advise")
    checked = subprocess.run(
        [doctor, "check", "--prefix", environment, "--json"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 1, checked.stderr
    findings = {finding["id"] for finding in json.loads(checked.stdout)["findings"]}
    assert "pytriton-missing" in findings
