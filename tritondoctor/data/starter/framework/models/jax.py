"""Linear with JAX: 2 numbers in, 3 numbers out, for each row."""

import os

# Else JAX takes three quarters of the card's memory when it starts.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import jax
import jax.numpy as jnp
import numpy as np

MOST_ROWS = 128
WEIGHTS = jnp.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
BIAS = 0.5


@jax.jit
def compiled(rows: jax.Array) -> jax.Array:
    return rows @ WEIGHTS + BIAS


# Always the same number of rows: JAX compiles afresh for each shape, while the request waits.
def linear(rows: np.ndarray) -> np.ndarray:
    padded = np.zeros((MOST_ROWS, 2), dtype=np.float32)
    padded[: len(rows)] = rows
    return np.asarray(compiled(padded))[: len(rows)]
