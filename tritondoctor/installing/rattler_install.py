"""Run as a program: installs package archives into a prefix with py-rattler.

The argument is a JSON object: `prefix`, and `archives`, paths of all packages.  Existing files
stay, so an interrupted installation can resume.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

import rattler


async def install(request: dict[str, Any]) -> None:
    """Link the archives' contents into the prefix."""
    archives = [rattler.RepoDataRecord.from_package_archive(path) for path in request["archives"]]
    records = [await archive for archive in archives]
    await rattler.install(records, request["prefix"], show_progress=False)


if __name__ == "__main__":
    try:
        asyncio.run(install(json.loads(sys.argv[1])))
    except Exception as failure:
        print(f"error: {failure}", file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)  # py-rattler may crash while the interpreter shuts down
