"""Conda prefixes and those of their packages that decide what a process loads."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Optional

from tritondoctor.facts.model import CondaPackage, CondaPrefix
from tritondoctor.prefixes import is_base, is_prefix, name_of, prefixes

#: packages that decide which libraries a process of the launch loads
_MATTERING = ("python", "libstdcxx-ng", "libstdcxx", "libgcc-ng", "libgcc", "sysroot_linux-64")


def probe(variables: Mapping[str, str], extra: list[str]) -> tuple[CondaPrefix, ...]:
    """The known prefixes and `extra` ones, with the packages that matter to the loader."""
    found = [*(path for path in extra if is_prefix(path)), *prefixes(variables)]
    return tuple(
        CondaPrefix(path, name_of(path), is_base(path), _packages(path), _led_out(path))
        for path in dict.fromkeys(found)
    )


def _led_out(prefix: str) -> Optional[str]:
    target = os.path.realpath(os.path.join(prefix, "lib", "libstdc++.so.6"))
    inside = target.startswith(os.path.realpath(prefix) + "/")
    return None if inside else target


def _packages(prefix: str) -> tuple[CondaPackage, ...]:
    folder = os.path.join(prefix, "conda-meta")
    result = []
    for name in sorted(_names(folder)):
        stem = name.rsplit("-", 2)[0]
        if name.endswith(".json") and stem in _MATTERING:
            try:
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    record = json.load(file)
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


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
