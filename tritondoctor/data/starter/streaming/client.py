"""Asks the Squares of server.py, and prints each part when it comes.

In a second shell, in the same environment:   python client.py [HOST [PORT]]     (PORT is that of gRPC)
"""

import sys
import time
import warnings

import numpy as np
from pytriton.client import DecoupledModelClient

HOST = sys.argv[1] if len(sys.argv) > 1 else "localhost"
PORT = sys.argv[2] if len(sys.argv) > 2 else "8001"

# PyTriton says of every client for gRPC that it waits without a limit; nothing is wrong.
warnings.filterwarnings("ignore", message="tritonclient.grpc doesn't support timeout")

# Streams come over gRPC here (over HTTP: README.md).  One client object is for one stream at a time:
# asked again before its stream has ended, it mixes the answers.  For two streams make two clients.
squares = []
with DecoupledModelClient(f"grpc://{HOST}:{PORT}", "Squares", init_timeout_s=60) as client:
    client.wait_for_model(60)
    began = time.monotonic()
    for part in client.infer_sample(count=np.array([10], dtype=np.int32)):
        squares.append(int(part["square"][0]))
        print(f"{time.monotonic() - began:5.2f} s   {squares[-1]}", flush=True)

print("right" if squares == [number * number for number in range(10)] else f"wrong: {squares}")
