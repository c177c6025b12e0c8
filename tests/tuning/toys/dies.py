"""Dies in larger batches: `raises` with an exception, `crashes` with its whole process, `hangs`."""

import os
import time

import numpy as np
from pytriton.decorators import batch
from pytriton.model_config import Tensor

INPUTS = [Tensor(name="x", dtype=np.float32, shape=(4,))]
OUTPUTS = [Tensor(name="y", dtype=np.float32, shape=(4,))]
MOST = 4


@batch
def raises(x):
    time.sleep(0.005)
    if len(x) > MOST:
        raise ValueError("too many rows")
    return [x]


@batch
def crashes(x):
    time.sleep(0.005)
    if len(x) > MOST:
        os.abort()
    return [x]


@batch
def hangs(x):
    time.sleep(0.005)
    if len(x) > MOST:
        time.sleep(600)
    return [x]


@batch
def noisy(x):
    """As slow as chance will have it, for half a second at a time."""
    time.sleep((0.002, 0.04)[hash(int(time.monotonic() * 2)) % 7 % 2])
    return [x]
