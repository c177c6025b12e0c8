"""A model that streams: its answer comes in parts, as that of a language model does.

Run it in the environment that has PyTriton:   python server.py [PORT]
It serves until Ctrl-C; client.py asks it, and so does curl (README.md).
"""

import asyncio
import sys
import time

import numpy as np
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

# HTTP at this port, gRPC at the next one, the metrics at the one after it.
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8000


# Your model: any generator.  This one computes for a tenth of a second before each part.
def squares(count: int):
    for number in range(count):
        time.sleep(0.1)
        yield number * number


# PyTriton runs all streams of a model in one event loop, so:
#   - this must be an `async` generator: with a plain one each stream waits for the one before it;
#   - what blocks (computing, sleeping, reading) goes to a thread, here one `next` after the other.
# A client that leaves does not stop the generator: keep answers finite.
async def stream(requests: list):
    (request,) = requests  # batching is off: one request a call
    parts, end = squares(int(request["count"][0])), object()
    loop = asyncio.get_running_loop()
    while True:
        square = await loop.run_in_executor(None, next, parts, end)
        if square is end:
            return
        yield [{"square": np.array([square], dtype=np.int64)}]


if __name__ == "__main__":
    ports = TritonConfig(http_port=PORT, grpc_port=PORT + 1, metrics_port=PORT + 2)
    with Triton(config=ports) as triton:
        triton.bind(
            model_name="Squares",
            infer_func=stream,
            inputs=[Tensor(name="count", dtype=np.int32, shape=(1,))],
            outputs=[Tensor(name="square", dtype=np.int64, shape=(1,))],
            # Without decoupled=True the second part kills the model's only thread, and every request
            # after it waits for ever.
            config=ModelConfig(batching=False, decoupled=True),
        )
        triton.serve()
