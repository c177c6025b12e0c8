"""The command starts however it was installed, and from wherever it is called."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, interpreters

#: what ends a Python, or brings it other modules, before any line of a program runs
HOSTILE = {
    "PYTHONHOME": "/no/such/python", "PYTHONIOENCODING": "bogus", "PYTHONINSPECT": "1", "IFS": "t",
    "CDPATH": "/tmp", "BASH_FUNC_read%%": "() {  echo hijacked\n}",
}  # fmt: skip
UV = [shutil.which("uv") or str(Path(sys.executable).with_name("uv"))]


def done(command: list[str], **more: object) -> None:
    """Runs an installer; skips where it has no network or is not here."""
    variables = {**os.environ, **{name: str(value) for name, value in more.items()}}
    try:
        run = subprocess.run(
            command, env=variables, capture_output=True, text=True, check=False, cwd=ROOT
        )
    except FileNotFoundError:
        pytest.skip(f"{command[0]} is not here")
    if run.returncode:
        pytest.skip(f"{command[:5]} failed: {run.stderr[-300:]}")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The doctor's wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    done([*UV, "build", "--quiet", "--wheel", "--out-dir", str(folder), str(ROOT)])
    return str(next(folder.glob("*.whl")))


def _venv(folder: Path, wheel: str) -> Path:
    python = interpreters().get("3.12", sys.executable)
    done([*UV, "venv", "--quiet", "--python", python, str(folder)])
    done([*UV, "pip", "install", "--quiet", "--python", f"{folder}/bin/python", "pip"])
    pip = [f"{folder}/bin/python", "-m", "pip", "install", "--quiet"]
    done([*pip, *(["-e", str(ROOT)] if wheel == "-e" else [wheel])])
    return folder / "bin" / "tritondoctor"


def in_venv(folder: Path, wheel: str) -> Path:
    """pip, in a virtual environment."""
    return _venv(folder / "venv", wheel)


def with_blanks(folder: Path, wheel: str) -> Path:
    """A path with blanks, which no first line of a script can hold."""
    return _venv(folder / "my own venv", wheel)


def far_down(folder: Path, wheel: str) -> Path:
    """A path that is longer than a first line may be."""
    return _venv(folder / ("a" * 70) / ("b" * 70) / "venv", wheel)


def editable(folder: Path, wheel: str) -> Path:
    """pip install -e"""
    return _venv(folder / "venv", "-e")


def of_user(folder: Path, wheel: str) -> Path:
    """pip install --user, whose folder a Python with -I does not look into."""
    python = interpreters().get("3.12", "/usr/bin/python3")
    pip = [python, "-m", "pip", "install", "--quiet", "--user", "--break-system-packages"]
    done([*pip, wheel], PYTHONUSERBASE=folder)
    return folder / "bin" / "tritondoctor"


def of_target(folder: Path, wheel: str) -> Path:
    """pip install --target"""
    done([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), wheel])
    return folder / "bin" / "tritondoctor"


def uv_tool(folder: Path, wheel: str) -> Path:
    """uv tool install, which links the command into another folder."""
    done(
        [*UV, "tool", "install", "--quiet", wheel], UV_TOOL_DIR=folder / "t", UV_TOOL_BIN_DIR=folder / "b"
    )
    assert (folder / "b" / "tritondoctor").is_symlink()
    return folder / "b" / "tritondoctor"


def uv_relocatable(folder: Path, wheel: str) -> Path:
    """uv, in an environment that may be moved."""
    done([*UV, "venv", "--quiet", "--relocatable", str(folder / "v")])
    done([*UV, "pip", "install", "--quiet", "--python", f"{folder}/v/bin/python", wheel])
    (folder / "v").rename(folder / "w")
    return folder / "w" / "bin" / "tritondoctor"


def pipx(folder: Path, wheel: str) -> Path:
    """pipx install, which links it too."""
    words = ["tool", "run", "--quiet", "pipx", "install", "--quiet", wheel]
    done([*UV, *words], PIPX_HOME=folder / "pipx", PIPX_BIN_DIR=folder / "b", PIPX_MAN_DIR=folder / "m")
    return folder / "b" / "tritondoctor"


WAYS = (in_venv, with_blanks, far_down, editable, of_user, of_target, uv_tool, uv_relocatable, pipx)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_it_starts_however_it_was_installed(
    way: Callable[[Path, str], Path], wheel: str, tmp_path: Path
) -> None:
    command = way(tmp_path / "i", wheel)
    hijack = tmp_path / "hijack"
    hijack.mkdir()
    for name in ("signal", "re", "tritondoctor", "sitecustomize", "typer"):
        (hijack / f"{name}.py").write_text("raise SystemExit('hijacked')\n")
    (hijack / "libz.so.1").write_text("no library")
    hostile = {**HOSTILE, "PYTHONPATH": str(hijack), "LD_LIBRARY_PATH": str(hijack)}
    link = tmp_path / "else where" / "doctor"
    link.parent.mkdir()
    link.symlink_to(command)
    for variables in ({}, hostile):
        for path in (command, link):
            run = subprocess.run(
                [path, "--version"], env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **variables},
                cwd=hijack, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert (run.returncode, run.stderr) == (0, ""), (path, variables)
            assert run.stdout.startswith("tritondoctor ")
