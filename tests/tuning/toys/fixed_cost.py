"""10 ms a call, whatever its rows: the largest batch is best, and instances run side by side."""

import time

import numpy as np
from pytriton.decorators import batch
from pytriton.model_config import Tensor

INPUTS = [Tensor(name="x", dtype=np.float32, shape=(4,))]
OUTPUTS = [Tensor(name="y", dtype=np.float32, shape=(4,))]


@batch
def infer(x):
    time.sleep(0.010)
    return [x * 2]
