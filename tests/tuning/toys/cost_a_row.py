"""2 ms a row under a lock: nothing helps, and the simplest is best."""

import threading
import time

import numpy as np
from pytriton.decorators import batch
from pytriton.model_config import Tensor

INPUTS = [Tensor(name="x", dtype=np.float32, shape=(4,))]
OUTPUTS = [Tensor(name="y", dtype=np.float32, shape=(4,))]
_lock = threading.Lock()


@batch
def infer(x):
    with _lock:
        time.sleep(0.002 * len(x))
    return [x * 2]
