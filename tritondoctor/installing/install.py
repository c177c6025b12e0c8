"""An installation from beginning to end: choose, fetch, install, repair, verify."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Optional, Protocol

from tritondoctor.installing import InstallError, activate, conda_part, fetch, pips, venv_part
from tritondoctor.installing.fit import Form, Misfit, best, reasons, room
from tritondoctor.installing.location import Mark, held
from tritondoctor.installing.machine import Machine, free_mb, look
from tritondoctor.installing.packages import of_lock
from tritondoctor.installing.recipe import ENVIRONMENT, LOCK, REQUIREMENTS, Recipe, named
from tritondoctor.remedies import fix
from tritondoctor.remedies.fix import Fixed
from tritondoctor.remedies.operations import RemedyError
from tritondoctor.support.digests import sha256
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _
from tritondoctor.target import Target, identity, python_of


class InstallRequest(NamedTuple):
    """What the user asked for; `form` None leaves it to the machine, `offline` is a folder;
    `local`: the lock may name archives that are files of this machine; `trust_owner`: root installs where
    another user can exchange what it then runs.
    """

    recipe: str
    prefix: Optional[str] = None
    name: Optional[str] = None
    form: Optional[Form] = None
    channels: tuple[str, ...] = ()
    offline: Optional[str] = None
    local: bool = False
    trust_owner: bool = False


class InstallTalk(fix.FixTalk, Protocol):
    """Reports progress to the user."""

    def chosen(self, recipe: Recipe, machine: Machine, form: Form, prefix: str) -> None:
        """Show what will be done, before it starts."""

    def begin(self, step: str, total: int = 0) -> None:
        """Begin a step; `total` is its size in bytes where known."""

    def advance(self, count: int) -> None:
        """Add bytes that have arrived."""

    def line(self, text: str) -> None:
        """Show a line of a running program's output."""

    def end(self) -> None:
        """End the step successfully."""


class UnfitError(InstallError):
    """The recipe does not fit the machine; nothing was downloaded or changed."""

    def __init__(self, recipe: Recipe, form: Form, why: Sequence[Misfit]) -> None:
        super().__init__("; ".join(str(misfit.text) for misfit in why))
        self.recipe, self.form, self.why = recipe, form, tuple(why)


class Installed(NamedTuple):
    """The result; `fixed` holds the remedies that were needed and the self-test."""

    recipe: Recipe
    form: Form
    prefix: str
    activation: str
    fixed: Fixed
    seconds: float

    @property
    def exit_code(self) -> int:
        """0 where PyTriton served with the current variables."""
        return self.fixed.exit_code


def run(request: InstallRequest, variables: Mapping[str, str], cwd: str, talk: InstallTalk) -> Installed:
    """Install the recipe.  Raises InstallError: then nothing has changed, or the prefix is
    marked unfinished, which the same command completes.
    """
    began = time.monotonic()
    machine = look(variables, cwd)
    form = request.form or _form(machine)
    recipe = best(named(request.recipe), machine, form)
    why = reasons(recipe, machine, form)
    if why:
        raise UnfitError(recipe, form, why)
    prefix = place_of(request, recipe, variables, cwd)
    short = room(recipe, form, free_mb(prefix))
    if short is not None:
        raise UnfitError(recipe, form, [short])
    if not request.trust_owner:
        _require_own(prefix)
    if request.offline is not None:
        fetch.examine(request.offline)
    with held(prefix) as place, _os_errors():
        talk.chosen(recipe, machine, form, prefix)
        mark = Mark(recipe.name, _digest(recipe, request, form), form)
        place.begin(mark, talk.say, make=form == "venv" or machine.front is None)
        if form == "conda":
            _conda(request, recipe, machine, prefix, variables, talk)
        else:
            with _step(talk, f"create a venv with Python {recipe.python}"):
                venv_part.make(prefix, recipe, machine, variables, talk.line)
        _pip(request, recipe, prefix, form, variables, talk)
        settings = activate.settle(recipe, prefix, form)
        active = activate.variables(prefix, form, settings, variables)
        target = Target(python_of(prefix), prefix, f"--prefix {prefix}", active, cwd)
        fixed = _proved(target, request, talk)
        if fixed.outcome in ("sound", "fixed") or fixed.variables:
            place.finish()
        line = activate.line(prefix, form, machine)
        return Installed(recipe, form, prefix, line, fixed, time.monotonic() - began)


