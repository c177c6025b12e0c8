"""What pip would install, fetched into the staging folder: the very files, at the very paths.

pip's own `--root` lays a whole installation out below a folder; the environment itself is not touched.
"""

from __future__ import annotations

import filecmp
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.utils import canonicalize_name

from tritondoctor.checks.edits import Pip
from tritondoctor.facts.imports.records import rows
from tritondoctor.loader import Files
from tritondoctor.remedies import bounds, wheels
from tritondoctor.remedies.command import ProgramWatch, failure_of, output_of, result_of
from tritondoctor.remedies.emptied import bytecode, folders
from tritondoctor.remedies.operations import (
    Operation,
    PutFile,
    RemedyError,
    Remove,
    RemoveFolder,
    UnbuiltError,
)
from tritondoctor.support.hosts import unreachable
from tritondoctor.support.reading import list_folder
from tritondoctor.target.identity import owner_of
from tritondoctor.target.programs import on_path


def stage(
    edit: Pip,
    prefix: str,
    variables: Mapping[str, str],
    folder: str,
    watch: ProgramWatch,
    *,
    may_build: bool = False,
) -> tuple[Operation, ...]:
    """The files that the installation puts, and those of the versions it replaces that it removes: what
    their RECORD lists outside of the prefix is somebody's.

    With `may_build` source archives are built, which runs their code.  Raises RemedyError where there is
    no pip, or it fails or hangs.
    """
    if edit.isolated:
        hidden = {"PYTHONPATH", "PYTHONUSERBASE"}
        variables = {name: value for name, value in variables.items() if name not in hidden}
        variables["PYTHONNOUSERSITE"] = "1"
    command = pip_for(edit.python, variables)
    quiet = _QUIET if may_build else (*_QUIET, _WHEELS_ONLY)
    choices = _resolved([*command, "install", *quiet], edit, variables, watch)
    if not choices:
        return ()
    root = os.path.join(folder, "root")
    install = [*command, "install", *quiet, "--no-deps", "--ignore-installed", "--root", root]
    copies = os.path.join(folder, "wheels")
    at_hand, others = wheels.copies(command, choices, variables, copies, watch)
    if at_hand:
        unpack = [*install, "--no-index", "--find-links", copies, *at_hand]
        _output(unpack, edit, variables, watch)
    if others:
        _output([*install, *others], edit, variables, watch)
    puts = {path[len(root) :]: path for path in _files(root) if not _stale(path, root)}
    names = {_distribution(path) for path in puts} - {""}
    sites = dict.fromkeys(os.path.dirname(os.path.dirname(path)) for path in puts if _distribution(path))
    old = [path for site in sites for name in names for path in _installed(site, name)]
    kept = set(puts)
    old = bounds.inside(dict.fromkeys([*old, *bytecode(bounds.inside(old, prefix))]), prefix)
    gone = [path for path in old if path not in kept]
    removes = [Remove(path) for path in gone]
    empty = [RemoveFolder(path) for path in folders(gone, kept, prefix)]
    return (*removes, *empty, *(PutFile(path, source) for path, source in sorted(puts.items())))


_QUIET = ("--quiet", "--disable-pip-version-check", "--no-input", "--no-warn-script-location")
#: a plan that nobody has agreed to runs nothing that an index sends: to build a source archive, even to
#: learn its requirements, is to run its code
_WHEELS_ONLY = "--only-binary=:all:"


def pip_for(python: str, variables: Mapping[str, str]) -> list[str]:
    """The environment's own pip, else one from elsewhere that installs for it."""
    choices = [
        [python, "-m", "pip"],
        *_bundled(python, variables),
        [sys.executable, "-I", "-m", "pip", "--python", python],
    ]
    uv = on_path("uv", variables.get("PATH"), (None, owner_of(python)))
    if uv:
        choices.append([uv, "tool", "run", "--offline", "pip", "--python", python])  # the one it has
    for command in choices:
        try:
            output_of([*command, "--version"], variables, "pip")
        except RemedyError:
            continue
        return command
    raise RemedyError(f"no pip can install for {python}; get one with: {python} -m ensurepip")


