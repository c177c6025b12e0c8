"""A made server: `python serve.py KIND PORT`, with the Python of an environment that has PyTriton.

It serves `Linear`, y = 2 x, and prints SERVING.  HTTP, gRPC and metrics have PORT and the two after it.
"""

import sys
import threading
import time

import numpy as np
from pytriton.decorators import batch
from pytriton.model_config import DynamicBatcher, ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

KIND, PORT = sys.argv[1], int(sys.argv[2])
SECONDS = {"overloaded": 0.1, "full": 0.05, "long": 20.0, "dead-lock": 0.0, "loop": 0.0}
LOCK = threading.Lock()
LOCK.acquire()
KEPT = []


@batch
def model(x):
    """Do what the kind says."""
    if KIND == "dead-lock":
        LOCK.acquire()
    while KIND == "loop":
        pass
    if KIND == "raises" and time.monotonic() % 0.2 < 0.1:
        raise ValueError("made to fail")
    if KIND == "grows":
        KEPT.append(np.ones(1 << 21))
    if KIND == "large":
        return [np.repeat(x, 1 << 23, axis=1)]
    if KIND == "two-in-python":
        until = time.thread_time() + 0.02
        while time.thread_time() < until:
            pass
    time.sleep(SECONDS.get(KIND, 0.002))
    return [x * 2]


def generator(requests):
    """Answer twice, in a model that is not decoupled."""
    for _ in range(2):
        yield [{"y": request["x"] * 2} for request in requests]


def configuration():
    """Return how many rows share a call, and the batcher."""
    most = {"overloaded": 4, "full": 4, "one-row": 1}.get(KIND, 16)
    batcher = None if KIND == "not-batching" else DynamicBatcher()
    return ModelConfig(
        max_batch_size=most, batcher=batcher, **({"decoupled": True} if KIND == "decoupled" else {})
    )


def functions():
    """Return one function an instance; old releases take no list of one."""
    if KIND in ("generator", "decoupled"):
        return generator
    count = {"two-in-python": 2, "four": 4}.get(KIND, 1)
    return model if count == 1 else [model] * count


ports = TritonConfig(http_port=PORT, grpc_port=PORT + 1, metrics_port=PORT + 2)
tensors = {name: [Tensor(name=name, dtype=np.float32, shape=(-1,))] for name in "xy"}
with Triton(config=ports) as triton:
    triton.bind("Linear", functions(), inputs=tensors["x"], outputs=tensors["y"], config=configuration())
    triton.run()
    print("SERVING", flush=True)
    threading.Event().wait()
