"""Run as a program: solves for a prefix with py-rattler, and installs what would change elsewhere.

The argument is a JSON object: `prefix`, `stage` (a new folder), `specs`, `channels`, `again`.  Prints
{"replaced": paths in the prefix that belong to the packages which are replaced, "unlinked" and
"linked": these packages and those that come, as conda writes them}.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import rattler


async def stage(request: dict[str, Any]) -> dict[str, Any]:
    """Install into `stage`, with the paths of `prefix` written into the files."""
    meta = Path(request["prefix"]) / "conda-meta"
    installed = [rattler.PrefixRecord.from_path(path) for path in sorted(meta.glob("*.json"))]
    wanted = [rattler.MatchSpec(spec) for spec in request["specs"]]
    kept = [rattler.MatchSpec(record.name.normalized) for record in installed]
    solved = await rattler.solve(
        sources=request["channels"],
        specs=[*wanted, *kept],
        platforms=[rattler.Subdir.current(), "noarch"],
        locked_packages=installed,
        virtual_packages=rattler.VirtualPackage.detect(),
        constraints=_pinned(meta),
    )
    known = {_id(record) for record in installed}
    requested = {spec.name.normalized for spec in wanted if spec.name} if request["again"] else set()
    new = [record for record in solved if _id(record) not in known or record.name.normalized in requested]
    names = {record.name.normalized for record in new}
    replaced = [record for record in installed if record.name.normalized in names]
    if new:
        await rattler.install(
            new, request["stage"], alternative_target_prefix=request["prefix"], show_progress=False
        )
        _as_conda_keeps_it(Path(request["stage"]) / "conda-meta", wanted)
        _note_history(
            meta / "history", Path(request["stage"]) / "conda-meta/history", replaced, new, request
        )
    records = [f"conda-meta/{_file_name(record)}.json" for record in replaced]
    return {
        "replaced": [*(str(path) for record in replaced for path in record.files), *records],
        "unlinked": [_format_record(record) for record in replaced],
        "linked": [_format_record(record) for record in new],
    }


def _id(repo_data_record: rattler.RepoDataRecord) -> tuple[str, str, str]:
    return repo_data_record.name.normalized, str(repo_data_record.version), str(repo_data_record.build)


def _file_name(repo_data_record: rattler.RepoDataRecord) -> str:
    return "-".join(_id(repo_data_record))


def _format_record(repo_data_record: rattler.RepoDataRecord) -> dict[str, str]:
    return {
        "name": repo_data_record.name.normalized,
        "version": str(repo_data_record.version),
        "build": str(repo_data_record.build),
        "channel": _channel(repo_data_record),
    }


def _channel(repo_data_record: rattler.RepoDataRecord) -> str:
    """The channel's address: that of the archive without its last two parts."""
    return (
        repo_data_record.url.rsplit("/", 2)[0]
        if repo_data_record.url
        else str(repo_data_record.channel or "")
    )


def _pinned(meta: Path) -> list[rattler.MatchSpec]:
    """What `conda-meta/pinned` holds fast (conda's get_pinned_specs): a spec a line."""
    try:
        lines = (meta / "pinned").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    specs = [line.strip() for line in lines]
    return [rattler.MatchSpec(spec) for spec in specs if spec and not spec.startswith("#")]


def _as_conda_keeps_it(meta: Path, wanted: list[rattler.MatchSpec]) -> None:
    """Records that others can read; what was asked for by name is noted, so that it is kept."""
    specs = {spec.name.normalized: str(spec) for spec in wanted if spec.name}
    for path in meta.glob("*.json"):
        record = rattler.PrefixRecord.from_path(path)
        if record.name.normalized in specs:
            record.requested_specs = [specs[record.name.normalized]]
            record.write_to_path(path, True)
        path.chmod(0o644)


def _note_history(
    there: Path,
    made: Path,
    gone: Sequence[rattler.RepoDataRecord],
    come: Sequence[rattler.RepoDataRecord],
    request: dict[str, Any],
) -> None:
    """The prefix's history with this transaction behind it, as conda writes it (conda.history)."""
    before = there.read_bytes() if there.exists() else b""
    lines = [
        time.strftime("==> %Y-%m-%d %H:%M:%S <=="),
        f"# cmd: tritondoctor fix: {' '.join(request['specs'])}",
        *(f"-{_channel(record)}/{record.subdir}::{_file_name(record)}" for record in gone),
        *(f"+{_channel(record)}/{record.subdir}::{_file_name(record)}" for record in come),
        f"# update specs: {list(request['specs'])}",
        "",
    ]
    made.write_bytes(before + "\n".join(lines).encode())
    made.chmod(there.stat().st_mode & 0o7777 if there.exists() else 0o644)


if __name__ == "__main__":
    try:
        answer = asyncio.run(stage(json.loads(sys.argv[1])))
    except Exception as failure:
        print(" ".join(str(failure).split()), file=sys.stderr, flush=True)
        os._exit(1)
    print(json.dumps(answer), flush=True)
    os._exit(0)  # py-rattler may crash while the interpreter shuts down
