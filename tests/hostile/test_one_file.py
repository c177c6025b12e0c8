"""The one file starts as the installed command does: as a program, through every shell."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import interpreters
from tests.hostile.shells import NAMES, shell

HOSTILE = {
    "LD_PRELOAD": "/no/such.so", "PYTHONHOME": "/no/such", "PYTHONIOENCODING": "bogus",
    "PYTHONINSPECT": "1", "BASH_FUNC_command%%": "() {  echo hijacked\n}",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_program_in_a_hostile_environment(name: str, pyz: str, tmp_path: Path) -> None:
    command = shell(name, tmp_path)
    if not command:
        pytest.skip(f"there is no {name} here")
    (tmp_path / "json.py").write_text("raise SystemExit('hijacked')\n")
    path = os.pathsep.join([os.path.dirname(interpreters()["3.11"]), "/usr/bin", "/bin"])
    for variables in ({}, {**HOSTILE, "PYTHONPATH": str(tmp_path)}):
        done = subprocess.run(
            [*command, pyz, "--version"], env={"PATH": path, **variables}, cwd=tmp_path,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0 and done.stdout.startswith("tritondoctor "), done
        assert not [line for line in done.stderr.splitlines() if "ld.so: object" not in line]


def test_it_says_that_there_is_no_python(pyz: str) -> None:
    done = subprocess.run(
        ["/bin/sh", pyz], env={"PATH": "/no"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3 and "no python3 on PATH" in done.stderr


def test_what_is_on_pythonpath_is_not_imported(pyz: str, tmp_path: Path) -> None:
    """`python3 tritondoctor.pyz`, without -I."""
    for name in ("json",):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('hijacked')\n")
    done = subprocess.run(
        [interpreters()["3.11"], pyz, "--version"], env={"PYTHONPATH": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_a_bash_that_runs_nothing_is_no_silent_success(pyz: str, tmp_path: Path) -> None:
    command = shell("bash", tmp_path)
    if not command:
        pytest.skip("there is no bash here")
    done = subprocess.run(
        [*command, pyz], env={"SHELLOPTS": "noexec"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and "env -u SHELLOPTS" in done.stderr, done
