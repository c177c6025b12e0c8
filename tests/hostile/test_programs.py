"""Programs on PATH that somebody else has put there: none of them is run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tritondoctor.remedies import front_end as conda
from tritondoctor.target.front_ends import FoundFrontEnd, front_end
from tritondoctor.target.programs import on_path

ALICE = 4242
NAMES = ("conda", "mamba", "micromamba", "uv", "py-spy")


def _program(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("path", ["", ":", ".", "bin", "/nowhere:", ":/nowhere"])
@pytest.mark.parametrize("name", NAMES)
def test_a_relative_folder_is_none(
    name: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`PATH=$PATH:$UNSET` ends with the working directory, which may be an unpacked archive."""
    _program(tmp_path / name)
    _program(tmp_path / "bin" / name)
    monkeypatch.chdir(tmp_path)
    assert on_path(name, path) is None
    assert front_end({"PATH": path, "CONDA_EXE": name}) is None
    assert on_path(name, f"{path}:{tmp_path}/bin") == f"{tmp_path}/bin/{name}"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
@pytest.mark.parametrize("theirs", ["program", "folder"])
def test_root_runs_none_that_another_user_can_change(theirs: str, tmp_path: Path) -> None:
    """As `sudo -E` leaves PATH and CONDA_EXE."""
    alices, own = Path(_program(tmp_path / "alice/conda")), _program(tmp_path / "own/conda")
    os.chown(alices if theirs == "program" else alices.parent, ALICE, ALICE)
    assert on_path("conda", f"{alices.parent}:{tmp_path}/own") == own
    assert front_end({"CONDA_EXE": str(alices), "PATH": f"{tmp_path}/own"}) == FoundFrontEnd("conda", own)
    assert front_end({"CONDA_EXE": str(alices), "PATH": ""}) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_whoever_is_trusted_with_the_environment_is_with_its_conda(tmp_path: Path) -> None:
    python, program = _program(tmp_path / "env/bin/python"), _program(tmp_path / "conda")
    os.chown(python, ALICE, ALICE)
    os.chown(program, ALICE, ALICE)
    assert conda.front_end({"CONDA_EXE": program, "PATH": ""}) is None
    assert conda.front_end({"CONDA_EXE": program, "PATH": ""}, str(tmp_path / "env")) is not None


@pytest.mark.parametrize("path", [".:{path}", ":{path}", "{path}:", "elsewhere:{path}"])
def test_a_shim_takes_its_shell_from_no_relative_folder(path: str, tmp_path: Path) -> None:
    """`#!/usr/bin/env bash` ran a `bash` of the project, where PATH has the working directory in it."""
    shims, project = tmp_path / "shims", tmp_path / "project"
    for folder in (shims, project, project / "elsewhere"):
        folder.mkdir()
    (shims / "python3").write_text(f'#!/usr/bin/env bash\nexec {sys.executable} "$@"\n')
    for planted in (project / "bash", project / "elsewhere" / "bash"):
        planted.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        planted.chmod(0o755)
    (shims / "python3").chmod(0o755)
    for words in (("check",), ("check", "--python", f"{shims}/python3")):
        subprocess.run(
            [sys.executable, "-m", "tritondoctor", *words], cwd=project, check=False, capture_output=True,
            env={"HOME": str(tmp_path), "PATH": path.format(path=f"{shims}:/usr/bin:/bin")},
        )  # fmt: skip
        assert not (tmp_path / "ran").exists()
