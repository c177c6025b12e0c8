"""The conda program's name stands in commands that people paste, so no file's name is believed."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tritondoctor.target.front_ends import FoundFrontEnd, front_end


@pytest.mark.parametrize("variable", ["CONDA_EXE", "MAMBA_EXE"])
@pytest.mark.parametrize("name", ["conda; touch owned #", "conda\nx", "$(touch owned)", "my conda"])
def test_a_name_that_a_shell_would_run_is_quoted(tmp_path: Path, variable: str, name: str) -> None:
    program = tmp_path / name
    program.write_text("")
    program.chmod(0o755)
    found = front_end({variable: str(program), "PATH": ""})
    assert found is not None
    assert shlex.split(found.name) == [str(program)]


@pytest.mark.parametrize("name", ["conda", "mamba", "micromamba"])
def test_a_known_name_is_told_as_it_is_typed(tmp_path: Path, name: str) -> None:
    program = tmp_path / name
    program.write_text("")
    program.chmod(0o755)
    assert front_end({"PATH": str(tmp_path)}) == FoundFrontEnd(name, str(program))
    assert front_end({"CONDA_EXE": str(program), "PATH": ""}) == FoundFrontEnd(name, str(program))
