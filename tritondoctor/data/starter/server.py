"""Linear, served by Triton: PyTriton's quick start, with what each part is for.

Run it in the environment that `tritondoctor install` made:   python server.py
It serves until Ctrl-C; client.py asks it.
"""

import numpy as np
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig

# The model: 2 numbers in, 3 numbers out.  With PyTorch it would be torch.nn.Linear(2, 3).to("cuda").
WEIGHTS = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype=np.float32)
BIAS = np.array([0.5, 0.5, 0.5], dtype=np.float32)


# Triton collects the requests that arrive together; `batch` hands them over as one array for each
# input, with the requests along the first axis.  Each returned array is split up again the same way.
@batch
def infer(**inputs: np.ndarray) -> list:
    (data,) = inputs.values()
    return [data @ WEIGHTS + BIAS]


# Shapes without the batch: (2,) is two numbers a request, -1 would be any count.  `tritondoctor tune
# server.py:infer` reads these lists, and finds the best configuration for your function.
INPUTS = [Tensor(name="data", dtype=np.float32, shape=(2,))]
OUTPUTS = [Tensor(name="result", dtype=np.float32, shape=(3,))]

if __name__ == "__main__":
    # Ports other than these three go into TritonConfig(http_port=…, grpc_port=…, metrics_port=…).
    with Triton(config=TritonConfig(http_port=8000, grpc_port=8001, metrics_port=8002)) as triton:
        triton.bind(
            model_name="Linear",
            infer_func=infer,
            inputs=INPUTS,
            outputs=OUTPUTS,
            # The most requests that are computed in one call of `infer`.
            config=ModelConfig(max_batch_size=128),
        )
        triton.serve()  # blocks; triton.run() would return and serve beside your own code
