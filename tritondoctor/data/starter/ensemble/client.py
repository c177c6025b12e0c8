"""Asks the ensemble Pipe of server.py, and compares what comes with what it should be.

In a second shell, in the same environment:   python client.py [ADDRESS]
"""

import sys

import numpy as np
from pytriton.client import ModelClient

# http://HOST:PORT, or grpc://HOST:PORT, where the server runs.
ADDRESS = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:8000"

pixels = np.random.default_rng(0).integers(0, 256, size=(128, 2), dtype=np.uint8)
with ModelClient(ADDRESS, "Pipe", init_timeout_s=60) as client:
    result = client.infer_batch(pixels)["result"]

scaled = pixels.astype(np.float32) / 255
expected = scaled @ np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32)
print(result[:3])
print("right" if np.allclose(result, expected, atol=1e-5) else f"wrong, expected {expected[:3]}")