_BUNDLED = """
import ensurepip, glob, os
print(*glob.glob(os.path.join(os.path.dirname(ensurepip.__file__), "_bundled", "pip-*.whl")))
"""


def _bundled(python: str, variables: Mapping[str, str]) -> list[list[str]]:
    """The pip that an interpreter carries for new environments, run out of its wheel."""
    try:
        wheels = output_of([python, "-I", "-c", _BUNDLED], variables, python).split()
    except RemedyError:
        return []
    return [[python, f"{wheel}/pip"] for wheel in wheels[-1:]]


def _resolved(
    install: list[str], edit: Pip, variables: Mapping[str, str], watch: ProgramWatch
) -> list[wheels.ChosenWheel]:
    """What pip would install beside what is there."""
    if edit.again:
        return [wheels.ChosenWheel(requirement) for requirement in edit.requirements]
    plan = [*install, "--dry-run", "--report", "-", *edit.requirements]
    output = _output(plan, edit, variables, watch)
    try:
        report = json.loads(output[output.index("{") :])
        return [_choice(item) for item in report["install"]]
    except (ValueError, KeyError, TypeError) as failure:
        raise RemedyError("this pip is too old (22.2 or newer is needed)") from failure


def _output(command: list[str], edit: Pip, variables: Mapping[str, str], watch: ProgramWatch) -> str:
    """What pip prints.  Raises RemedyError where it fails, with what builds a thing that has no wheel."""
    result = result_of(command, variables, "pip", watch=watch)
    if not result.code:
        return result.out
    failure = failure_of(result, "pip")
    if "No matching distribution found" not in str(failure) or unreachable(result.out + result.err):
        raise failure
    raise UnbuiltError(
        f"{failure} (a source archive is not built before you agree, since that runs its code: "
        f"add --yes, or type: {edit.commands()[0]})"
    )


def _choice(item: Any) -> wheels.ChosenWheel:
    """An item of pip's report (its "Installation Report" page)."""
    name, version = item["metadata"]["name"], item["metadata"]["version"]
    origin = item["download_info"]
    digest = origin.get("archive_info", {}).get("hashes", {}).get("sha256", "")
    return wheels.ChosenWheel(f"{name}=={version}", origin["url"], digest)


def _files(root: str) -> Iterator[str]:
    for folder, _, names in os.walk(root):
        for name in names:
            yield os.path.join(folder, name)


def _stale(path: str, root: str) -> bool:
    """Whether this is bytecode of a module that is there already: it holds the time of the other copy."""
    folder, name = os.path.split(path)
    if not name.endswith(".pyc"):
        return False
    source = os.path.join(os.path.dirname(folder), name.partition(".")[0] + ".py")
    try:
        return filecmp.cmp(source, source[len(root) :], shallow=False)
    except OSError:
        return False


def _distribution(path: str) -> str:
    """The canonical name of the distribution whose RECORD this is; "" for any other file."""
    folder, name = os.path.split(path)
    match = re.match(r"(.+)-[^-]+\.dist-info$", os.path.basename(folder))
    return canonicalize_name(match.group(1)) if match and name == "RECORD" else ""


def _installed(site: str, name: str) -> list[str]:
    """The files of the distribution of that name in a site-packages folder, by its RECORD."""
    try:
        folders = [name for name in list_folder(site) if name.endswith(".dist-info")]
    except OSError:
        return []
    records = [os.path.join(site, folder, "RECORD") for folder in folders]
    return [path for record in records if _distribution(record) == name for path in _listed(site, record)]


def _listed(site: str, record: str) -> list[str]:
    """The files that a RECORD lists and that are there; without one that can be read, its own folder."""
    try:
        paths = [os.path.normpath(os.path.join(site, row[0])) for row in rows(Files(), record)]
    except (OSError, ValueError):
        folder = os.path.dirname(record)
        paths = [os.path.join(folder, name) for name in list_folder(folder)]
    return [path for path in paths if os.path.isfile(path) or os.path.islink(path)]
