# mypy: ignore-errors
"""Two models in a row, run by Triton's own ensemble scheduler; runs in the target beside serve_linear.py.

An ensemble is a folder in the model store, which PyTriton has on disk where its policy says so.  It is
loaded when the server starts, so the server starts after the models were bound.  Python 3.8 syntax.
"""

import os
import tempfile
import time

import numpy as np

#: numbers that pass between the two steps: an image of 224 x 224 x 3 in float32
BIG = 224 * 224 * 3
_PBTXT = """
name: "{name}"
platform: "ensemble"
max_batch_size: 128
input [ {{ name: "INPUT_1", data_type: TYPE_FP32, dims: [ -1 ] }} ]
output [ {{ name: "OUTPUT_1", data_type: TYPE_FP32, dims: [ -1 ] }} ]
ensemble_scheduling {{
  step [
    {{
      model_name: "{first}", model_version: -1
      input_map {{ key: "INPUT_1", value: "INPUT_1" }}
      output_map {{ key: "OUTPUT_1", value: "between" }}
    }},
    {{
      model_name: "{second}", model_version: -1
      input_map {{ key: "INPUT_1", value: "between" }}
      output_map {{ key: "OUTPUT_1", value: "OUTPUT_1" }}
    }}
  ]
}}
"""


class Store:
    """A workspace that PyTriton will make, with a model store on disk."""

    def __init__(self):
        from pytriton.constants import PYTRITON_HOME
        from pytriton.triton import TritonLifecyclePolicy

        self.policy = TritonLifecyclePolicy(launch_triton_on_startup=False, local_model_store=True)
        os.makedirs(PYTRITON_HOME, exist_ok=True)
        self.workspace = tempfile.mkdtemp(dir=PYTRITON_HOME, prefix="workspace_")
        os.rmdir(self.workspace)  # PyTriton refuses a folder that exists

    def add(self, name, first, second):
        """Put an ensemble beside the models that were bound."""
        folder = os.path.join(self.workspace, "model-store", name)
        os.makedirs(os.path.join(folder, "1"))
        with open(os.path.join(folder, "config.pbtxt"), "w", encoding="utf-8") as file:
            file.write(_PBTXT.format(name=name, first=first, second=second))


class Pipes:
    """The ensembles of a server that is yet to be started; none in releases that cannot start it late."""

    def __init__(self, big):
        self.big = big
        try:
            self.store = Store()
        except ImportError:
            self.store = None

    def options(self):
        """Return what Triton() takes."""
        if self.store is None:
            return {}
        return {"workspace": self.store.workspace, "triton_lifecycle_policy": self.store.policy}

    def bind(self, triton):
        """Bind Halve, and the ensemble Pipe of Halve and Linear; with `big`, one with large tensors."""
        if self.store is not None:
            _bind_all(triton, self.store, self.big)


def _bind_all(triton, store, big):
    _bind(triton, "Halve", lambda rows: rows / 2)
    store.add("Pipe", "Halve", "Linear")
    if big:
        spread = np.ones((1, BIG), dtype=np.float32)
        _bind(triton, "Spread", lambda rows: rows[:, :1] @ spread)
        _bind(triton, "Gather", lambda rows: rows.mean(axis=1, keepdims=True))
        store.add("Big-Pipe", "Spread", "Gather")


def _bind(triton, name, function):
    from pytriton.decorators import batch
    from pytriton.model_config import ModelConfig, Tensor

    @batch
    def infer_fn(**inputs):
        (rows,) = inputs.values()
        return [function(rows)]

    triton.bind(
        model_name=name,
        infer_func=infer_fn,
        inputs=[Tensor(dtype=np.float32, shape=(-1,))],
        outputs=[Tensor(dtype=np.float32, shape=(-1,))],
        config=ModelConfig(max_batch_size=128),
    )


def _client(served, name):
    from pytriton.client import ModelClient

    protocol = "grpc" if "grpc" in served.endpoints else "http"
    host, port = served.endpoints[protocol]
    return ModelClient(f"{protocol}://{host}:{port}", name, init_timeout_s=20)


def _ask(client, rows):
    (output,) = client.infer_batch(rows).values()
    return output


def ask(served, rows):
    """Send rows through Pipe."""
    if served.pipes.store is None:
        return {"refusal": "this release cannot start the server after its models were bound"}
    try:
        with _client(served, "Pipe") as client:
            return {"output": _ask(client, np.array(rows, dtype=np.float32)).tolist()}
    except Exception as failure:
        return {"problem": f"{type(failure).__name__}: {failure}"}


def compare(served, rounds):
    """Return the median times, in ms, of an ensemble and of two requests in a row, asked in turn."""
    if served.pipes.store is None:
        return {"times": []}
    pipes = (("Pipe", "Halve", "Linear", 2), ("Big-Pipe", "Spread", "Gather", BIG))
    return {"times": [dict(_times(served, *names, rounds), numbers_between=n) for *names, n in pipes]}


def _times(served, pipe, first, second, rounds):
    rows = np.ones((2, 2), dtype=np.float32)
    with (
        _client(served, pipe) as whole,
        _client(served, first) as halve,
        _client(served, second) as linear,
    ):
        ways = (lambda: _ask(whole, rows), lambda: _ask(linear, _ask(halve, rows)))
        ensemble, requests = _medians(ways, rounds)
    return {"ensemble_ms": ensemble, "requests_ms": requests}


def _medians(ways, rounds):
    took = [[] for _ in ways]
    for _ in range(rounds + 1):
        for way, times in zip(ways, took):
            began = time.monotonic()
            way()
            times.append(1000 * (time.monotonic() - began))
    return [round(sorted(times[1:])[rounds // 2], 2) for times in took]
