"""Two models in a row, which Triton itself connects: an ensemble.

Run it in the environment that has PyTriton:   python server.py [PORT]
It serves until Ctrl-C; client.py asks it.  It pays where large tensors pass between the models; a few
numbers travel as fast in two requests.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from pytriton.constants import PYTRITON_HOME
from pytriton.decorators import batch
from pytriton.model_config import ModelConfig, Tensor
from pytriton.triton import Triton, TritonConfig, TritonLifecyclePolicy

# HTTP at this port, gRPC at the next one, the metrics at the one after it.
PORT = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
WEIGHTS = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype=np.float32)


@batch
def scale(pixels: np.ndarray) -> list:
    return [pixels.astype(np.float32) / 255]


@batch
def linear(data: np.ndarray) -> list:
    return [data @ WEIGHTS]


# Triton reads an ensemble from its model store when it starts.  So the store is a folder here, and the
# server starts in `serve`, after the models were bound and the ensemble was put beside them.
POLICY = TritonLifecyclePolicy(launch_triton_on_startup=False, local_model_store=True)


def serve(workspace: Path) -> None:
    """Serve with a workspace that PyTriton makes; it refuses a folder that exists."""
    ports = TritonConfig(http_port=PORT, grpc_port=PORT + 1, metrics_port=PORT + 2)
    with Triton(config=ports, workspace=workspace, triton_lifecycle_policy=POLICY) as triton:
        triton.bind(
            model_name="Scale",
            infer_func=scale,
            inputs=[Tensor(name="pixels", dtype=np.uint8, shape=(2,))],
            outputs=[Tensor(name="scaled", dtype=np.float32, shape=(2,))],
            config=ModelConfig(max_batch_size=128),
        )
        triton.bind(
            model_name="Linear",
            infer_func=linear,
            inputs=[Tensor(name="data", dtype=np.float32, shape=(2,))],
            outputs=[Tensor(name="result", dtype=np.float32, shape=(3,))],
            config=ModelConfig(max_batch_size=128),
        )
        folder = workspace / "model-store" / "Pipe"
        (folder / "1").mkdir(parents=True)  # an ensemble's version is an empty folder
        shutil.copy(Path(__file__).with_name("pipe.pbtxt"), folder / "config.pbtxt")
        triton.serve()


if __name__ == "__main__":
    PYTRITON_HOME.mkdir(parents=True, exist_ok=True)  # where programs may run; /tmp may forbid it
    with tempfile.TemporaryDirectory(prefix="ensemble-", dir=PYTRITON_HOME) as home:
        serve(Path(home) / "workspace")
