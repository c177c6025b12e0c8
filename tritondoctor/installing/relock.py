"""`lock`: renew a recipe's locks; conda-lock writes the conda lock, uv resolves the pip part.

What uv found is kept only as far as a machine of the recipe can install it: the hashes of wheels for
its Python, processor and glibc.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from shlex import quote
from typing import Any, NamedTuple, Optional

import msgspec

from tritondoctor.installing import InstallError
from tritondoctor.installing.packages import SUBDIR, of_lock
from tritondoctor.installing.pips import for_uv, uv
from tritondoctor.installing.recipe import (
    ENVIRONMENT,
    LOCK,
    REQUIREMENTS,
    REQUIREMENTS_IN,
    Recipe,
    pinned,
    platforms_of,
)
from tritondoctor.remedies.command import output_of
from tritondoctor.remedies.front_end import front_end
from tritondoctor.remedies.operations import RemedyError
from tritondoctor.support import atomic, own_files, staging
from tritondoctor.support.reading import Limit, read_text
from tritondoctor.support.variables import for_children

SOLVER = "installing/solver.py"
_HEAD = "# Written by `tritondoctor lock`: {count} packages, {size} MB.\n"
_EXTRA = "python3 -m pip install 'tritondoctor[lock,conda]'"


class LockChange(NamedTuple):
    """A package whose version changed; None: not in that lock."""

    part: str
    name: str
    before: Optional[str]
    after: Optional[str]


class Relocked(NamedTuple):
    """The changes, and the size of the pip part in MB."""

    changes: list[LockChange]
    megabytes: int


def relock(
    recipe: Recipe,
    variables: Mapping[str, str],
    channels: Sequence[str],
    say: Callable[[str], None],
) -> Relocked:
    """Solve both parts, then put the new locks in place of the old ones.

    Raises InstallError: where solving fails, with the old locks as they were.
    """
    with staging.temporary() as folder:
        try:
            say("solving the conda part")
            conda = _conda_part(recipe, variables, channels, folder)
            say("resolving the pip part")
            text, megabytes = _pip_part(recipe, variables, folder)
        except RemedyError as failure:
            raise InstallError(str(failure)) from failure
        changes = [
            *_changes("conda", _conda_versions(recipe.path(LOCK)), _conda_versions(conda)),
            *_changes("pip", dict(_old_requirements(recipe)), dict(pinned(text))),
        ]
        lock = read_text(conda, Limit.LOCK, errors="strict")
    try:
        atomic.write(recipe.path(LOCK), lock)
        atomic.write(recipe.path(REQUIREMENTS), text)
    except OSError as failure:
        raise InstallError(f"{failure.filename or recipe.folder}: {failure.strerror}") from failure
    return Relocked(changes, megabytes)


def _conda_part(
    recipe: Recipe,
    variables: Mapping[str, str],
    channels: Sequence[str],
    folder: str,
) -> str:
    if importlib.util.find_spec("conda_lock") is None:
        raise InstallError(f"conda-lock is needed for the conda part and is not installed: {_EXTRA}")
    lock = os.path.join(folder, LOCK)
    # the sources stand in the lock relative to its folder
    with open(os.path.join(folder, ENVIRONMENT), "w", encoding="utf-8") as file:
        file.write(recipe.text(ENVIRONMENT))
    command = [
        sys.executable, "-I", "-m", "conda_lock", "lock", "-f", os.path.join(folder, ENVIRONMENT),
        "-p", SUBDIR, "--lockfile", lock, "--conda", _solver(variables, folder),
    ]  # fmt: skip
    for channel in channels:
        command += ["-c", channel]
    output_of(command, for_children(variables), "conda-lock")
    return lock


def _solver(variables: Mapping[str, str], folder: str) -> str:
    front = front_end(variables)
    if front is not None:
        return front.program
    if importlib.util.find_spec("rattler") is None:
        raise InstallError(
            f"conda, mamba, micromamba or py-rattler is needed to solve, and none is installed: {_EXTRA}"
        )
    path = os.path.join(folder, "solver")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nexec {quote(sys.executable)} -I {quote(own_files.path(SOLVER))} "$@"\n')
    os.chmod(path, 0o755)
    return path


def _pip_part(recipe: Recipe, variables: Mapping[str, str], folder: str) -> tuple[str, int]:
    program = uv(variables)
    if program is None:
        raise InstallError(f"uv is needed for the pip part and is not installed: {_EXTRA}")
    found = os.path.join(folder, "pylock.toml")
    platform = f"{recipe.needs.machine}-manylinux_{recipe.needs.glibc.replace('.', '_')}"
    command = [
        program, "pip", "compile", "--quiet", "--format", "pylock.toml", "--python-version",
        recipe.python, "--python-platform", platform, "--only-binary", ":all:",
    ]  # fmt: skip
    for name in recipe.compiles:
        command += ["--no-binary", name]
    if recipe.index:
        command += ["--extra-index-url", recipe.index, "--index-strategy", "unsafe-best-match"]
    packages = _resolved(command, found, recipe.path(REQUIREMENTS_IN), variables)
    if recipe.alone:
        source = os.path.join(folder, "alone.in")
        with open(source, "w", encoding="utf-8") as file:
            file.write("\n".join(recipe.alone))
        packages += _resolved([*command, "--no-deps"], found, source, variables)
    return _requirements(recipe, packages)


def _resolved(
    command: Sequence[str], found: str, source: str, variables: Mapping[str, str]
) -> list[dict[str, Any]]:
    """What uv resolves the requirements of a file to."""
    output_of([*command, "-o", found, source], for_uv(variables), "uv")
    with open(found, "rb") as file:
        packages: list[dict[str, Any]] = msgspec.toml.decode(file.read())["packages"]
    return packages


def _requirements(recipe: Recipe, packages: Sequence[dict[str, Any]]) -> tuple[str, int]:
    """The text of requirements.txt, and what a machine downloads for it in MB."""
    lines, total = [], 0
    supported = {tag: rank for rank, tag in enumerate(_tags(recipe))}
    for package in packages:
        fitting = sorted(_fitting(package, supported), key=lambda item: item[0])
        if not fitting and package["name"] in recipe.compiles and "sdist" in package:
            source = package["sdist"]
            fitting = [(0, source["hashes"]["sha256"], source.get("size", 0))]
        if not fitting:
            raise InstallError(f"{package['name']} {package['version']} has no wheel for {recipe.name}")
        total += fitting[0][2]
        hashes = sorted({digest for _, digest, _ in fitting})
        lines.append(f"{package['name']}=={package['version']}")
        lines += [f"    --hash=sha256:{digest}" for digest in hashes]
    text = re.sub(r"\n(?=    )", " \\\\\n", "\n".join(lines))
    size = round(total / 1e6)
    return _HEAD.format(count=len(packages), size=size) + text + "\n", size


def _fitting(package: dict[str, Any], supported: dict[str, int]) -> Iterator[tuple[int, str, int]]:
    """(rank of its best tag, hash, size) of each wheel that can be installed."""
    from packaging.utils import parse_wheel_filename

    for wheel in package.get("wheels", ()):
        name = wheel.get("name") or wheel.get("url", wheel.get("path", "")).rsplit("/", 1)[1]
        ranks = [supported[str(tag)] for tag in parse_wheel_filename(name)[3] if str(tag) in supported]
        if ranks:
            size = wheel.get("size") or _size_of(wheel.get("url", ""))
            yield min(ranks), wheel["hashes"]["sha256"], size


def _size_of(address: str) -> int:
    path = address.partition("file://")[2]
    return os.path.getsize(path) if path and os.path.exists(path) else 0


def _tags(recipe: Recipe) -> list[str]:
    """The wheel tags that such a machine supports, the best first."""
    from packaging import tags

    major, minor = (int(part) for part in recipe.python.split("."))
    platforms = platforms_of(recipe)
    abis = [f"cp{major}{minor}"]
    found = [
        *tags.cpython_tags((major, minor), abis, platforms),
        *tags.compatible_tags((major, minor), f"cp{major}{minor}", platforms),
    ]
    return [str(tag) for tag in found]


def _changes(part: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[LockChange]:
    return [
        LockChange(part, name, before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _conda_versions(path: str) -> dict[str, str]:
    if not os.path.exists(path):
        return {}
    return {package.name: package.file_name for package in of_lock(path, local=True)}


def _old_requirements(recipe: Recipe) -> list[tuple[str, str]]:
    return recipe.requirements() if os.path.exists(recipe.path(REQUIREMENTS)) else []


def lines(recipe: Recipe, result: Relocked) -> list[str]:
    """Format the changes, one line each."""
    words = {
        (False, True): "  + {part:<6}{name} {after}",
        (True, False): "  - {part:<6}{name} {before}",
        (True, True): "    {part:<6}{name} {before} -> {after}",
    }
    changes = [
        words[change.before is not None, change.after is not None].format(**change._asdict())
        for change in result.changes
    ]
    head = (
        f"{recipe.folder}: {len(changes)} changes" if changes else f"{recipe.folder}: nothing has changed"
    )
    size = recipe.size.pip
    report = [head, *changes]
    if size != result.megabytes:
        report.append(f"In recipe.toml, pip is {size} MB; it is {result.megabytes} MB now.")
    return report
