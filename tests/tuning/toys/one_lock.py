"""10 ms a call under a lock: batches help, a second instance does not."""

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
        time.sleep(0.010)
    return [x * 2]
