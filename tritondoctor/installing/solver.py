"""Run as a program: solves with py-rattler, in the words of `conda create --dry-run --json`.

So conda-lock takes it for a conda, and the doctor itself asks it where there is no other.  It takes
--version, or create with --channel C... and specs; the platform is CONDA_SUBDIR's.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

import rattler

#: conda-lock hands the virtual packages over as a channel; py-rattler knows them as such
_FAKE = "conda-lock-fake-repodata"
_WITH_VALUE = {"--prefix", "-p", "--channel", "-c"}


async def solve(arguments: list[str]) -> dict[str, Any]:
    """The packages of the solution, as conda tells of what it would fetch."""
    channels, specs = [], []
    rest = iter(arguments)
    for one in rest:
        if one in _WITH_VALUE:
            value = next(rest)
            if one in ("--channel", "-c") and _FAKE not in value:
                channels.append(value)
        elif not one.startswith("-"):
            specs.append(one)
    subdir = os.environ.get("CONDA_SUBDIR", "linux-64")
    solved = await rattler.solve(
        sources=channels,
        specs=specs,
        platforms=[rattler.Subdir(subdir), "noarch"],
        virtual_packages=rattler.VirtualPackage.detect(rattler.VirtualPackageOverrides.from_env()),
    )
    return {"actions": {"FETCH": [_fetch(one) for one in solved], "LINK": [_link(one) for one in solved]}}


def _fetch(one: rattler.RepoDataRecord) -> dict[str, Any]:
    return {
        "name": one.name.normalized, "version": str(one.version), "url": one.url,
        "md5": one.md5.hex() if one.md5 else None, "sha256": one.sha256.hex() if one.sha256 else None,
        "depends": list(one.depends), "size": one.size, "subdir": one.subdir, "fn": one.file_name,
        "channel": one.channel,
    }  # fmt: skip


def _link(one: rattler.RepoDataRecord) -> dict[str, Any]:
    name = f"{one.name.normalized}-{one.version}-{one.build}"
    return {"name": one.name.normalized, "version": str(one.version), "dist_name": name,
            "platform": one.subdir, "channel": one.channel,
            "base_url": one.url.rsplit("/", 2)[0]}  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:] == ["--version"]:
        print(f"tritondoctor (py-rattler {rattler.__version__})", flush=True)
        os._exit(0)
    try:
        answer = asyncio.run(solve(sys.argv[2:]))
    except Exception as failure:
        print(json.dumps({"error": str(failure)}), flush=True)
        print(failure, file=sys.stderr, flush=True)
        os._exit(1)
    print(json.dumps(answer), flush=True)
    os._exit(0)  # py-rattler may crash while the interpreter shuts down
