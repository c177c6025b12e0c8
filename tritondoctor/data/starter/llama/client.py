"""Asks the Llama of server.py, and prints its answer as it comes.

In a second shell, in the same environment:   python client.py "What is the capital of France?"
"""

import argparse
import time
import warnings

import numpy as np
from pytriton.client import DecoupledModelClient

options = argparse.ArgumentParser()
options.add_argument("prompt", nargs="?", default="What is the capital of France? Answer briefly.")
options.add_argument("--address", default="grpc://localhost:8001")
options.add_argument("--most", type=int, default=64, help="pieces of text")
given = options.parse_args()

# PyTriton says of every client for gRPC that it waits without a limit; nothing is wrong.
warnings.filterwarnings("ignore", message="tritonclient.grpc doesn't support timeout")

# One client object is for one stream at a time: two at once need two.
prompt = np.array([given.prompt.encode("utf-8")], dtype=bytes)
most = np.array([given.most], dtype=np.int32)
times = []
with DecoupledModelClient(given.address, "Llama", init_timeout_s=600) as client:
    client.wait_for_model(600)
    began = time.monotonic()
    for part in client.infer_sample(prompt=prompt, most=most):
        times.append(time.monotonic() - began)
        print(part["piece"][0].decode("utf-8"), end="", flush=True)

print()
if times:
    print(f"[first piece after {times[0] * 1000:.0f} ms, {len(times) / times[-1]:.1f} pieces a second]")
