"""The short run: every parser with inputs made of its seeds by chance, the same each time."""

from __future__ import annotations

import time

import pytest

from tests.fuzz.mutation import mutated
from tests.fuzz.run import Run
from tests.fuzz.targets import TARGETS

_SECONDS = 1.0


@pytest.mark.parametrize("name", TARGETS)
def test_a_parser_raises_nothing(name: str) -> None:
    run = Run(name, TARGETS[name].parse)
    seeds = TARGETS[name].seeds()
    until = time.monotonic() + _SECONDS
    for number in range(300):
        run.try_one(mutated(seeds, number))
        if time.monotonic() > until:
            break
    assert not run.failures
