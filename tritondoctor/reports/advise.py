"""The advice as tables."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from rich.cells import cell_len
from rich.console import Console

from tritondoctor.installing.advise import FORMS, Advice, AdvisedRecipe
from tritondoctor.installing.fit import Misfit
from tritondoctor.installing.machine import Machine
from tritondoctor.reports.layout import Line, padded, print_lines, width_of, wrapped
from tritondoctor.support.invocation import typed
from tritondoctor.support.messages import _

_RELEASE_COLUMNS = (15, 7, 12)
_FRAMEWORK_COLUMNS = (15, 15)
_RECIPE_COLUMNS = (16, 8, 7, 6)


def show(advice: Advice, machine: Machine, console: Console) -> None:
    """Print it; it fits any width from 60 on."""
    print_lines(console, _lines(advice, machine, width_of(console)))


def conclusion(advice: Advice) -> Iterator[Line]:
    """What to type first."""
    for line, style in islice(_commands(advice), 1):
        yield line.strip(), style


def _lines(advice: Advice, machine: Machine, width: int) -> Iterator[Line]:
    yield from _machine(machine, width)
    yield "", ""
    yield _row(_RELEASE_COLUMNS, "PyTriton", "glibc", "Python") + _("fits"), "bold"
    for release in advice.releases:
        versions = release.newest
        if release.oldest != release.newest:
            versions = f"{release.oldest}-{release.newest}"
        pythons = release.pythons[0]
        if len(release.pythons) > 1:
            pythons += f"-{release.pythons[-1]}"
        head = _row(_RELEASE_COLUMNS, versions, release.glibc, pythons)
        style = "" if release.why else "green"
        answer, indent = release.why or _("yes"), " " * cell_len(head)
        yield from wrapped(f"{head}{answer}", indent, width, style, hang=True)
    yield "", ""
    yield _row(_RECIPE_COLUMNS, _("recipe"), "Python", "conda", "venv") + _("why not"), "bold"
    everywhere = _everywhere(advice)
    for choice in advice.choices:
        yield from _choice(choice, everywhere, width)
    for reason in everywhere:
        yield from wrapped(_("All: {reason}.", reason=reason.text), "    ", width, hang=True)
        if reason.advice:
            yield f"    {reason.advice}", "green"
    yield "", ""
    yield from _frameworks(advice, width)
    yield "", ""
    if advice.commands:
        yield _("For this machine:"), ""
    yield from _commands(advice)


def _commands(advice: Advice) -> Iterator[Line]:
    if not advice.commands:
        yield _("No release of PyTriton runs on this machine. Use a container."), "bold red"
    for command in advice.commands:
        yield f"    {typed(command)}", "green"


def _frameworks(advice: Advice, width: int) -> Iterator[Line]:
    yield _row(_FRAMEWORK_COLUMNS, _("beside {release}", release=advice.beside), "") + _("fits"), "bold"
    for framework in advice.frameworks:
        versions = framework.oldest
        if framework.oldest != framework.newest:
            versions += f"-{framework.newest}"
        head = _row(_FRAMEWORK_COLUMNS, framework.name, versions)
        style = "" if framework.why else "green"
        answer, indent = framework.why or _("yes"), " " * cell_len(head)
        if framework.client:
            answer = _("yes, with tritonclient {version}: tritondoctor fix", version=framework.client)
        yield from wrapped(f"{head}{answer}", indent, width, style, hang=True)


def _machine(machine: Machine, width: int) -> Iterator[Line]:
    host = machine.host
    driver = _("no NVIDIA driver")
    if machine.driver:
        driver = _("NVIDIA driver {version}", version=machine.driver)
    glibc = f"glibc {host.glibc or _('none')}"
    yield f"tritondoctor: {host.distribution}, {glibc}, {driver}", "bold"
    pythons = sorted(machine.pythons, key=lambda version: int(version.partition(".")[2]))
    line = _(
        "Pythons with venv: {pythons}; conda front end: {front_end}",
        pythons=", ".join(pythons) or _("none"),
        front_end=machine.front.name if machine.front else _("none"),
    )
    yield from wrapped(line, "    ", width, "dim")


def _row(columns: tuple[int, ...], *cells: str) -> str:
    return "".join(map(padded, cells, columns))


def _everywhere(advice: Advice) -> list[Misfit]:
    """The reasons against every recipe, to be shown once."""
    each = [[reason for form in FORMS for reason in choice.against[form]] for choice in advice.choices]
    first = {reason.id: reason for reason in each[0]}.values()
    return [reason for reason in first if all(reason in reasons for reasons in each)]


def _choice(choice: AdvisedRecipe, everywhere: list[Misfit], width: int) -> Iterator[Line]:
    recipe = choice.recipe
    fits = {form: not choice.against[form] for form in FORMS}
    answers = [_("yes") if fits[form] else _("no") for form in ("conda", "venv")]
    head = _row(_RECIPE_COLUMNS, recipe.name, recipe.python, *answers)
    against = [reason for form in FORMS for reason in choice.against[form] if reason not in everywhere]
    reasons = dict.fromkeys(str(reason.text) for reason in against)
    if recipe.compiles and any(fits.values()):
        packages = ", ".join(recipe.compiles)
        reasons[_("compiles {packages} from source: many minutes", packages=packages)] = None
    style = "green" if all(fits.values()) else "" if any(fits.values()) else "dim"
    lines = list(wrapped("; ".join(reasons), "", max(width - cell_len(head), 20))) or [("", "")]
    for number, (line, _style) in enumerate(lines):
        yield f"{head if number == 0 else ' ' * cell_len(head)}{line}".rstrip(), style
