"""PyTriton's quick start: Linear (2 inputs, 3 outputs), started, asked once, and compared.

Run by the target's interpreter; prints SERVED on success.  Python 3.8 syntax.
"""

import numpy as np
from pytriton.client import ModelClient
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton

WEIGHTS = np.arange(6, dtype=np.float32).reshape(2, 3)


@batch
def infer_fn(**inputs):
    (batch_,) = inputs.values()
    return [batch_ @ WEIGHTS]


if __name__ == "__main__":
    with Triton() as triton:
        triton.bind(
            model_name="Linear",
            infer_func=infer_fn,
            inputs=[Tensor(dtype=np.float32, shape=(-1,))],
            outputs=[Tensor(dtype=np.float32, shape=(-1,))],
            config=ModelConfig(max_batch_size=128),
        )
        triton.run()
        sent = np.random.randn(128, 2).astype(np.float32)
        url = triton._url if hasattr(triton, "_url") else "localhost"
        with ModelClient(url, "Linear", init_timeout_s=20) as client:
            (got,) = client.infer_batch(sent).values()
        assert np.allclose(got, sent @ WEIGHTS, atol=1e-5)
        print("SERVED", flush=True)
