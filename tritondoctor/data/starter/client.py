"""Asks the Linear of server.py, and compares what comes with what it should be.

In a second shell, in the same environment:   python client.py
"""

import sys

import numpy as np
from pytriton.client import ModelClient

# http://HOST:PORT, or grpc://HOST:PORT, where the server runs.
ADDRESS = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000"

requests = np.random.default_rng(0).normal(size=(128, 2)).astype(np.float32)

# It waits until the model is ready, at most so many seconds.
with ModelClient(ADDRESS, "Linear", init_timeout_s=60) as client:
    # 128 requests at once; a single one is client.infer_sample(np.array([1, 2], dtype=np.float32)).
    answer = client.infer_batch(requests)["result"]

expected = requests @ np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32) + np.float32(0.5)
print(answer[:3])
print("right" if np.allclose(answer, expected, atol=1e-5) else f"wrong, expected {expected[:3]}")
