"""Linear, computed by a framework (model.py) and served by Triton.

Run it in the environment that has PyTriton and the framework:   python server.py [PORT]
It serves until Ctrl-C; client.py asks it.
"""

import sys

import numpy as np
from model import MOST_ROWS, linear
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

# HTTP at this port, gRPC at the next one, the metrics at the one after it.
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8000


# `batch` hands over all requests that arrived together as one array, a request a row.
@batch
def infer(data: np.ndarray) -> list:
    return [linear(data)]


# `tritondoctor tune server.py:infer` reads these lists, and finds the best configuration.
INPUTS = [Tensor(name="data", dtype=np.float32, shape=(2,))]
OUTPUTS = [Tensor(name="result", dtype=np.float32, shape=(3,))]

if __name__ == "__main__":
    linear(np.zeros((1, 2), dtype=np.float32))  # compiled and warm before the first request
    ports = TritonConfig(http_port=PORT, grpc_port=PORT + 1, metrics_port=PORT + 2)
    with Triton(config=ports) as triton:
        triton.bind(
            model_name="Linear",
            infer_func=infer,
            inputs=INPUTS,
            outputs=OUTPUTS,
            config=ModelConfig(max_batch_size=MOST_ROWS),
        )
        triton.serve()
