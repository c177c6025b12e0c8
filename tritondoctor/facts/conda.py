"""Conda prefixes and those of their packages that decide what a process loads."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Optional

from tritondoctor.facts.model import CondaPackage, CondaPrefix
from tritondoctor.loader import Files
from tritondoctor.prefixes import folders, is_base, is_prefix, name_of, prefixes

#: packages that decide which libraries a process of the launch loads
_MATTERING = ("python", "libstdcxx-ng", "libstdcxx", "libgcc-ng", "libgcc", "sysroot_linux-64")


def probe(files: Files, variables: Mapping[str, str], extra: list[str]) -> tuple[CondaPrefix, ...]:
    """The known prefixes and `extra` ones, with the packages that matter to the loader."""
    found = [*(path for path in extra if is_prefix(path)), *prefixes(variables)]
    named = folders(variables)
    return tuple(
        CondaPrefix(
            path, name_of(path, named), is_base(path), _packages(files, path), _led_out(files, path)
        )
        for path in dict.fromkeys(found)
    )


def _led_out(files: Files, prefix: str) -> Optional[str]:
    target = files.realpath(os.path.join(prefix, "lib", "libstdc++.so.6"))
    inside = target.startswith(files.realpath(prefix) + "/")
    return None if inside else target


def _packages(files: Files, prefix: str) -> tuple[CondaPackage, ...]:
    folder = os.path.join(prefix, "conda-meta")
    result = []
    for name in _names(files, folder):
        stem = name.rsplit("-", 2)[0]
        if name.endswith(".json") and stem in _MATTERING:
            try:
                record = json.loads(bytes(files.read(os.path.join(folder, name))))
                result.append(
                    CondaPackage(
                        str(record["name"]),
                        str(record["version"]),
                        str(record.get("build", "")),
                        str(record.get("channel", "")),
                    )
                )
            except (OSError, ValueError, KeyError, TypeError):
                continue
    return tuple(result)


def _names(files: Files, folder: str) -> list[str]:
    try:
        return files.listdir(folder)
    except OSError:
        return []
