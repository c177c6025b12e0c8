"""Conda prefixes and those of their packages that decide what a process loads."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Optional

import msgspec

from tritondoctor.facts.conda.model import CondaPackage, CondaPrefix
from tritondoctor.loader import Files
from tritondoctor.support import structs
from tritondoctor.support.reading import Limit
from tritondoctor.target.conda_environments import folders, is_base, is_prefix, name_of

#: packages that decide which libraries a process of the launch loads
_MOST_RECORDS = 50
_MATTERING = ("python", "libstdcxx-ng", "libstdcxx", "libgcc-ng", "libgcc", "sysroot_linux-64")


class _Record(msgspec.Struct):
    name: str
    version: str
    build: str = ""
    channel: Optional[str] = ""


def probe(
    files: Files, variables: Mapping[str, str], known: Sequence[str], extra: Sequence[str]
) -> tuple[CondaPrefix, ...]:
    """The known prefixes and `extra` ones, with the packages that matter to the loader."""
    found = [*(path for path in extra if is_prefix(path, files.is_dir)), *known]
    named = folders(variables) if found else ()
    return tuple(
        CondaPrefix(
            path,
            name_of(path, named, files.exists),
            is_base(path, files.exists),
            _packages(files, path),
            _led_out(files, path),
        )
        for path in dict.fromkeys(found)
    )


def _led_out(files: Files, prefix: str) -> Optional[str]:
    target = files.realpath(os.path.join(prefix, "lib", "libstdc++.so.6"))
    inside = target.startswith(files.realpath(prefix) + "/")
    return None if inside else target


def _packages(files: Files, prefix: str) -> tuple[CondaPackage, ...]:
    folder = os.path.join(prefix, "conda-meta")
    names = [
        name
        for name in _names(files, folder)
        if name.endswith(".json") and name.rsplit("-", 2)[0] in _MATTERING
    ]
    if len(names) > _MOST_RECORDS:
        files.leave_out(folder, f"has more than {_MOST_RECORDS} records of {', '.join(_MATTERING)}")
    found = (_package(files, os.path.join(folder, name)) for name in names[:_MOST_RECORDS])
    return tuple(package for package in found if package is not None)


def _package(files: Files, path: str) -> Optional[CondaPackage]:
    try:
        record = structs.decode(files.read(path, Limit.CONDA_RECORD), type=_Record)
    except (OSError, ValueError, RecursionError):
        return None
    return CondaPackage(record.name, record.version, record.build, record.channel or "")


def _names(files: Files, folder: str) -> list[str]:
    try:
        return files.listdir(folder)
    except OSError:
        return []
