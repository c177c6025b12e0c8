"""Whether a recipe fits a machine, and why not; no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, Optional

from tritondoctor.checks.advice import order
from tritondoctor.checks.model import Text, text
from tritondoctor.installing.machine import Machine
from tritondoctor.installing.recipe import Recipe, minor

Form = Literal["conda", "venv"]
#: releases from which a Python's own core comes with the wheel
_BUNDLED = "3.13"


class Misfit(NamedTuple):
    """A reason why a recipe does not fit; `advice` is a command that may help, or ""."""

    id: str
    text: Text
    advice: str = ""


def reasons(recipe: Recipe, machine: Machine, form: Form) -> list[Misfit]:
    """All reasons why the recipe does not fit; none where it does."""
    return [*_platform(recipe, machine), *_card(recipe, machine), *_form(recipe, machine, form)]


def _platform(recipe: Recipe, machine: Machine) -> Iterator[Misfit]:
    host = machine.host
    if host.system != "Linux" or host.machine != recipe.needs.machine:
        words = text("it needs Linux on {needs}; this is {system} on {machine}",
                     needs=recipe.needs.machine, system=host.system, machine=host.machine)  # fmt: skip
        yield Misfit("platform", words)
    elif host.glibc is None:
        yield Misfit("glibc", text("it needs glibc {needs}; {name} has none", needs=recipe.needs.glibc,
                                   name=host.distribution))  # fmt: skip
    elif order(host.glibc) < order(recipe.needs.glibc):
        words = text("it needs glibc {needs}; this machine has {has}", needs=recipe.needs.glibc,
                     has=host.glibc)  # fmt: skip
        yield Misfit("glibc", words)


def _card(recipe: Recipe, machine: Machine) -> Iterator[Misfit]:
    needs = recipe.needs.driver
    if not needs:
        return
    if not machine.card and not machine.driver:
        yield Misfit("card", text("it needs an NVIDIA GPU, and none was found"))
    elif machine.driver is None:
        yield Misfit("driver", text("it needs NVIDIA driver {needs} or newer, and no driver is loaded",
                                    needs=needs))  # fmt: skip
    elif order(machine.driver) < order(needs):
        yield Misfit("driver", text("it needs NVIDIA driver {needs} or newer; this is {has}",
                                    needs=needs, has=machine.driver))  # fmt: skip


def _form(recipe: Recipe, machine: Machine, form: Form) -> Iterator[Misfit]:
    if form == "conda":
        if machine.front is None and not machine.rattler:
            words = text("conda, mamba, micromamba or py-rattler is needed, and none is installed")
            yield Misfit("conda", words, "python3 -m pip install 'tritondoctor[conda]'")
    else:
        yield from _python(recipe, machine)
    if recipe.compiles and not machine.compiler:
        words = text("{names} must be compiled, and no C and C++ compiler is installed",
                     names=", ".join(recipe.compiles))  # fmt: skip
        yield Misfit("compiler", words, "apt-get install build-essential")


def _python(recipe: Recipe, machine: Machine) -> Iterator[Misfit]:
    known = machine.pythons.get(recipe.python)
    if known is None:
        if machine.uv is None:
            words = text("Python {minor} with venv is not installed", minor=recipe.python)
            yield Misfit("python", words, f"apt-get install python{recipe.python}-venv")
        return
    if not known.libpython and order(recipe.python) < order(_BUNDLED):
        words = text("{path} has no libpython{minor}.so.1.0, which PyTriton needs",
                     path=known.path, minor=recipe.python)  # fmt: skip
        system = known.path.startswith("/usr/bin/")
        yield Misfit("libpython", words, f"apt-get install libpython{recipe.python}" if system else "")
    if recipe.compiles and not known.headers:
        words = text("{names} must be compiled, and {path} lacks Python.h",
                     names=", ".join(recipe.compiles), path=known.path)  # fmt: skip
        yield Misfit("headers", words, f"apt-get install python{recipe.python}-dev")


def room(recipe: Recipe, form: Form, free: int) -> Optional[Misfit]:
    """The reason why the disk is too small; None where it is not."""
    needed = megabytes(recipe, form) + recipe.size.installed
    if free >= needed:
        return None
    return Misfit("disk", text("it needs {needed} MB; {free} MB are free", needed=needed, free=free))


def megabytes(recipe: Recipe, form: Form) -> int:
    """The size of the download, in MB."""
    return recipe.size.pip + (recipe.size.conda if form == "conda" else 0)


def best(recipes: Sequence[Recipe], machine: Machine, form: Form) -> Recipe:
    """The recipe of a family that fits best: without compiling, then with the newest Python."""
    return min(
        recipes,
        key=lambda recipe: (
            len(reasons(recipe, machine, form)),
            len(recipe.compiles),
            form == "venv" and recipe.python not in machine.pythons,
            -minor(recipe.python),
        ),
    )
