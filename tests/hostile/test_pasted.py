"""Commands that people paste: no name of a variable, file or folder makes a shell run anything else."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit import build
from tritondoctor.checks import examine
from tritondoctor.checks.edits import CondaVariable, Variable
from tritondoctor.checks.gpu import library
from tritondoctor.facts.launch.model import Configuration, Setting
from tritondoctor.installing.location import _taken

_EVIL = "x; touch OWNED; $(touch OWNED) `touch OWNED` #"


def _commands() -> dict[str, Sequence[str]]:
    variables = {"LD_LIBRARY_PATH": f"/stubs:/opt/{_EVIL}"}
    driver: Any = SimpleNamespace(path="/stubs/libcuda.so.1")
    facts: Any = SimpleNamespace(variables=variables)
    taken = str(_taken(f"/env/{_EVIL}")).partition("examine it: ")[2].partition(". To install")[0]
    return {
        "unset": Variable(_EVIL, None).commands(),
        "export": Variable(_EVIL, _EVIL).commands(),
        "conda": CondaVariable(f"/env/{_EVIL}", _EVIL).commands(),
        "libcuda": library._off_the_path(driver, facts).commands,
        "install": (taken,),
        "setting": _of_setting(),
    }


def _of_setting() -> Sequence[str]:
    """env(1) gives variables such names; so does whoever starts the process of `--pid`."""
    setting = Setting(f"PYTRITON_TRITON_CONFIG_{_EVIL}", _EVIL.lower(), "", "1", True, False)
    configuration = Configuration((setting,), ("http_port",))
    facts = build.facts(launch=build.a_launch(configuration=configuration))
    return [
        command
        for finding in examine(facts)
        for remedy in finding.remedies
        for command in remedy.commands
    ]


@pytest.mark.parametrize("kind", _commands())
def test_only_what_is_meant_is_run(kind: str, tmp_path: Path) -> None:
    commands = _commands()[kind]
    assert any("OWNED" in command for command in commands)
    for command in commands:
        subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, capture_output=True, check=False)
    assert not list(tmp_path.iterdir())
