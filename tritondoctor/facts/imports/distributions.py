"""Which installed distribution a module belongs to, by the RECORDs of what is installed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Optional

import msgspec

from tritondoctor.facts.imports import records
from tritondoctor.facts.imports.model import ImportProblem
from tritondoctor.loader import Files

#: distributions whose names differ from the modules that a launch imports
BROUGHT_BY = {
    "attr": "attrs", "google": "protobuf", "grpc": "grpcio", "pytriton": "nvidia-pytriton",
    "zmq": "pyzmq",
}  # fmt: skip
_FOLDER = re.compile(r"(.+)-([^-]+)\.dist-info$")


#: packages of many distributions, which have no name of their own
_SHARED = ("google", "zope")


def named_wholly(problem: ImportProblem, name: str) -> ImportProblem:
    """The problem of importing `name`, of which a parent is missing that many distributions share."""
    shared = problem.kind == "missing" and problem.module in _SHARED
    return msgspec.structs.replace(problem, module=name) if shared else problem


def owner_of(files: Files, search_path: Sequence[str], module: str, path: str) -> Optional[str]:
    """`name==version` of the distribution that lists the module's file (at `path`, or gone); None where
    none does.  The RECORD is that of the packaging specification "Recording installed projects".
    """
    stem = module.replace(".", "/")
    for entry in search_path:
        wanted = path[len(entry) + 1 :] if path.startswith(entry + "/") else ""
        for folder in _folders(files, entry):
            for row in _record(files, f"{entry}/{folder}/RECORD"):
                if row == wanted if wanted else row.startswith((f"{stem}.", f"{stem}/")):
                    name, version = _FOLDER.fullmatch(folder).groups()  # type: ignore[union-attr]
                    return f"{name}=={version}"
    return None


def _folders(files: Files, entry: str) -> list[str]:
    try:
        return [name for name in files.listdir(entry) if _FOLDER.fullmatch(name)]
    except OSError:
        return []


def _record(files: Files, path: str) -> list[str]:
    try:
        return [row[0] for row in records.rows(files, path)]
    except (OSError, ValueError):
        return []
