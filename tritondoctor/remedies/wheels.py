"""Wheels that were fetched for a plan, kept for the next one: `$XDG_CACHE_HOME/tritondoctor/wheels`.

pip keeps what it fetches only where the index allows it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Optional
from urllib.parse import unquote, urlsplit

from tritondoctor.remedies.command import ProgramWatch, output_of
from tritondoctor.remedies.operations import RemedyError
from tritondoctor.remedies.path_state import digest_of
from tritondoctor.support import xdg


class ChosenWheel(NamedTuple):
    """What pip chose: `name==version`, the address and SHA-256 of its archive ("" where unknown)."""

    requirement: str
    url: str = ""
    digest: str = ""

    @property
    def file_name(self) -> str:
        """Of a wheel on the network, else ""."""
        address = urlsplit(self.url)
        name = os.path.basename(unquote(address.path))
        return name if address.scheme in ("http", "https") and name.endswith(".whl") else ""


def folder(variables: Mapping[str, str]) -> str:
    """Return the folder in which wheels are kept."""
    return os.path.join(xdg.own_cache(variables), "tritondoctor", "wheels")


def copies(
    pip: Sequence[str],
    choices: Sequence[ChosenWheel],
    variables: Mapping[str, str],
    target: str,
    watch: Optional[ProgramWatch] = None,
) -> tuple[list[str], list[str]]:
    """Copy the wheels that are kept to the folder `target`, after those that are lacking were fetched;
    return the requirements that can be installed from there, and those that pip must fetch.

    Copies, since pip takes any archive of that name and version in a folder, and others may be in the
    one where they are kept.  Raises RemedyError where they cannot be fetched.
    """
    place = folder(variables)
    lacking = [
        choice for choice in choices if choice.file_name and choice.digest and not _is_kept(choice, place)
    ]
    if lacking and _can_be_written(place):
        command = [*pip, "download", "--quiet", "--no-input", "--no-deps", "--only-binary=:all:"]
        command += ["--dest", place]
        output_of([*command, *(choice.requirement for choice in lacking)], variables, "pip", watch=watch)
    here = [choice.requirement for choice in choices if _is_copied(choice, place, target)]
    return here, [choice.requirement for choice in choices if choice.requirement not in here]


def _can_be_written(place: str) -> bool:
    try:
        os.makedirs(place, mode=0o700, exist_ok=True)
    except OSError:
        return False
    return os.access(place, os.W_OK | os.X_OK)


def _is_kept(choice: ChosenWheel, place: str) -> bool:
    """Whether the very archive is there: an index of another day may have another of that name."""
    path = os.path.join(place, choice.file_name)
    try:
        if not choice.file_name or not choice.digest or not os.path.isfile(path):
            return False
        if digest_of(path) == choice.digest:
            return True
        os.unlink(path)
    except OSError as failure:
        raise RemedyError(f"{path}: {failure.strerror}") from failure
    return False


def _is_copied(choice: ChosenWheel, place: str, target: str) -> bool:
    """Whether the very archive is in the folder `target` now: it may be exchanged while it is copied."""
    if not _is_kept(choice, place):
        return False
    os.makedirs(target, exist_ok=True)
    path = shutil.copyfile(os.path.join(place, choice.file_name), os.path.join(target, choice.file_name))
    if digest_of(path) == choice.digest:
        return True
    os.unlink(path)
    return False
