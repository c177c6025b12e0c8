"""Linear with CuPy, on the GPU: 2 numbers in, 3 numbers out, for each row."""

import cupy
import numpy as np

MOST_ROWS = 128
WEIGHTS = cupy.array([[1, 2, 3], [4, 5, 6]], dtype=cupy.float32)
BIAS = cupy.float32(0.5)


def linear(rows: np.ndarray) -> np.ndarray:
    return cupy.asnumpy(cupy.asarray(rows) @ WEIGHTS + BIAS)
