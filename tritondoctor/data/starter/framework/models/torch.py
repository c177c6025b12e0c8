"""Linear with PyTorch: 2 numbers in, 3 numbers out, for each row."""

import os

import numpy as np
import torch

MOST_ROWS = 128
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
# On cores that others use, one thread is faster; on your own: OMP_NUM_THREADS=8 python server.py
torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))

model = torch.nn.Linear(2, 3)
with torch.no_grad():
    model.weight.copy_(torch.tensor([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]))
    model.bias.fill_(0.5)
model = model.to(DEVICE).eval()


@torch.inference_mode()
def linear(rows: np.ndarray) -> np.ndarray:
    return model(torch.from_numpy(rows).to(DEVICE)).cpu().numpy()
