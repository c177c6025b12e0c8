"""Installs packages of a local conda channel into a prefix: conda.py CHANNEL PREFIX SPEC..."""

import asyncio
import os
import sys
from pathlib import Path

import rattler


async def main(channel: str, prefix: str, *specs: str) -> None:
    solved = await rattler.solve(
        sources=[Path(channel).resolve().as_uri()],
        specs=[spec.replace("=", " ", 1) for spec in specs],
        platforms=["linux-64", "noarch"],
        virtual_packages=rattler.VirtualPackage.detect(),
    )
    await rattler.install(solved, prefix, show_progress=False)


asyncio.run(main(*sys.argv[1:]))
sys.stdout.flush()
os._exit(0)  # py-rattler's threads may end the interpreter with a crash
