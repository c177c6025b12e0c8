"""Linear with NumPy: 2 numbers in, 3 numbers out, for each row."""

import numpy as np

MOST_ROWS = 128
WEIGHTS = np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32)
BIAS = np.float32(0.5)


def linear(rows: np.ndarray) -> np.ndarray:
    return rows @ WEIGHTS + BIAS
