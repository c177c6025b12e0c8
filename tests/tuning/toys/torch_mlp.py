"""A multi-layer perceptron of PyTorch on the CPU, or on the GPU where there is one."""

import numpy as np
import torch
from pytriton.decorators import batch
from pytriton.model_config import Tensor

INPUTS = [Tensor(name="x", dtype=np.float32, shape=(256,))]
OUTPUTS = [Tensor(name="y", dtype=np.float32, shape=(10,))]
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
torch.manual_seed(1)
torch.set_num_threads(1)
MODEL = torch.nn.Sequential(
    torch.nn.Linear(256, 1024), torch.nn.ReLU(),
    torch.nn.Linear(1024, 1024), torch.nn.ReLU(),
    torch.nn.Linear(1024, 10),
).to(DEVICE).eval()  # fmt: skip


@batch
@torch.inference_mode()
def infer(x):
    return [MODEL(torch.from_numpy(x).to(DEVICE)).cpu().numpy()]
