"""Help, completion and the manual page: what a shell's user looks for without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.test_cli import RUN, run
from tritondoctor.commands import arguments, help

PAGE = Path(__file__).parents[1] / "docs" / "man" / "tritondoctor.1"


@pytest.mark.parametrize("command", sorted(help.PAGES))
def test_help_has_examples_and_exit_codes(command: str) -> None:
    done = run(*command.split(), "-h", env={**os.environ, "COLUMNS": "80"})
    assert done.returncode == 0
    short = () if command in help.WITHOUT_REPORT else ("--quiet", "-v")
    for words in ("Usage: tritondoctor", "Examples:", "Exit codes:", *short):
        assert words in done.stdout, done.stdout


def test_every_command_has_its_page() -> None:
    import typer

    from tritondoctor.cli import app

    command = typer.main.get_command(app)
    names = {""}
    for name, below in command.commands.items():  # type: ignore[attr-defined]
        inner = getattr(below, "commands", None)
        names |= {name, *(f"{name} {other}" for other in inner or ())}
    assert names == set(help.PAGES), "tritondoctor/commands/help.py"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ([], ["check"]),
        (["-v"], ["check", "-v"]),
        (["--json", "."], ["check", "--json", "."]),
        (["/x/.venv"], ["check", "/x/.venv"]),
        (["help"], ["--help"]),
        (["help", "fix"], ["fix", "--help"]),
        (["version"], ["--version"]),
        (["fix", "-h"], ["fix", "-h"]),
        (["-q", "fix", "."], ["fix", ".", "-q"]),
        (["-q", "/x/.venv"], ["check", "/x/.venv", "-q"]),
        (["chekc"], ["chekc"]),
    ],
)
def test_what_was_typed(typed: list[str], words: list[str]) -> None:
    assert arguments.understood(typed, {"check", "fix"}) == words


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    script = run("completion", shell).stdout
    checked = subprocess.run([program, "-n"], input=script, capture_output=True, text=True, check=False)
    assert (checked.returncode, "tritondoctor" in script) == (0, True), checked.stderr


def test_words_that_fit() -> None:
    asked = {
        "_TRITONDOCTOR_COMPLETE": "complete_bash",
        "COMP_WORDS": "tritondoctor sn",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(RUN, env={**os.environ, **asked}, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["snapshot"], done.stderr


def test_manual_page_is_that_of_the_commands() -> None:
    from tritondoctor.data import make_man

    assert PAGE.read_text() == make_man.page(), "make docs"
    groff = shutil.which("groff")
    if groff:
        done = subprocess.run(
            [groff, "-man", "-ww", "-z", str(PAGE)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
