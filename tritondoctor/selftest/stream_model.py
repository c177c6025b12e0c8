# mypy: ignore-errors
"""A model that streams, and its client over gRPC; runs in the target beside serve_linear.py.

A request names a START, and the PAUSE before each part in seconds; part n of the answer is Linear of
(n / 8, START / 8).  Each part bears the moment of CLOCK_MONOTONIC when it was made.  Python 3.8 syntax.
"""

import asyncio
import importlib.util
import threading
import time
from collections import Counter

import numpy as np

PARTS = 16
#: a second name for a second try: PyTriton does not bind a name again after a failure
NAMES = ("Stream", "Stream-2")
#: DecoupledModelClient has no limit of its own: it passes inference_timeout_s to Queue.get as `block`
CLIENT_S = 15.0

_made = Counter()


def _streaming(model):
    """Return an asynchronous generator: a synchronous one would hold up the streams beside it."""

    async def stream(requests):
        (request,) = requests  # batching is off, so that two streams are two calls
        start, pause = int(request["START"][0]), float(request["PAUSE"][0])
        for part in range(PARTS):
            await asyncio.sleep(pause)
            output = model(np.array([[part / 8, start / 8]], dtype=np.float32))
            _made[start] += 1
            yield [
                {"PART": np.array([part], np.int32), "OUTPUT": output[0],
                 "MADE": np.array([time.monotonic()], np.float64)}
            ]  # fmt: skip

    return stream


def bind(served):
    """Bind the model; `refusal` says why this release cannot, `problem` what went wrong."""
    from pytriton.model_config import ModelConfig, Tensor

    if "decoupled" not in getattr(ModelConfig, "__dataclass_fields__", ()):
        return {"refusal": "this release has no decoupled models"}
    if importlib.util.find_spec("pytriton.proxy.inference") is None:  # it came with 0.5.0
        return {
            "refusal": "this release takes no asynchronous generators; its streams wait for each other"
        }
    problem = ""
    for name in NAMES:
        try:
            served.triton.bind(
                model_name=name,
                infer_func=_streaming(served.model),
                inputs=[
                    Tensor(name="START", dtype=np.int32, shape=(1,)),
                    Tensor(name="PAUSE", dtype=np.float32, shape=(1,)),
                ],
                outputs=[
                    Tensor(name="PART", dtype=np.int32, shape=(1,)),
                    Tensor(name="OUTPUT", dtype=np.float32, shape=(3,)),
                    Tensor(name="MADE", dtype=np.float64, shape=(1,)),
                ],
                config=ModelConfig(batching=False, decoupled=True),
            )
            return {"model": name, "grpc": _client() is not None}
        except Exception as failure:
            problem = f"{type(failure).__name__}: {failure}"
    return {"problem": problem}


def _client():
    """Return the client class for streams; None in releases without it."""
    try:
        from pytriton.client import DecoupledModelClient
    except ImportError:
        return None
    return DecoupledModelClient


def ask(served, model, starts, pause):
    """Ask for a stream for each START over gRPC, side by side, each with a client object of its own."""
    streams = [{"parts": [], "problem": ""} for _ in starts]
    place = served.endpoints["grpc"]
    arguments = (f"grpc://{place[0]}:{place[1]}", model)
    threads = [
        threading.Thread(target=_read, args=(*arguments, start, pause, stream), daemon=True)
        for start, stream in zip(starts, streams)
    ]
    deadline = time.monotonic() + CLIENT_S
    for thread in threads:
        thread.start()
    for thread, stream in zip(threads, streams):
        thread.join(max(deadline - time.monotonic(), 0))
        if thread.is_alive():
            stream["problem"] = f"the stream did not end within {CLIENT_S:.0f} s"
    return {"streams": streams}


def _read(url, model, start, pause, stream):
    try:
        with _client()(url, model) as client:
            stream["began"] = time.monotonic()
            inputs = {"START": np.array([start], np.int32), "PAUSE": np.array([pause], np.float32)}
            for part in client.infer_sample(**inputs):
                stream["parts"].append(
                    [int(np.ravel(part["PART"])[0]), float(np.ravel(part["MADE"])[0]), time.monotonic(),
                     np.ravel(part["OUTPUT"]).tolist()]
                )  # fmt: skip
    except Exception as failure:
        stream["problem"] = f"{type(failure).__name__}: {failure}"


def made(served, start):
    """Return how many parts were made of the stream with that START."""
    return {"parts": _made[start]}
