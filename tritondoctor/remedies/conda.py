"""Packages for a conda prefix: through the front end that the user has, else through py-rattler.

Either way it is first installed elsewhere, so that what it would bring can be tried.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Optional

from tritondoctor import own
from tritondoctor.checks.edits import Conda
from tritondoctor.remedies.command import output_of
from tritondoctor.remedies.operations import (
    Operation,
    PutFile,
    RemedyError,
    Remove,
    Transaction,
)

RATTLER = "remedies/rattler_stage.py"
_NOT_STAGED = ("conda-meta/history", "CACHEDIR.TAG")


class FrontEnd(NamedTuple):
    """A program that installs conda packages; conda, mamba and micromamba take the same options."""

    name: str
    program: str

    def create(self, prefix: str, specs: Sequence[str], channels: Sequence[str]) -> list[str]:
        """The command that makes a new prefix."""
        return [self.program, "create", "--yes", "--quiet", "-p", prefix, *_from(channels), *specs]

    def install(self, edit: Conda, channels: Sequence[str]) -> list[str]:
        """The command that changes a prefix."""
        again = ["--force-reinstall"] if edit.again else []
        return [
            self.program, "install", "--yes", "--quiet", "-p", edit.prefix, *_from(channels), *again,
            *edit.specs,
        ]  # fmt: skip


def _from(channels: Sequence[str]) -> Iterator[str]:
    for one in channels:
        yield from ("-c", one)


def front_end(variables: Mapping[str, str]) -> Optional[FrontEnd]:
    """The front end that is active, else the first on PATH."""
    for name in ("CONDA_EXE", "MAMBA_EXE"):
        program = variables.get(name, "")
        if program and os.access(program, os.X_OK):
            return FrontEnd(os.path.basename(program), program)
    for name in ("conda", "mamba", "micromamba"):
        found = shutil.which(name, path=variables.get("PATH"))
        if found:
            return FrontEnd(name, found)
    return None


def stage(
    edit: Conda, variables: Mapping[str, str], channels: Sequence[str], folder: str
) -> tuple[Operation, ...]:
    """What the installation does to the prefix.  Raises RemedyError where nothing here can install
    it, or that fails or hangs.
    """
    if "/.pixi/envs/" in edit.prefix:
        specs = " ".join(f"'{one}'" for one in edit.specs)
        raise RemedyError(f"the prefix belongs to a pixi project; in its folder: pixi add {specs}")
    trial = os.path.join(folder, "trial")
    # an old library on its path would stop the front end as it stops PyTriton
    plain = {key: value for key, value in variables.items() if key[:3] != "LD_"}
    front = front_end(variables)
    if front is not None:
        output_of(front.create(trial, edit.specs, channels), plain, front.name)
        command = tuple(front.install(edit, channels))
        return (Transaction(command, edit.prefix, dict(_staged(trial, edit.prefix))),)
    if importlib.util.find_spec("rattler") is None:
        raise RemedyError(
            "there is no conda, mamba or micromamba on PATH; the doctor can do it by itself with the "
            "extra: pip install 'tritondoctor[conda]'"
        )
    wish = {"prefix": edit.prefix, "stage": trial, "specs": edit.specs, "channels": channels,
            "again": edit.again}  # fmt: skip
    said = output_of([sys.executable, "-I", own.path(RATTLER), json.dumps(wish)], plain, "py-rattler")
    puts = dict(_staged(trial, edit.prefix))
    gone = [os.path.join(edit.prefix, path) for path in json.loads(said)["replaced"]]
    removes = [Remove(path) for path in gone if path not in puts and os.path.lexists(path)]
    return (*removes, *(PutFile(path, source) for path, source in sorted(puts.items())))


def _staged(trial: str, prefix: str) -> Iterator[tuple[str, str]]:
    for folder, folders, names in os.walk(trial):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in (*names, *links):
            source = os.path.join(folder, name)
            path = os.path.relpath(source, trial)
            if path not in _NOT_STAGED:
                yield os.path.join(prefix, path), source
