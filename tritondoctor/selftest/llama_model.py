# mypy: ignore-errors
"""The language model of `tritondoctor init --llama`, bound beside Linear; runs in the target.

Python 3.8 syntax.
"""

import importlib.util
import os
import sys
import threading
import time

import numpy as np

#: DecoupledModelClient has no limit of its own
CLIENT_S = 300.0


def _module(folder, name):
    spec = importlib.util.spec_from_file_location(name, os.path.join(folder, name + ".py"))
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def bind(served, name, device, folder):
    """Load the model of that name with the starter files in a folder, and bind it as Llama."""
    began = time.monotonic()
    try:
        model = _module(folder, "model").Llama(name, device)
        _module(folder, "server").bind(served.triton, model)
    except (Exception, SystemExit) as failure:
        return {"problem": f"{type(failure).__name__}: {failure}"}
    return {"device": model.device, "seconds": round(time.monotonic() - began, 1)}


def ask(served, prompt, most):
    """Return the pieces of an answer, with the seconds after which each came."""
    answer = {"pieces": [], "problem": ""}
    thread = threading.Thread(target=_read, args=(served, prompt, most, answer), daemon=True)
    thread.start()
    thread.join(CLIENT_S)
    if thread.is_alive():
        answer["problem"] = f"the text did not end within {CLIENT_S:.0f} s"
    return answer


def _read(served, prompt, most, answer):
    from pytriton.client import DecoupledModelClient

    host, port = served.endpoints["grpc"]
    inputs = {
        "prompt": np.array([prompt.encode("utf-8")], dtype=bytes),
        "most": np.array([most], dtype=np.int32),
    }
    try:
        with DecoupledModelClient(f"grpc://{host}:{port}", "Llama", init_timeout_s=20) as client:
            client.wait_for_model(20)
            began = time.monotonic()
            for part in client.infer_sample(**inputs):
                piece = part["piece"][0].decode("utf-8")
                answer["pieces"].append([time.monotonic() - began, piece])
    except Exception as failure:
        answer["problem"] = f"{type(failure).__name__}: {failure}"
