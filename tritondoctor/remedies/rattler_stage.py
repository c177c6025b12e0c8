"""Run as a program: solves for a prefix with py-rattler, and installs what would change elsewhere.

The argument is a JSON object: `prefix`, `stage` (a new folder), `specs`, `channels`, `again`.  Prints
{"replaced": paths in the prefix that belong to the packages which are replaced}.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import rattler


async def stage(wish: dict[str, Any]) -> list[str]:
    """Installs into `stage`, with the paths of `prefix` written into the files."""
    meta = Path(wish["prefix"]) / "conda-meta"
    installed = [rattler.PrefixRecord.from_path(path) for path in sorted(meta.glob("*.json"))]
    wanted = [rattler.MatchSpec(spec) for spec in wish["specs"]]
    kept = [rattler.MatchSpec(one.name.normalized) for one in installed]
    solved = await rattler.solve(
        sources=wish["channels"],
        specs=[*wanted, *kept],
        platforms=[rattler.Subdir.current(), "noarch"],
        locked_packages=installed,
        virtual_packages=rattler.VirtualPackage.detect(),
    )
    known = {(one.name.normalized, str(one.version), one.build): one for one in installed}
    asked = {spec.name.normalized for spec in wanted if spec.name} if wish["again"] else set()
    new = [
        one for one in solved
        if (one.name.normalized, str(one.version), one.build) not in known
        or one.name.normalized in asked
    ]  # fmt: skip
    if new:
        await rattler.install(
            new, wish["stage"], alternative_target_prefix=wish["prefix"], show_progress=False
        )
        _note_requests(Path(wish["stage"]) / "conda-meta", wanted)
    names = {one.name.normalized for one in new}
    replaced = [one for one in installed if one.name.normalized in names]
    records = [f"conda-meta/{one.name.normalized}-{one.version}-{one.build}.json" for one in replaced]
    return [*(str(path) for one in replaced for path in one.files), *records]


def _note_requests(meta: Path, wanted: list[rattler.MatchSpec]) -> None:
    """As conda does for what was asked for by name, so that it is kept."""
    specs = {spec.name.normalized: str(spec) for spec in wanted if spec.name}
    for path in meta.glob("*.json"):
        record = rattler.PrefixRecord.from_path(path)
        if record.name.normalized in specs:
            record.requested_specs = [specs[record.name.normalized]]
            record.write_to_path(path, True)


if __name__ == "__main__":
    try:
        answer = {"replaced": asyncio.run(stage(json.loads(sys.argv[1])))}
    except Exception as failure:
        print(failure, file=sys.stderr, flush=True)
        os._exit(1)
    print(json.dumps(answer), flush=True)
    os._exit(0)  # py-rattler may crash while the interpreter shuts down
