"""Where packages come from, in the records of a new prefix: their channel, not the folder of archives."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tritondoctor.installing.packages import LockedPackage

_CREDENTIALS = re.compile(r"(?<=://)[^/@]+@|/t/[^/]+(?=/)")


def name_origins(prefix: str, packages: Sequence[LockedPackage], places: Mapping[str, str]) -> None:
    """Write the channels into conda-meta as an installation from them would, readable by everybody.

    `places` are the archives that were installed, by address.
    """
    origins = {package.file_name: _CREDENTIALS.sub("", package.url) for package in packages}
    files = {Path(places[package.url]).as_uri(): origins[package.file_name] for package in packages}
    folders = {_folder(place): _folder(origin) for place, origin in files.items()}
    for path in sorted(Path(prefix, "conda-meta").glob("*.json")):
        text = _replaced(path.read_text(encoding="utf-8"), {**files, **folders})
        path.write_text(_with_origin(text, origins), encoding="utf-8")
        path.chmod(0o644)
    history = Path(prefix, "conda-meta", "history")
    if history.exists():
        history.write_text(_replaced(history.read_text(encoding="utf-8"), {**files, **folders}))


def _folder(address: str) -> str:
    return address.rpartition("/")[0]


def _replaced(text: str, changes: Mapping[str, str]) -> str:
    for before, after in changes.items():
        text = text.replace(before, after)
    return text


def _with_origin(text: str, origins: Mapping[str, str]) -> str:
    record = json.loads(text)
    origin = origins.get(os.path.basename(record.get("fn") or record.get("url") or ""))
    if origin:
        record["url"], record["channel"] = origin, _folder(origin)
    return json.dumps(record, indent=2)
