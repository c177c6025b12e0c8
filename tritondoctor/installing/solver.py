"""Run as a program: solves with py-rattler and prints what `conda create --dry-run --json` would.

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
    """The packages of the solution in conda's JSON."""
    channels, specs = [], []
    rest = iter(arguments)
    for argument in rest:
        if argument in _WITH_VALUE:
            value = next(rest)
            if argument in ("--channel", "-c") and _FAKE not in value:
                channels.append(value)
        elif not argument.startswith("-"):
            specs.append(argument)
    subdir = os.environ.get("CONDA_SUBDIR", "linux-64")
    solved = await rattler.solve(
        sources=channels,
        specs=specs,
        platforms=[rattler.Subdir(subdir), "noarch"],
        virtual_packages=rattler.VirtualPackage.detect(rattler.VirtualPackageOverrides.from_env()),
    )
    return {
        "actions": {
            "FETCH": [_fetch(record) for record in solved],
            "LINK": [_link(record) for record in solved],
        }
    }


def _fetch(repo_data_record: rattler.RepoDataRecord) -> dict[str, Any]:
    return {
        "name": repo_data_record.name.normalized,
        "version": str(repo_data_record.version),
        "url": repo_data_record.url,
        "md5": repo_data_record.md5.hex() if repo_data_record.md5 else None,
        "sha256": repo_data_record.sha256.hex() if repo_data_record.sha256 else None,
        "depends": list(repo_data_record.depends),
        "size": repo_data_record.size,
        "subdir": repo_data_record.subdir,
        "fn": repo_data_record.file_name,
        "channel": repo_data_record.channel,
    }


def _link(repo_data_record: rattler.RepoDataRecord) -> dict[str, Any]:
    name = f"{repo_data_record.name.normalized}-{repo_data_record.version}-{repo_data_record.build}"
    return {
        "name": repo_data_record.name.normalized,
        "version": str(repo_data_record.version),
        "dist_name": name,
        "platform": repo_data_record.subdir,
        "channel": repo_data_record.channel,
        "base_url": repo_data_record.url.rsplit("/", 2)[0],
    }


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