@contextmanager
def _os_errors() -> Iterator[None]:
    """Turn a full disk or an unwritable folder into an InstallError."""
    try:
        yield
    except OSError as failure:
        raise InstallError(f"{failure.filename or 'writing'}: {failure.strerror or failure}") from failure


def _require_own(prefix: str) -> None:
    """Raises UsageError where another user could put a Python of theirs in the place of root's."""
    owner = identity.owner_of(prefix)
    if owner is not None:
        raise UsageError(
            _(
                "{user} can change a folder above {path}, and thereby what root runs there. Install as "
                "that user, or into a folder of root's. To install there all the same: --trust-owner.",
                user=identity.who_can_change(owner), path=prefix,
            )
        )  # fmt: skip


def _form(machine: Machine) -> Form:
    return "conda" if machine.front is not None or machine.rattler else "venv"


def place_of(request: InstallRequest, recipe: Recipe, variables: Mapping[str, str], cwd: str) -> str:
    """The new prefix: --prefix, the named conda environment, or ./RECIPE-env."""
    if request.name is not None:
        return os.path.join(activate.environments(variables), request.name)
    return os.path.normpath(os.path.join(cwd, os.path.expanduser(request.prefix or f"{recipe.name}-env")))


def _digest(recipe: Recipe, request: InstallRequest, form: Form) -> str:
    """A digest of the files that determine what is installed."""
    conda = () if form == "venv" else (ENVIRONMENT,) if request.channels else (LOCK,)
    digest = sha256("\n".join(request.channels).encode())
    for name in (*conda, REQUIREMENTS):
        digest.update(recipe.text(name).encode())
    return digest.hexdigest()


@contextmanager
def _step(talk: InstallTalk, name: str, total: int = 0) -> Iterator[None]:
    talk.begin(name, total)
    yield
    talk.end()


def _conda(
    request: InstallRequest,
    recipe: Recipe,
    machine: Machine,
    prefix: str,
    variables: Mapping[str, str],
    talk: InstallTalk,
) -> None:
    if request.channels:
        with _step(talk, "solve for the given channels"):
            packages = conda_part.solved(recipe, variables, request.channels)
    else:
        packages = of_lock(recipe.path(LOCK), local=request.local or request.offline is not None)
    total = sum(package.size or 0 for package in packages) or recipe.size.conda * 1_000_000
    with _step(talk, f"fetch {len(packages)} conda packages", total):
        if request.offline is not None:
            places = fetch.offline(packages, os.path.join(request.offline, "conda"), talk.advance)
        else:
            places = fetch.all_of(packages, fetch.cache(variables), talk.advance)
    by = machine.front.name if machine.front else "py-rattler"
    with _step(talk, f"install the conda packages with {by}"):
        conda_part.install(prefix, packages, places, machine.front, variables, talk.line)


def _pip(
    request: InstallRequest,
    recipe: Recipe,
    prefix: str,
    form: Form,
    variables: Mapping[str, str],
    talk: InstallTalk,
) -> None:
    count, by = len(recipe.requirements()), "uv" if pips.uv(variables) else "pip"
    wheels = os.path.join(request.offline, "wheels") if request.offline is not None else None
    with _step(talk, f"install {count} packages with {by}", recipe.size.pip * 1_000_000):
        pips.install(python_of(prefix), recipe, wheels, variables, talk.line)


def _proved(target: Target, request: InstallRequest, talk: InstallTalk) -> Fixed:
    channels = tuple(request.channels)
    try:
        return fix.run(target, fix.Options(channels=channels), talk)
    except RemedyError as failure:
        raise InstallError(str(failure)) from failure
