"""Packages for a conda prefix: through the front end that the user has, else through py-rattler.

Either way what it would do is known before: of a front end by its own dry run on that very prefix.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence

from tritondoctor.checks.edits import Conda
from tritondoctor.remedies import bounds, emptied, transaction
from tritondoctor.remedies.command import ProgramWatch, output_of
from tritondoctor.remedies.front_end import StagedPackages, examine_changes, front_end
from tritondoctor.remedies.mirrors import channel_address
from tritondoctor.remedies.operations import Operation, PutFile, RemedyError, Remove, RemoveFolder
from tritondoctor.remedies.packages import changes_between, package_of
from tritondoctor.support import own_files
from tritondoctor.support.variables import for_children

RATTLER = "remedies/rattler_stage.py"
CHANNEL = "conda-forge"
_NOT_STAGED = ("CACHEDIR.TAG",)


def stage(
    edit: Conda, variables: Mapping[str, str], channels: Sequence[str], folder: str, watch: ProgramWatch
) -> StagedPackages:
    """What the installation does to the prefix; without `channels` from those of the edit, else from
    conda-forge.

    Raises RemedyError where nothing here can install it, the environment may not be changed, or that
    fails or hangs.
    """
    _examine(edit)
    channels = tuple(channels) or edit.channels or (CHANNEL,)
    plain = for_children(variables)
    front = front_end(variables, edit.prefix)
    if front is not None:
        return transaction.stage(edit, front, channels, plain, folder, watch)
    if importlib.util.find_spec("rattler") is None:
        raise RemedyError(
            "there is no conda, mamba or micromamba on PATH (for root: none that root alone can change); "
            "to do without: pip install 'tritondoctor[conda]'"
        )
    addresses = [channel_address(channel, variables) for channel in channels]
    return _by_rattler(edit, addresses, plain, os.path.join(folder, "trial"), watch)


def _examine(edit: Conda) -> None:
    if "/.pixi/envs/" in edit.prefix:
        raise RemedyError(f"the environment belongs to a pixi project; run: {edit.commands()[0]}")
    frozen = os.path.join(edit.prefix, "conda-meta", "frozen")
    if os.path.lexists(frozen):
        raise RemedyError(f"the environment is marked as frozen: {frozen}")


def _by_rattler(
    edit: Conda, channels: Sequence[str], plain: Mapping[str, str], trial: str, watch: ProgramWatch
) -> StagedPackages:
    request = {"prefix": edit.prefix, "stage": trial, "specs": edit.specs, "channels": channels,
            "again": edit.again}  # fmt: skip
    command = [sys.executable, "-I", own_files.path(RATTLER), json.dumps(request)]
    answer = json.loads(output_of(command, plain, "py-rattler", watch=watch))
    puts = dict(_staged(trial, edit.prefix))
    operations = tuple(_operations(edit.prefix, answer["replaced"], puts))
    changes = changes_between(map(package_of, answer["unlinked"]), map(package_of, answer["linked"]))
    examine_changes(changes, "py-rattler")
    return StagedPackages(operations, changes, "")


def _operations(prefix: str, replaced: Sequence[str], puts: Mapping[str, str]) -> Iterator[Operation]:
    """What takes the files of the replaced packages away and puts the new ones (path -> file) there."""
    old = bounds.inside((os.path.normpath(os.path.join(prefix, path)) for path in replaced), prefix)
    gone = [path for path in old if path not in puts and os.path.lexists(path)]
    compiled = (path for path in emptied.bytecode(gone) if path not in puts)
    gone = list(dict.fromkeys([*gone, *bounds.inside(compiled, prefix)]))
    yield from map(Remove, gone)
    yield from map(RemoveFolder, emptied.folders(gone, puts.keys(), prefix))
    for path, source in sorted(puts.items()):
        yield PutFile(path, source)


def _staged(trial: str, prefix: str) -> Iterator[tuple[str, str]]:
    for folder, folders, names in os.walk(trial):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in (*names, *links):
            source = os.path.join(folder, name)
            path = os.path.relpath(source, trial)
            if path not in _NOT_STAGED:
                yield os.path.join(prefix, path), source
