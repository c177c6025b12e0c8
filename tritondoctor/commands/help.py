"""What every command's --help has besides its options: -h, -v, -q, examples and exit codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from typer.core import TyperOption

from tritondoctor.support import detail
from tritondoctor.support.detail import Detail
from tritondoctor.support.messages import _, mark

_CHECKED = mark("0: no error. 1: an error was found. 2: wrong usage. 3: tritondoctor failed.")
_DONE = mark("0: done. 1: it failed. 2: wrong usage. 3: tritondoctor failed.")

#: command -> (examples, exit codes); the command line of an example begins with the program's name
PAGES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "": (("", "check .venv", "fix", "explain server.log", "explain --list"), _CHECKED),
    "check": (("check", "check .venv", "check --pid 4711", "check --json --gpu required"), _CHECKED),
    "fix": (
        ("fix --dry-run", "fix", "fix --prefix .venv --yes"),
        mark("0: no error is left. 1: an error is left. 2: wrong usage. 3: tritondoctor failed."),
    ),
    "undo": (("undo --list", "undo", "undo --id 20260101-120000"), _DONE),
    "selftest": (
        ("selftest", "selftest --device cuda", "selftest --bench --html bench.html"),
        mark("0: Linear was served. 1: it was not. 2: wrong usage. 3: tritondoctor failed."),
    ),
    "tune": (
        ("tune server.py:infer", "tune server.py:infer --budget 50ms --html page.html",
         "tune model.py:predict --input image:FP32:3,224,224 --output scores:FP32:1000 --json"),
        mark("0: a configuration is recommended. 1: none is claimed. 2: wrong usage. "
             "3: tritondoctor failed."),
    ),
    "attach": (
        ("attach", "attach 4711", "attach http://localhost:8000 --json"),
        mark("0: no fault is seen. 1: one is. 2: wrong usage. 3: tritondoctor failed."),
    ),
    "install": (("install", "install minimal --venv --prefix env"), _DONE),
    "download": (("download minimal-3.12 wheels --venv",), _DONE),
    "lock": (("lock minimal-3.12",), _DONE),
    "advise": (
        ("advise", "advise --json"),
        mark("0: something fits this machine. 1: nothing does. 2: wrong usage."),
    ),
    "init": (
        ("init linear", "init --streaming linear", "init --framework torch linear", "init --ci github"),
        _DONE,
    ),
    "libs": (
        ("libs /usr/bin/python3", "libs --versions /usr/lib/x86_64-linux-gnu/libstdc++.so.6"),
        mark("0: all load. 1: one does not. 2: wrong usage."),
    ),
    "explain": (
        ("explain --list", "explain libpython-missing", "explain server.log", "python server.py 2>&1 | "
         "tritondoctor explain -"),
        mark("0: a start that works, or a page. 1: a cause is named. 2: wrong usage. "
             "3: tritondoctor failed. 4: the log does not show a cause."),
    ),
    "clean": (("clean", "clean --yes", "clean --yes --quiet"), _DONE),
    "snapshot": (("snapshot here.snapshot",), _DONE),
    "diff": (
        ("diff here.snapshot there.snapshot",),
        mark("0: they are alike. 1: something differs. 2: wrong usage."),
    ),
    "report": (("report", "report .venv --log server.log --selftest"), _DONE),
    "mcp": (("mcp",), _DONE),
    "demo": (("demo", "demo conda", "demo conda --html page.html"), _DONE),
    "completion": (
        ("completion bash > ~/.local/share/bash-completion/completions/tritondoctor",
         "completion zsh > ~/.zfunc/_tritondoctor",
         "completion fish > ~/.config/fish/completions/tritondoctor.fish"),
        _DONE,
    ),
    "fleet": (("fleet report reports/", "fleet run -i inventory.yml"), _CHECKED),
    "fleet report": (("fleet report reports/",), _CHECKED),
    "fleet run": (("fleet run -i inventory.yml",), _CHECKED),
    "fleet fix": (("fleet fix -i inventory.yml --dry-run",), _DONE),
    "fleet undo": (("fleet undo -i inventory.yml",), _DONE),
}  # fmt: skip


#: what prints help only, or for programs
WITHOUT_REPORT = ("", "fleet", "mcp", "completion")


def prepare(command: Any, name: str = "") -> None:
    """Give a command, and those below it, what each has."""
    command.context_settings["help_option_names"] = ["-h", "--help"]
    if name in PAGES:
        command.epilog = _epilog(name)
    commands: dict[str, Any] = getattr(command, "commands", {})
    if name not in WITHOUT_REPORT:
        command.params += [
            _flag("-v", "--verbose", Detail.FULL, mark("Show everything.")),
            _flag("-q", "--quiet", Detail.QUIET, mark("Show one line, or only errors.")),
        ]
    for below, subcommand in commands.items():
        prepare(subcommand, f"{name} {below}".strip())


def _epilog(name: str) -> str:
    """A paragraph is a line."""
    examples, codes = PAGES[name]
    lines = [line if "| tritondoctor" in line else f"tritondoctor {line}" for line in examples]
    return "\n\n".join(
        [_("Examples:"), *(f"  {line}" for line in lines), _("Exit codes:"), f"  {_(codes)}"]
    )


def _flag(short: str, long: str, wanted: Detail, text: str) -> TyperOption:
    return TyperOption(
        param_decls=[short, long], is_flag=True, expose_value=False, callback=_chooser(wanted), help=text
    )


def _chooser(wanted: Detail) -> Callable[[Any, Any, bool], None]:
    def choose(_context: Any, _option: Any, given: bool) -> None:
        if given:
            detail.choose(wanted)

    return choose
