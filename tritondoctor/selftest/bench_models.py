# mypy: ignore-errors
"""The models of the bench; runs in the target.  A call has a fixed cost, so that batching matters.

A call multiplies two square matrices, for one row or for 64, and then each row with the product.  The
first product stands for the fixed cost of a real model's call: reading weights, launching kernels.
Python 3.8 syntax.
"""

import threading
import time
from collections import Counter

import numpy as np

#: sides of the matrices; the first one is used with which a call takes long enough on this machine
WIDTHS = (128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096, 6144, 8192)
LONG_ENOUGH_S = 0.005
MAX_BATCH = 64
WHAT = (
    "each call multiplies two {0} x {0} matrices of float32 ({1}), then each row with the product: "
    "most of its cost is the same for 1 row and for 64."
)

_counts = {}
_lock = threading.Lock()


def _matrices(width):
    chance = np.random.RandomState(7)
    sizes = [(2, width), (width, width), (width, width), (width, 3)]
    return [chance.standard_normal(size).astype(np.float32) / size[0] ** 0.5 for size in sizes]


def _model(where, width):
    """Return a function from rows to outputs, with the library and device that Linear uses."""
    matrices = [matrice.astype(np.float32) for matrice in _matrices(width)]
    if where == "cupy-cuda":
        import cupy

        enter, left, right, leave = [cupy.asarray(matrice) for matrice in matrices]

        def call(rows):
            return cupy.asnumpy(cupy.asarray(rows) @ enter @ (left @ right) @ leave)

    elif where.startswith("torch-"):
        import torch

        device = where[len("torch-") :]
        enter, left, right, leave = [torch.from_numpy(matrice).to(device) for matrice in matrices]

        def call(rows):
            with torch.no_grad():
                rows = torch.from_numpy(rows).to(device)
                return (rows @ enter @ (left @ right) @ leave).cpu().numpy()

    else:
        enter, left, right, leave = matrices

        def call(rows):
            return rows @ enter @ (left @ right) @ leave

    return call


def _seconds(call):
    """Return how long a call for one row takes: the median of five, after a warm-up call."""
    row = np.ones((1, 2), dtype=np.float32)
    call(row)
    times = []
    for _ in range(5):
        began = time.monotonic()
        call(row)
        times.append(time.monotonic() - began)
    return sorted(times)[2]


def _counting(model, call):
    from pytriton.decorators import batch

    @batch
    def infer_fn(**inputs):
        (rows,) = inputs.values()
        with _lock:
            _counts[model][len(rows)] += 1
        return [call(rows)]

    return infer_fn


def bind(served):
    """Bind four models: batching off and on, 1 and 2 instances."""
    from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor

    served.load("handshake").be_patient()
    where = served.model.where
    if not where.startswith(("cupy-", "torch-")):
        where = "numpy"
    for width in WIDTHS:
        call = _model(where, width)
        seconds = _seconds(call)
        if seconds > LONG_ENOUGH_S:
            break
    names = []
    for instances in (1, 2):
        for batching in (False, True):
            name = f"Bench-{'on' if batching else 'off'}-{instances}"
            _counts[name] = Counter()
            served.triton.bind(
                model_name=name,
                infer_func=[_counting(name, call) for _ in range(instances)],
                inputs=[Tensor(dtype=np.float32, shape=(2,))],
                outputs=[Tensor(dtype=np.float32, shape=(3,))],
                config=ModelConfig(
                    max_batch_size=MAX_BATCH, batcher=DynamicBatcher() if batching else None
                ),
            )
            names.append({"model": name, "batching": batching, "instances": instances})
    return {"models": names, "what": WHAT.format(width, where), "call_ms": seconds * 1000}


def counts(served, model):
    """Return the number of calls by batch size, since the last call of this function."""
    with _lock:
        found, _counts[model] = _counts[model], Counter()
    return {"batches": found}
