"""The reference for Linear: weights, inputs, right answers and tolerance."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

Rows = list[list[float]]

#: largest difference allowed.  Inputs and weights are multiples of 1/8 below 4, so that each product
#: and sum is exact in float32 (and in TF32): a right answer differs by nothing, a wrong one by 1/64.
TOLERANCE = 1e-5
BATCH = 128


def eighths(count: int, seed: int) -> list[float]:
    """Return numbers between -4 and 4 that float32 represents exactly."""
    chance = random.Random(seed)
    return [chance.randint(-31, 31) / 8 for _ in range(count)]


def rows(count: int = BATCH, seed: int = 128) -> Rows:
    """Return inputs of Linear."""
    numbers = eighths(2 * count, seed)
    return [numbers[2 * n : 2 * n + 2] for n in range(count)]


WEIGHTS: Rows = [eighths(3, 1), eighths(3, 2)]
BIAS = eighths(3, 3)


def linear(inputs: Sequence[Sequence[float]]) -> Rows:
    """Return inputs · WEIGHTS + BIAS, computed in plain Python."""
    return [
        [sum(x * WEIGHTS[n][column] for n, x in enumerate(row)) + BIAS[column] for column in range(3)]
        for row in inputs
    ]


def difference(got: Any, expected: Rows) -> float:
    """Return the largest difference of any number; infinity if shape or type differs."""
    try:
        if [len(row) for row in got] != [len(row) for row in expected]:
            return float("inf")
        pairs = [(g, e) for mine, theirs in zip(got, expected) for g, e in zip(mine, theirs)]
        apart = [abs(float(g) - e) for g, e in pairs]
    except (TypeError, ValueError, OverflowError):
        return float("inf")
    return float("inf") if any(map(math.isnan, apart)) else max(apart)
