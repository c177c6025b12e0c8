"""The program that installs the pip part: uv where there is one, else a pip."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Optional

from tritondoctor.installing import InstallError
from tritondoctor.installing.recipe import Recipe, platforms_of
from tritondoctor.installing.steps import follow
from tritondoctor.remedies.operations import RemedyError
from tritondoctor.remedies.pip import pip_for
from tritondoctor.target.programs import on_path


def uv(variables: Mapping[str, str]) -> Optional[str]:
    """uv on PATH, else the one that is installed beside the doctor."""
    beside = os.path.join(os.path.dirname(sys.executable), "uv")
    found = on_path("uv", variables.get("PATH"))
    return found or (beside if os.access(beside, os.X_OK) else None)


_AS_UV = {"PIP_INDEX_URL": "UV_DEFAULT_INDEX", "PIP_EXTRA_INDEX_URL": "UV_INDEX"}


def for_uv(variables: Mapping[str, str]) -> dict[str, str]:
    """Translate pip's index variables for uv, which does not read them."""
    known = {key: value for key, value in variables.items() if key[:3] != "LD_"}
    translated = {uvs: known[pips] for pips, uvs in _AS_UV.items() if known.get(pips)}
    if known.get("PIP_FIND_LINKS"):
        translated["UV_FIND_LINKS"] = ",".join(known["PIP_FIND_LINKS"].split())
    return {**translated, **known}


def install(
    python: str,
    recipe: Recipe,
    wheels: Optional[str],
    variables: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    """Install exactly the hashed requirements; `wheels` is a folder that replaces the index.

    Raises InstallError where a hash differs or a package is not available.
    """
    plain = {key: value for key, value in variables.items() if key[:3] != "LD_"}
    program, name = uv(variables), "uv"
    if program is not None:
        plain = for_uv(variables)
        command = [program, "pip", "install", "--python", python]
    else:
        name = "pip"
        try:
            command = [*pip_for(python, plain), "install", "--no-input", "--disable-pip-version-check",
                       "--no-warn-script-location"]  # fmt: skip
        except RemedyError as failure:
            raise InstallError(str(failure)) from failure
    if wheels is not None:
        command += ["--no-index", "--find-links", wheels]
    command += ["--require-hashes", "--no-deps", "-r", recipe.wheels_lock()]
    more = _own_index(recipe) if wheels is None else []
    if more and program is not None:  # else uv takes a package from the first index that has its name
        more += ["--index-strategy", "unsafe-best-match"]
    _with_own_index(command, more, plain, name, say)


def _own_index(recipe: Recipe) -> list[str]:
    return ["--extra-index-url", recipe.index] if recipe.index else []


def _with_own_index(
    command: list[str],
    more: list[str],
    variables: Mapping[str, str],
    name: str,
    say: Callable[[str], None],
) -> None:
    """Run the command; where it fails, once more with the recipe's own index."""
    try:
        follow(command, variables, name, say)
    except InstallError as failure:
        if not more:
            raise
        say(f"{failure}; asking {more[1]}, too")
        follow([*command, *more], variables, name, say)


def download(
    recipe: Recipe, folder: str, variables: Mapping[str, str], say: Callable[[str], None]
) -> None:
    """Download a recipe's wheels into a folder, whichever Python runs the doctor."""
    plain = {key: value for key, value in variables.items() if key[:3] != "LD_"}
    try:
        command = pip_for(sys.executable, plain)
    except RemedyError as failure:
        raise InstallError(str(failure)) from failure
    command += [
        "download", "--no-input", "--disable-pip-version-check", "--require-hashes", "--no-deps", "-d",
        folder, "-r", recipe.wheels_lock(),
    ]  # fmt: skip
    if recipe.compiles:  # pip takes no sources for another Python than its own
        minor = ".".join(str(part) for part in sys.version_info[:2])
        if minor != recipe.python:
            raise InstallError(
                f"{', '.join(recipe.compiles)} must be compiled: to download {recipe.name}, run the "
                f"doctor with Python {recipe.python}."
            )
    else:
        command += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", recipe.python]
        for platform in platforms_of(recipe):
            command += ["--platform", platform]
    _with_own_index(command, _own_index(recipe), plain, "pip", say)
