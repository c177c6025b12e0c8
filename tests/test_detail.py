"""-q is one line or nothing but errors, -v at least what is shown without it, of every command."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from tritondoctor import cli
from tritondoctor.commands import arguments
from tritondoctor.support import detail, own_files

COMMAND_NAMES = typer.main.get_command(cli.app).commands  # type: ignore[attr-defined]

SCENE = own_files.path("data/scenes/conda.snapshot")
OTHER = own_files.path("data/scenes/libpython.snapshot")
#: command -> the most lines of -q: as many as there are things to list
COMMANDS = {
    f"check --from {SCENE}": 1,
    f"diff {SCENE} {OTHER}": 1,
    f"diff {SCENE} {SCENE}": 1,
    f"libs {sys.executable}": 1,
    f"libs --versions {sys.executable}": 1,
    f"libs --verify {sys.executable}": 1,
    f"fleet report {OTHER}": 1,
    "advise": 1,
    "attach": 100,
    "clean": 1,
    "demo": 6,
    "demo conda": 1,
    "explain libpython-missing": 1,
    "explain 'TimeoutError: timed out'": 1,
    "explain 'pip install libpython3.11-dev'": 1,
    "explain --list": 1000,
    "install": 100,
    "undo --list": 0,
    "init FOLDER": 0,
    "snapshot FOLDER/here.snapshot": 0,
}


@pytest.fixture(autouse=True)
def unchanged_detail() -> Iterator[None]:
    yield
    detail.choose(detail.Detail.NORMAL)


def _lines(command: str, option: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What the command prints, in this process: a start takes longer than most of them."""
    folder.mkdir()
    detail.choose(detail.Detail.NORMAL)
    words = shlex.split(command.replace("FOLDER", str(folder)))
    typed = [*([option] if option else []), *words]
    with contextlib.suppress(typer.Exit):
        cli._command()(arguments.understood(typed, COMMAND_NAMES), standalone_mode=False)
    printed = capsys.readouterr()
    assert "tritondoctor: " not in printed.err
    return printed.out.splitlines()


@pytest.mark.parametrize("command", COMMANDS)
def test_less_and_more(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("XDG_STATE_HOME", "TMPDIR", "PYTRITON_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    quiet, shown, full = (
        _lines(command, option, tmp_path / name, capsys)
        for name, option in (("quiet", "-q"), ("shown", ""), ("full", "-v"))
    )
    assert len(quiet) <= COMMANDS[command], quiet
    assert len(quiet) <= len(shown) <= len(full)
    assert shown, "a report, without -q"
