"""`advise`: which release, Python and recipe fit this machine, and why the others do not; no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple, Optional

import msgspec

from tritondoctor.checks.advice import order, pythons, releases
from tritondoctor.checks.model import Text, text
from tritondoctor.installing.beside import AdvisedFramework, beside
from tritondoctor.installing.fit import Form, Misfit, best, reasons
from tritondoctor.installing.machine import Machine
from tritondoctor.installing.recipe import Recipe

SCHEMA = "tritondoctor.advice/1"
FORMS: tuple[Form, ...] = ("conda", "venv")


class AdvisedRelease(NamedTuple):
    """A range of releases with the same requirements; `why` is None where they fit this machine."""

    oldest: str
    newest: str
    glibc: str
    pythons: tuple[str, ...]
    why: Optional[Text]


class AdvisedRecipe(NamedTuple):
    """A recipe, with the reasons why each of its forms does not fit (none: it fits)."""

    recipe: Recipe
    against: dict[Form, list[Misfit]]


class Advice(NamedTuple):
    """The whole advice; `commands` are the next steps, none where nothing fits.

    `frameworks` are those that go or do not go with the release `beside`.
    """

    releases: list[AdvisedRelease]
    choices: list[AdvisedRecipe]
    commands: tuple[str, ...]
    frameworks: list[AdvisedFramework]
    beside: str


def advise(recipes: Sequence[Recipe], machine: Machine) -> Advice:
    """Advise on the recipes and releases for this machine."""
    choices = [
        AdvisedRecipe(recipe, {form: reasons(recipe, machine, form) for form in FORMS})
        for recipe in recipes
    ]
    known = release_rows(machine)
    newest = next((row for row in releases(machine.host.machine)), None)
    frameworks = beside(newest) if newest is not None else []
    version = newest["version"] if newest is not None else ""
    return Advice(known, choices, _commands(recipes, machine, known), frameworks, version)


def release_rows(machine: Machine) -> list[AdvisedRelease]:
    """The releases for this processor, newest first."""

    def needs(row: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
        tag = row["wheel_tag"].replace(f"_{row['arch']}", "").replace("manylinux_", "")
        return tag.replace("_", "."), tuple(sorted(pythons(row), key=order))

    found = []
    for (glibc, served), rows in groupby(releases(machine.host.machine), needs):
        versions = [row["version"] for row in rows]
        why = _against(glibc, served, machine)
        found.append(AdvisedRelease(versions[-1], versions[0], glibc, served, why))
    return found


def _against(glibc: str, served: tuple[str, ...], machine: Machine) -> Optional[Text]:
    has = machine.host.glibc
    if has is None:
        return text("this machine has no glibc")
    if order(has) < order(glibc):
        return text("needs glibc {needs}, this is {has}", needs=glibc, has=has)
    if not set(served) & set(machine.pythons) and machine.uv is None:
        return text("supports Python {served}, which is not installed here", served=_range(served))
    return None


def _range(served: Sequence[str]) -> str:
    return served[0] if len(served) == 1 else f"{served[0]}-{served[-1]}"


def _commands(
    recipes: Sequence[Recipe], machine: Machine, known: list[AdvisedRelease]
) -> tuple[str, ...]:
    """The best installation: with the GPU where there is one; else the newest release, by hand."""
    wanted = ("torch-cuda12", "minimal") if machine.driver else ("minimal",)
    forms = FORMS if machine.front is not None else tuple(reversed(FORMS))
    for family in wanted:
        for form in forms:
            of_it = [recipe for recipe in recipes if recipe.family == family]
            if of_it:
                chosen = best(of_it, machine, form)
                if not reasons(chosen, machine, form):
                    how = " --venv" if form == "venv" else ""
                    return (f"tritondoctor install {chosen.name}{how}",)
    fits = next((release for release in known if release.why is None), None)
    if fits is None:
        return ()
    here = [python for python in fits.pythons if python in machine.pythons]
    python = here[-1] if here else fits.pythons[-1]
    make = f"python{python} -m venv venv" if here else f"uv venv --seed --python {python} venv"
    install = f"venv/bin/python -m pip install nvidia-pytriton=={fits.newest} 'numpy<2'"
    return (make, install, "tritondoctor fix --prefix venv")


def as_json(advice: Advice, machine: Machine) -> dict[str, Any]:
    """The advice as JSON (schema tritondoctor.advice/1)."""
    return {
        "schema": SCHEMA,
        "machine": {
            "processor": machine.host.machine,
            "distribution": machine.host.distribution,
            "glibc": machine.host.glibc,
            "driver": machine.driver,
            "card": machine.card,
            "pythons": {minor: python._asdict() for minor, python in sorted(machine.pythons.items())},
            "front_end": machine.front.name if machine.front else None,
            "uv": machine.uv is not None,
        },
        "releases": [
            {
                **release._asdict(),
                "fits": release.why is None,
                "why": str(release.why) if release.why else None,
            }
            for release in advice.releases
        ],
        "recipes": [
            {
                **{
                    key: msgspec.to_builtins(choice.recipe)[key]
                    for key in ("name", "summary", "python", "pytriton", "framework", "device", "size")
                },
                "forms": {
                    form: {
                        "fits": not why,
                        "why": [{"id": r.id, "text": str(r.text), "advice": r.advice} for r in why],
                    }
                    for form, why in choice.against.items()
                },
            }
            for choice in advice.choices
        ],
        "frameworks": [
            {
                **framework._asdict(),
                "beside": advice.beside,
                "fits": framework.why is None,
                "why": str(framework.why) if framework.why else None,
            }
            for framework in advice.frameworks
        ],
        "commands": list(advice.commands),
    }
