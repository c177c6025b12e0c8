"""Findings about /dev/shm."""

from __future__ import annotations

from typing import Any

from tests.unit.build import a_folder, a_host, a_launch, facts, surroundings
from tests.unit.checks.case import Case, FindingTests
from tritondoctor.facts.model import Facts


def _shared_memory(container: str = "docker", **changes: Any) -> Facts:
    return facts(
        launch=a_launch(shared_memory=a_folder("/dev/shm", **{"needed": 5_000_000, **changes})),
        surroundings=surroundings(shared_memory_total=64 << 20),
        host=a_host(container=container),
    )


class TestSharedMemory(FindingTests):
    CASES = (
        Case(
            "shared-memory-small",
            fires=_shared_memory(free=60 << 20),
            silent=_shared_memory(free=80 << 20),
            says=("62.9 MB", "67.1 MB", "--shm-size"),
        ),
        Case(
            "shared-memory-unusable",
            fires=_shared_memory("docker", free=4_000_000),
            silent=_shared_memory("docker", free=5_000_000),
            says=("/dev/shm", "4.0 MB", "5.0 MB", "docker run --shm-size=1g"),
        ),
        Case(
            "shared-memory-unusable",
            note="pod",
            fires=_shared_memory("kubernetes", exists="/dev"),
            silent=_shared_memory("kubernetes"),
            says=("emptyDir",),
        ),
    )
