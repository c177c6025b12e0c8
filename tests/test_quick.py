"""The command line of a plain check: what is read without typer is what typer reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import typer

from tritondoctor import cli
from tritondoctor.commands import checking, quick
from tritondoctor.commands.choices import FailOn, GpuPolicy, ReportFormat
from tritondoctor.support import detail

CHECK = typer.main.get_command(cli.app).commands["check"]  # type: ignore[attr-defined]
VALUE = {"--pid": "4711", "--timeout": "7", "--gpu": "off", "--fail-on": "warning", "--format": "json"}
LINES = [
    [],
    ["place"],
    *([flag] for flag in sorted(quick.FLAGS)),
    *([option, VALUE.get(option, "x")] for option in (*quick.VALUES, *quick.LISTS)),
    *([f"{option}={VALUE.get(option, 'x')}"] for option in (*quick.VALUES, *quick.LISTS)),
    ["--select", "a", "--ignore=b", "--select", "c", "--json", "there"],
    ["--prefix", "one", "--prefix", "two"],
    ["-q"],
    ["--verbose", "--gpu", "required"],
    *(["--gpu", policy.value] for policy in GpuPolicy),
    *(["--fail-on", least.value] for least in FailOn),
    *(["--format", name.value] for name in ReportFormat),
]


@pytest.fixture(autouse=True)
def unchanged_detail() -> Iterator[None]:
    yield
    detail.choose(detail.Detail.NORMAL)


def by_typer(words: list[str], monkeypatch: pytest.MonkeyPatch) -> checking.CheckOptions:
    seen: list[checking.CheckOptions] = []

    def run(options: checking.CheckOptions) -> int:
        seen.append(options)
        return 0

    monkeypatch.setattr(checking, "run", run)
    cli._command()(["check", *words], prog_name="tritondoctor", standalone_mode=False)
    return seen[0]


def plain(options: checking.CheckOptions) -> checking.CheckOptions:
    """Typer gives an empty list where an option may be repeated and was not given."""
    names = ("format", "output", "select", "ignore", "plugin")
    lists: dict[str, Any] = {name: list(getattr(options, name) or ()) for name in names}
    return msgspec.structs.replace(options, **lists)


@pytest.mark.parametrize("words", LINES, ids=" ".join)
def test_both_read_the_same(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    typed = plain(by_typer(words, monkeypatch))
    wanted, detail_of_typer = typed, detail.chosen()
    detail.choose(detail.Detail.NORMAL)
    read = quick.options_of(["check", *words])
    assert read is not None and plain(read) == wanted
    assert detail.chosen() is detail_of_typer


@pytest.mark.parametrize(
    "words",
    [
        ["--help"], ["-h"], ["--pref", "x"], ["--prefix"], ["--gpu", "OFF"], ["--gpu", "no"],
        ["--pid", "x"], ["--timeout", "1e3"], ["--timeout", "-1"], ["one", "two"], ["--", "one"],
        ["--json=yes"], ["-qv"], ["--prefix="], ["--prefix", ""], [""],
        ["--python", "-"], ["-"], ["--lang", "de"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_is_not_plain_is_left_to_typer(words: list[str]) -> None:
    assert quick.options_of(["check", *words]) is None


@pytest.mark.parametrize("words", [["fix"], ["help"], ["checks"], ["libs", "--json"]], ids=" ".join)
def test_other_commands_are_left_to_typer(words: list[str]) -> None:
    assert quick.options_of(quick._with_command(words)) is None


def test_every_option_of_check_is_known() -> None:
    def options(parameter: Any) -> set[str]:
        return {name for name in parameter.opts if name.startswith("--")}

    for parameter in CHECK.params:
        if parameter.param_type_name == "argument":
            continue
        kind = quick.FLAGS if parameter.is_flag else quick.LISTS if parameter.multiple else quick.VALUES
        assert options(parameter) <= {*kind}, parameter.name
    known = {name for parameter in CHECK.params for name in options(parameter)}
    assert known == {*quick.FLAGS, *quick.VALUES, *quick.LISTS}
