"""`python -m tritondoctor.data.make_man FILE`: the manual page, from the commands and their help."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from tritondoctor import __version__
from tritondoctor.cli import app
from tritondoctor.commands import help as help_pages

_ABOUT = "environment doctor for NVIDIA PyTriton"


def page() -> str:
    """The page, in man(7)."""
    command = typer.main.get_command(app)
    help_pages.prepare(command)
    return "\n".join(_lines(command)) + "\n"


def _lines(command: Any) -> Iterator[str]:
    yield f'.TH TRITONDOCTOR 1 "" "tritondoctor {__version__}" "User Commands"'
    yield from (".SH NAME", rf"tritondoctor \- {_ABOUT}", ".SH SYNOPSIS", ".B tritondoctor")
    yield r"[\fICOMMAND\fR] [\fIOPTIONS\fR]"
    yield ".SH DESCRIPTION"
    yield _text(f"{command.help} Without a command it is check.")
    yield ".SH COMMANDS"
    yield from _commands(command, "")
    yield ".SH EXIT STATUS"
    yield _text(
        "0: no error. 1: an error was found. 2: wrong usage. 3: tritondoctor itself failed. "
        "130, 143, 129: interrupted."
    )
    yield ".SH FILES"
    yield _text("tritondoctor.toml, pyproject.toml ([tool.tritondoctor]): the policy of a project.")


def _commands(group: Any, above: str) -> Iterator[str]:
    for name, command in group.commands.items():
        full = f"{above}{name}"
        if getattr(command, "commands", None):
            yield from _commands(command, f"{full} ")
            continue
        arguments = " ".join(
            parameter.metavar or "" for parameter in command.params if not _is_option(parameter)
        )
        yield from (".SS " + _text(f"{full} {arguments}".rstrip()), _text(command.help or ""))
        for option in filter(_is_option, command.params):
            names = ", ".join(option.opts)
            yield from (".TP", rf"\fB{_text(names)}\fR {_text(option.metavar or '')}".rstrip())
            yield _text(option.help or "")
        examples, codes = help_pages.PAGES.get(full, ((), ""))
        for example in examples:
            yield from (
                ".RS",
                ".nf",
                _text(example if "tritondoctor" in example else f"tritondoctor {example}"),
            )
            yield from (".fi", ".RE")
        if codes:
            yield from (".PP", _text(f"Exit codes: {codes}"))


def _is_option(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "option")


def _text(text: str) -> str:
    """Text in which nothing is a request or an escape."""
    plain = " ".join(text.split()).replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{plain}" if plain.startswith((".", "'")) else plain


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page())
