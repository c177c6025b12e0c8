"""An installation as a person follows it: what was chosen, each step as it ends, how to go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from tritondoctor.installing.fit import Form, Misfit, megabytes
from tritondoctor.installing.install import Installed, UnfitError
from tritondoctor.installing.machine import Machine
from tritondoctor.installing.recipe import Recipe
from tritondoctor.reports.console import finding_lines
from tritondoctor.reports.fix import shell_lines
from tritondoctor.reports.layout import Line, padded, print_lines, width_of, wrapped
from tritondoctor.support.invocation import typed
from tritondoctor.support.messages import _, mark, shown

_FORMS = {"conda": mark("a conda environment"), "venv": mark("a venv")}
_STEP_COLUMN = 34
#: below it, something other than the network took the time
_NETWORK_SPEED = 1e5


def show_recipes(recipes: Sequence[Recipe], console: Console) -> None:
    """Print a line for each recipe."""
    print_lines(console, _recipe_lines(recipes, width_of(console)))


def _recipe_lines(recipes: Sequence[Recipe], width: int) -> Iterator[Line]:
    column = max((len(recipe.name) for recipe in recipes), default=0)
    for recipe in recipes:
        head = f"  {padded(recipe.name, column)}  "
        line = f"{head}{_(recipe.summary)} (PyTriton {recipe.pytriton}, {recipe.size.installed} MB)"
        yield from wrapped(line, " " * len(head), width, hang=True)
    yield "", ""
    yield (
        _("To install one: {command}", command=typed("tritondoctor install minimal --venv --prefix env")),
        "",
    )
    yield _("What fits this machine: {command}", command=typed("tritondoctor advise")), ""


def chosen_lines(recipe: Recipe, machine: Machine, form: Form, prefix: str) -> Iterator[Line]:
    """What will be done, before anything is."""
    python = machine.pythons.get(recipe.python)
    versions = f"Python {recipe.python}, PyTriton {recipe.pytriton}"
    if form == "venv" and python:
        made = _("{versions}; a venv of {python}", versions=versions, python=python.path)
    else:
        made = f"{versions}; {_(_FORMS[form])}"
    size = _(
        "about {download} MB to download, {installed} MB installed",
        download=megabytes(recipe, form), installed=recipe.size.installed,
    )  # fmt: skip
    yield f"tritondoctor: {recipe.name}", "bold"
    for line in (_(recipe.summary), made, prefix, size):
        yield f"    {line}", "dim"
    yield "", ""


def transfer_line(step: str, done: int, total: int, seconds: float) -> str:
    """A step that downloads: bytes so far, of how many, how fast."""
    fields = {"step": step, "done": _mb(done), "speed": _speed(done, seconds)}
    if total:
        return _("{step}: {done} of {total}, {speed}", total=_mb(total), **fields)
    return _("{step}: {done}, {speed}", **fields)


def step_line(step: str, done: int, seconds: float) -> Text:
    """A step that ended well."""
    downloaded = f"  {_mb(done)}, {_speed(done, seconds)}" if done / seconds > _NETWORK_SPEED else ""
    line = Text("  [ok] ", style="green")
    line.append(f"{padded(shown(step), _STEP_COLUMN)}{seconds:>7.1f} s{downloaded}", style="")
    return line


def _mb(count: int) -> str:
    return f"{count / 1e6:.1f} MB"


def _speed(count: int, seconds: float) -> str:
    return f"{_mb(round(count / max(seconds, 1e-3)))}/s"


def show(result: Installed, console: Console) -> None:
    """Print how it ended, and how to go on."""
    print_lines(console, _lines(result, width_of(console)))


def _lines(result: Installed, width: int) -> Iterator[Line]:
    fixed = result.fixed
    yield "", ""
    if fixed.outcome in ("sound", "fixed"):
        yield verdict(result)
    else:
        for finding in fixed.findings:
            if finding.severity == "error":
                yield from finding_lines(finding, width)
        if fixed.why:
            yield from wrapped(fixed.why, "", width)
        if not fixed.variables:
            line = _(
                "PyTriton does not serve in it yet; {prefix} stays marked as unfinished.",
                prefix=result.prefix,
            )
            yield from wrapped(line, "", width, "bold red")
            return
        line = _("Installed, but this shell has settings that would break it. Paste this:")
        yield from wrapped(line, "", width, "bold yellow")
        yield from ((f"    {command}", "green") for command in shell_lines(fixed.variables))
    yield _("To work in it, starting from the example:"), ""
    options, folder = example(result.recipe)
    for command in (
        typed(f"tritondoctor init {options}{folder}"), result.activation, f"python {folder}/server.py",
    ):  # fmt: skip
        yield f"    {command}", "green"


def example(recipe: Recipe) -> tuple[str, str]:
    """The options of `init` that suit a recipe, and a folder for the files."""
    if recipe.language_model:
        return "--llama ", "llama"
    return "" if recipe.framework == "numpy" else f"--framework {recipe.framework} ", "linear"


def verdict(result: Installed) -> Line:
    """How an installation that went well ended."""
    line = _(
        "{name} is installed and verified ({seconds} s).",
        name=result.recipe.name, seconds=f"{result.seconds:.0f}",
    )  # fmt: skip
    return line, "bold green"


def show_unfit(failure: UnfitError, console: Console) -> None:
    """Print why nothing was started."""
    print_lines(console, _unfit_lines(failure, width_of(console)))


def _unfit_lines(failure: UnfitError, width: int) -> Iterator[Line]:
    line = _(
        "{recipe} does not suit this machine (as {form}):",
        recipe=failure.recipe.name, form=_(_FORMS[failure.form]),
    )  # fmt: skip
    yield line, "bold red"
    yield from _reasons(failure.why, width)
    yield _("Nothing was downloaded or changed."), ""
    yield _("To see what suits it: {command}", command=typed("tritondoctor advise")), ""


def _reasons(reasons: Sequence[Misfit], width: int) -> Iterator[Line]:
    for reason in reasons:
        yield from wrapped(f"  - {reason.text}", "    ", width, hang=True)
        if reason.advice:
            yield f"        {reason.advice}", "green"
