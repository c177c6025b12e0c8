"""The advice as tables."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from tritondoctor.installing.advise import FORMS, Advice, AdvisedRecipe
from tritondoctor.installing.fit import Misfit
from tritondoctor.installing.machine import Machine
from tritondoctor.reports.console import wrapped

_MARK = {True: "yes", False: "no"}


def show(advice: Advice, machine: Machine, console: Console) -> None:
    """Prints it; fits any width from 60 on."""
    for line, style in _lines(advice, machine, min(console.width, 100)):
        console.print(Text(line, style=style), soft_wrap=True)


def _lines(advice: Advice, machine: Machine, width: int) -> Iterator[tuple[str, str]]:
    host = machine.host
    card = f"NVIDIA driver {machine.driver}" if machine.driver else "no NVIDIA driver"
    yield f"tritondoctor: {host.distribution}, glibc {host.glibc or 'none'}, {card}", "bold"
    names = ", ".join(sorted(machine.pythons, key=lambda one: int(one.partition(".")[2])))
    front = machine.front.name if machine.front else "none"
    said = f"Pythons with venv: {names or 'none'}; conda front end: {front}"
    for line, _ in wrapped(said, "    ", width, ""):
        yield line, "dim"
    yield "", ""
    yield "PyTriton       glibc  Python      fits", "bold"
    for one in advice.releases:
        versions = one.newest if one.oldest == one.newest else f"{one.oldest}-{one.newest}"
        served = f"{one.pythons[0]}-{one.pythons[-1]}" if len(one.pythons) > 1 else one.pythons[0]
        head = f"{versions:<15}{one.glibc:<7}{served:<12}"
        yield from wrapped(f"{head}{one.why or 'yes'}", " " * 34, width, "" if one.why else "green",
                           hang=True)  # fmt: skip
    yield "", ""
    yield "recipe         Python  conda  venv  why not", "bold"
    everywhere = _everywhere(advice)
    for choice in advice.choices:
        yield from _choice(choice, everywhere, width)
    for reason in everywhere:
        yield from wrapped(f"All: {reason.text}.", "    ", width, "", hang=True)
        if reason.advice:
            yield f"    {reason.advice}", "green"
    yield "", ""
    if advice.commands:
        yield "For this machine:", ""
        for line in advice.commands:
            yield f"    {line}", "green"
    else:
        yield "No release of PyTriton runs on this machine. In a container it may.", "bold red"


def _everywhere(advice: Advice) -> list[Misfit]:
    """What speaks against every recipe: told once."""
    each = [[one for form in FORMS for one in choice.against[form]] for choice in advice.choices]
    first = {one.id: one for one in each[0]}.values()
    return [one for one in first if all(one in reasons for reasons in each)]


def _choice(choice: AdvisedRecipe, everywhere: list[Misfit], width: int) -> Iterator[tuple[str, str]]:
    one = choice.recipe
    fits = {form: not choice.against[form] for form in FORMS}
    head = f"{one.name:<15}{one.python:<8}{_MARK[fits['conda']]:<7}{_MARK[fits['venv']]:<6}"
    against = [one for form in FORMS for one in choice.against[form] if one not in everywhere]
    why = dict.fromkeys(str(reason.text) for reason in against)
    if one.compiles and any(fits.values()):
        why[f"compiles {', '.join(one.compiles)} from source: many minutes"] = None
    style = "green" if all(fits.values()) else "" if any(fits.values()) else "dim"
    lines = list(wrapped("; ".join(why), "", max(width - len(head), 20), "")) or [("", "")]
    for number, (line, _) in enumerate(lines):
        yield f"{head if number == 0 else ' ' * len(head)}{line}".rstrip(), style
