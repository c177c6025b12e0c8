"""Where packages come from, in the records of a new prefix: their channel, not the folder of archives."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tritondoctor.installing import InstallError
from tritondoctor.installing.packages import LockedPackage
from tritondoctor.support import atomic
from tritondoctor.support.reading import Limit, read_text

_CREDENTIALS = re.compile(r"(?<=://)[^/@]+@|/t/[^/]+(?=/)")


def name_origins(prefix: str, packages: Sequence[LockedPackage], places: Mapping[str, str]) -> None:
    """Write the channels into conda-meta as an installation from them would, readable by everybody.

    `places` are the archives that were installed, by address.
    """
    origins = {package.file_name: _CREDENTIALS.sub("", package.url) for package in packages}
    files = {Path(places[package.url]).as_uri(): origins[package.file_name] for package in packages}
    folders = {_folder(place): _folder(origin) for place, origin in files.items()}
    meta = Path(prefix, "conda-meta")
    if meta.is_symlink():
        raise InstallError(f"{meta} is a link, which a package made.")
    for path in sorted(meta.glob("*.json")):
        _rewrite(path, lambda text: _with_origin(_replaced(text, {**files, **folders}), origins))
        path.chmod(0o644)
    history = meta / "history"
    if history.exists():
        _rewrite(history, lambda text: _replaced(text, {**files, **folders}))


def _rewrite(path: Path, change: Callable[[str], str]) -> None:
    """Change a record, which came with a package: where that made it a link, its end stays as it is.

    Raises InstallError for what is no record.
    """
    try:
        text = read_text(str(path), Limit.CONDA_RECORD, errors="strict", follow=False)
        atomic.write(str(path), change(text))
    except OSError as failure:
        raise InstallError(f"{path}: {failure.strerror}") from failure
    except (ValueError, TypeError, AttributeError, RecursionError) as failure:
        raise InstallError(f"{path} is no record of a conda package: {failure}") from failure


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
