"""What a front end would do to a prefix: its own dry run, and the very packages that this names.

The packages come out of its cache, where it puts them itself (`--download-only`), so that its mirrors
and credentials serve.  Nothing is written into the prefix, and no other prefix is made.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from shlex import join
from typing import Any, NamedTuple

import msgspec

from tritondoctor.checks.edits import Conda
from tritondoctor.remedies.archive import Laid
from tritondoctor.remedies.command import ProgramResult, ProgramWatch, failure_of, result_of
from tritondoctor.remedies.front_end import FrontEnd, StagedPackages, examine_changes
from tritondoctor.remedies.manager_errors import objects_in
from tritondoctor.remedies.operations import RemedyError, Transaction
from tritondoctor.remedies.packages import ChannelPackage, changes_between, installed_in, package_of
from tritondoctor.support import structs

_DRY = ("--dry-run", "--json", "--yes", "--quiet")
_FETCH = ("--download-only", "--json", "--yes", "--quiet")
_RUN = ("--json", "--yes", "--quiet")


class _Dialogue(NamedTuple):
    """A front end, and how it is asked."""

    front: FrontEnd
    variables: Mapping[str, str]
    watch: ProgramWatch

    def ask(self, command: Sequence[str]) -> dict[str, Any]:
        """Its answer in JSON.  Raises RemedyError, with the cause that it names, where it fails, or
        where it only warns that it passes over what the user has pinned.
        """
        answer = result_of(command, self.variables, self.front.name, watch=self.watch)
        found = success_of(answer, self.front.name)
        pinned = overridden_pin(f"{answer.out}\n{answer.err}")
        if pinned:
            raise RemedyError(f"{self.front.name} would override what is pinned: {pinned}")
        return found


#: conda's classic solver on `pinned_packages` of .condarc (conda/core/solve.py, `_add_specs`)
_OVERRIDDEN = re.compile(r"pinned spec (.{1,200}?) conflicts with explicit specs\.\s+Overriding", re.S)


def overridden_pin(text: str) -> str:
    """The pinned requirement that a front end says it overrides, or ""."""
    match = _OVERRIDDEN.search(text)
    return " ".join(match.group(1).split()) if match else ""


def success_of(answer: ProgramResult, name: str) -> dict[str, Any]:
    """The JSON of a command that succeeded, even if it crashed after reporting success.

    Raises RemedyError where it failed.
    """
    found = next(objects_in(answer.out), {})
    succeeded = found.get("success") or found.get("exception_name") == "CondaExitZero"
    if answer.code and not succeeded:
        raise failure_of(answer, name)
    return found


def stage(
    edit: Conda,
    front: FrontEnd,
    channels: Sequence[str],
    variables: Mapping[str, str],
    folder: str,
    watch: ProgramWatch,
) -> StagedPackages:
    """The transaction of the command that would be run, tried first.

    Raises RemedyError where the front end refuses or fails, or its packages are not what they should be.
    """
    dialogue = _Dialogue(front, variables, watch)
    actions = _actions(dialogue.ask(front.install(edit, channels, *_DRY)), front.name)
    gone, come = _packages(actions.unlink), _packages(actions.link)
    if not come and not gone:
        raise RemedyError(f"{front.name} found nothing to change")
    changes = changes_between(gone, come)
    examine_changes(changes, front.name)
    _examine_again(edit, come)
    if actions.fetch:
        dialogue.ask(front.install(edit, channels, *_FETCH))
    laid = Laid(edit.prefix, folder, _caches(dialogue), come)
    staged = laid.files(actions.link, _packages(actions.fetch))
    removed = [path for package in gone for path in _files_of(edit.prefix, package)]
    transaction = Transaction(
        tuple(front.install(edit, channels, *_RUN)), edit.prefix, staged,
        tuple(path for path in removed if path not in staged), changes, laid.digests,
        tuple(laid.made),
    )  # fmt: skip
    return StagedPackages((transaction,), changes, join(front.install(edit, channels)))


class _Actions(msgspec.Struct, frozen=True, rename="upper"):
    """The packages that a dry run names."""

    fetch: list[dict[str, Any]] = []
    link: list[dict[str, Any]] = []
    unlink: list[dict[str, Any]] = []


def _actions(answer: Mapping[str, Any], name: str) -> _Actions:
    """What a front end would do.  Raises RemedyError where it does not say so."""
    actions = answer.get("actions") or {}
    if isinstance(actions, list):  # older condas: a list with one
        actions = actions[0] if actions else {}
    try:
        return structs.convert(actions, _Actions)
    except structs.Unfit as failure:
        raise RemedyError(f"cannot read what {name} would do") from failure


def _packages(records: Sequence[Mapping[str, Any]]) -> list[ChannelPackage]:
    try:
        return [package_of(record) for record in records]
    except KeyError as failure:
        raise RemedyError("cannot read the packages in the front end's dry run") from failure


def _examine_again(edit: Conda, come: Sequence[ChannelPackage]) -> None:
    """What is to be restored has to be the same build."""
    if not edit.again:
        return
    there = installed_in(edit.prefix)
    for spec in edit.specs:
        before = there.get(spec.partition("=")[0])
        after = next((package for package in come if before and package.name == before.name), None)
        if spec.count("=") == 2 and (not before or not after or before.file_name != after.file_name):
            raise RemedyError(f"{spec} is no longer in any channel")


def _caches(dialogue: _Dialogue) -> list[str]:
    answer = dialogue.ask([dialogue.front.program, "info", "--json"])
    return [str(path) for path in answer.get("pkgs_dirs") or answer.get("package cache") or ()]


def _files_of(prefix: str, package: ChannelPackage) -> list[str]:
    """What the prefix's own record says that belongs to a package, and that record."""
    record = os.path.join(prefix, "conda-meta", package.file_name + ".json")
    try:
        with open(record, encoding="utf-8") as file:
            names = [str(name) for name in json.load(file).get("files", ())]
    except (OSError, ValueError, AttributeError) as failure:
        raise RemedyError(
            f"{record} cannot be read, so the files of {package.name} are unknown"
        ) from failure
    inside = [os.path.normpath(os.path.join(prefix, name)) for name in names]
    return [*(path for path in inside if path.startswith(prefix + "/")), record]
