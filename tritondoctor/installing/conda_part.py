"""The conda packages of a recipe: from its lock or a new solution, installed into a prefix."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Optional

from tritondoctor.installing import InstallError
from tritondoctor.installing.location import move_aside
from tritondoctor.installing.origins import name_origins
from tritondoctor.installing.packages import LockedPackage, checked, explicit, in_order
from tritondoctor.installing.recipe import ENVIRONMENT, Recipe
from tritondoctor.installing.steps import follow
from tritondoctor.remedies.command import output_of
from tritondoctor.remedies.front_end import FrontEnd
from tritondoctor.remedies.operations import RemedyError
from tritondoctor.support import atomic, own_files, staging, structs, yaml_text
from tritondoctor.support.reading import Limit, read_text
from tritondoctor.support.variables import for_children

SOLVER, INSTALLER = "installing/solver.py", "installing/rattler_install.py"


def solved(recipe: Recipe, variables: Mapping[str, str], channels: Sequence[str]) -> list[LockedPackage]:
    """Solve the recipe's environment.yml from these channels with py-rattler."""
    environment = yaml_text.load(read_text(recipe.path(ENVIRONMENT), Limit.SETTINGS))
    specs = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    command = [sys.executable, "-I", own_files.path(SOLVER), "create", "--dry-run", "--json"]
    for channel in channels:
        command += ["--channel", channel]
    try:
        output = output_of([*command, *specs], for_children(variables), "py-rattler")
    except RemedyError as failure:
        raise InstallError(str(failure)) from failure
    records = json.loads(output)["actions"]["FETCH"]
    for record in records:
        record["depends"] = [spec.partition(" ")[0] for spec in record["depends"]]
    local = any(channel.startswith("file:") for channel in channels)
    return checked(structs.convert(records, list[LockedPackage]), "the channel's index", local=local)


def install(
    prefix: str,
    packages: Sequence[LockedPackage],
    places: dict[str, str],
    front: Optional[FrontEnd],
    variables: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    """Install the archives at `places` with the user's front end, else with py-rattler."""
    if front is None:
        request = {"prefix": prefix, "archives": [places[package.url] for package in in_order(packages)]}
        command = [sys.executable, "-I", own_files.path(INSTALLER), json.dumps(request)]
        follow(command, for_children(variables), "py-rattler", say)
    else:
        _by_front_end(front, prefix, packages, places, variables, say)
    name_origins(prefix, packages, places)


def _by_front_end(
    front: FrontEnd,
    prefix: str,
    packages: Sequence[LockedPackage],
    places: dict[str, str],
    variables: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    # front ends refuse or keep what an interrupted one left; the archives are here in any case
    move_aside(prefix, say)
    with staging.temporary() as folder:
        path = os.path.join(folder, "explicit.txt")
        atomic.write(path, explicit(packages, places))
        command = [front.program, "create", "--yes", "--quiet", "-p", prefix, "--file", path]
        follow(command, for_children(variables), front.name, say)
