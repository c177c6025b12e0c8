"""Activation scripts sourced by real shells: what is set, and that all is as before afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tritondoctor.remedies.activation import SHELLS, ActivatedVariable, for_venv, script, while_active

PROGRAMS = {"bash": "sh", "dash": "sh", "zsh": "sh", "fish": "fish", "tcsh": "csh"}
OPTIONS = {"bash": ["--norc"], "zsh": ["-f"], "tcsh": ["-f"], "fish": ["--no-config"], "dash": []}
#: what the variable may hold before; None: it is not set
VALUES = [
    None, "", "/a", "/a:/b", ":/a", "/a:", "/a::/b", ":", "x", "xx:x", "/with space/x y", "/it's",
    '/a"b', "/$HOME/`id`", "/back\\slash", "/star*:/q?", "/a;b&c|d", "/é",
]  # fmt: skip
PREFIX, OTHER = "/opt/envs/one", "/opt/envs/it's two"
#: a line that prints the whole environment, and where it ends
REPORT, END = "/usr/bin/env -0 _END=1", "_END=1\0"
OURS = ("LD_LIBRARY_PATH=", "PYTRITON_HOME=", "_TRITONDOCTOR")


def settings(prefix: str) -> list[ActivatedVariable]:
    return [
        ActivatedVariable("LD_LIBRARY_PATH", f"{prefix}/lib", prepend=True),
        ActivatedVariable("PYTRITON_HOME", f"{prefix}/home", prepend=False),
    ]


@pytest.fixture(params=sorted(PROGRAMS))
def shell(request: pytest.FixtureRequest) -> str:
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return str(request.param)


def written(folder: Path, prefix: str, kind: str) -> tuple[Path, Path]:
    """The scripts of a prefix: (activate, deactivate)."""
    folder.mkdir(exist_ok=True)
    paths = folder / f"activate.{kind}", folder / f"deactivate.{kind}"
    for path in paths:
        path.write_text(script(path.stem, kind, prefix, settings(prefix)))
    return paths


def run(shell: str, lines: list[str], variables: dict[str, str]) -> list[dict[str, str]]:
    """What each `report` line saw of the variables."""
    text = "\n".join(REPORT if line == "report" else line for line in lines) + "\n"
    done = subprocess.run(
        [shell, *OPTIONS[shell]], input=text, capture_output=True, text=True, check=False, timeout=60,
        env={"PATH": os.environ["PATH"], "HOME": tempfile.gettempdir(), "LC_ALL": "C.UTF-8", **variables},
    )  # fmt: skip
    assert not done.stderr, done.stderr
    assert done.returncode == 0
    return [
        dict(item.split("=", 1) for item in part.split("\0") if item.startswith(OURS))
        for part in done.stdout.split(END)[:-1]
    ]


def source(shell: str, path: Path) -> str:
    return f"{'.' if shell == 'dash' else 'source'} {path}"


@pytest.mark.parametrize("value", VALUES)
def test_restores_exactly(shell: str, value: str | None, tmp_path: Path) -> None:
    """Also with environments activated on top of each other, and one twice."""
    kind = PROGRAMS[shell]
    enter, leave = written(tmp_path / "one", PREFIX, kind)
    enter_other, leave_other = written(tmp_path / "two", OTHER, kind)
    before = {} if value is None else {"LD_LIBRARY_PATH": value, "PYTRITON_HOME": value}
    steps = [enter, enter, enter_other, leave_other, leave, leave]
    lines = ["report"]
    for path in steps:
        lines += [source(shell, path), "report"]
    seen = run(shell, lines, before)
    plain = [{k: v for k, v in one.items() if k[0] != "_"} for one in seen]
    inner = while_active(before, settings(PREFIX))
    both = while_active(inner, settings(OTHER))
    assert plain == [before, inner, inner, both, inner, before, before]
    assert seen[-1] == before, "a variable of ours stayed"


def test_no_empty_element(shell: str, tmp_path: Path) -> None:
    """The advice of PyTriton's own documentation leaves one, and the working directory is searched."""
    enter, _ = written(tmp_path / "one", PREFIX, PROGRAMS[shell])
    for before in ({}, {"LD_LIBRARY_PATH": ""}):
        (seen,) = run(shell, [source(shell, enter), "report"], before)
        assert seen["LD_LIBRARY_PATH"] == f"{PREFIX}/lib"


def test_strict_shells_bear_it(shell: str, tmp_path: Path) -> None:
    """`set -eu` in the shell that sources them."""
    if PROGRAMS[shell] != "sh":
        pytest.skip("only Bourne shells have set -eu")
    enter, leave = written(tmp_path / "one", PREFIX, "sh")
    lines = ["set -eu", source(shell, enter), source(shell, leave), "report"]
    assert run(shell, lines, {}) == [{}]


@pytest.mark.parametrize("made_by", ["venv", "virtualenv"])
def test_venv_scripts(shell: str, made_by: str, tmp_path: Path) -> None:
    """The environment's own activate and deactivate carry ours with them."""
    prefix = tmp_path / "env"
    module = [made_by] if made_by == "virtualenv" else ["venv", "--without-pip"]
    done = subprocess.run([sys.executable, "-m", *module, str(prefix)], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"{made_by} is not installed")
    work = tmp_path / "work"
    work.mkdir()
    for one in for_venv(str(prefix), settings(str(prefix)), str(work)):
        shutil.copy(one.source, one.path)  # type: ignore[union-attr]
    suffix = {"sh": "", "fish": ".fish", "csh": ".csh"}[PROGRAMS[shell]]
    enter = source(shell, prefix / f"bin/activate{suffix}")
    lines = ["set prompt = x"] if shell == "tcsh" else []
    for before in ({}, {"LD_LIBRARY_PATH": "/a:/b", "PYTRITON_HOME": ""}):
        seen = run(shell, [*lines, "report", enter, "report", "deactivate", "report"], before)
        inner = while_active(before, settings(str(prefix)))
        plain = [{k: v for k, v in one.items() if k[0] != "_"} for one in seen]
        assert plain == [before, inner, before]
        assert seen[-1] == before


def test_every_shell_has_a_script() -> None:
    assert set(PROGRAMS.values()) == set(SHELLS)
