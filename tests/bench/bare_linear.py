# mypy: ignore-errors
"""A bare Linear in the stages of the self-test; prints the seconds of each as JSON.  Python 3.8 syntax.

The argument is when it was started, in seconds of CLOCK_MONOTONIC.
"""

import json
import sys
import time

taken, began = {}, float(sys.argv[1])


def done(stage):
    """Note what this stage took."""
    global began
    now = time.monotonic()
    taken[stage], began = now - began, now


if __name__ == "__main__":
    import numpy as np
    from pytriton.client import ModelClient
    from pytriton.decorators import batch
    from pytriton.model_config import ModelConfig, Tensor
    from pytriton.triton import Triton

    done("import PyTriton")
    weights = np.arange(6, dtype=np.float32).reshape(2, 3)

    @batch
    def infer_fn(**inputs):
        (rows,) = inputs.values()
        return [rows @ weights]

    triton = Triton()
    triton.run()
    done("start the server")
    tensor = Tensor(dtype=np.float32, shape=(-1,))
    triton.bind("Linear", infer_fn, [tensor], [tensor], config=ModelConfig(max_batch_size=128))
    done("load the model")
    sent = np.ones((128, 2), np.float32)
    with ModelClient("localhost", "Linear", init_timeout_s=60) as client:
        client.infer_batch(sent)
    done("compare answers")
    triton.stop()
    done("stop and clean up")
    sys.stderr.write(json.dumps(taken) + "\n")
