# mypy: ignore-errors
"""Linear on the requested device; runs in the target beside serve_linear.py.

Python 3.8 syntax; numpy, and torch or CuPy if they are installed.  Without them the driver itself
(cuda_driver.py) computes on the GPU.
"""

import importlib.util
import os

import numpy as np

#: else compiled kernels stay in ~/.nv/ComputeCache and ~/.cupy
_NO_CACHES = {"CUDA_CACHE_DISABLE": "1", "CUPY_CACHE_IN_MEMORY": "1"}


class NotUsableError(Exception):
    """The requested device cannot be used; the message says why."""

    finding = "device-not-usable"


def beside(name):
    path = os.path.join(os.path.dirname(__file__), name + ".py")
    spec = importlib.util.spec_from_file_location("tritondoctor_selftest_" + name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class OnNumpy:
    where = "numpy"

    def __init__(self, weights, bias):
        self.weights, self.bias = weights, bias

    def __call__(self, rows):
        return rows @ self.weights + self.bias

    def proof(self):
        return None


class OnTorch:
    """`torch.nn.Linear(2, 3)`, as in PyTriton's quick start, with the doctor's weights."""

    def __init__(self, weights, bias, device):
        import torch

        self.torch, self.where, self.device = torch, "torch-" + device, device
        model = torch.nn.Linear(2, 3)
        with torch.no_grad():
            model.weight.copy_(torch.from_numpy(np.ascontiguousarray(weights.T)))
            model.bias.copy_(torch.from_numpy(bias))
        self.model = model.to(device).eval()
        self.result_device = None

    def __call__(self, rows):
        with self.torch.no_grad():
            result = self.model(self.torch.from_numpy(rows).to(self.device))
        self.result_device = str(result.device)
        return result.cpu().numpy()

    def proof(self):
        return None if self.device == "cpu" else {"result_device": self.result_device}


class OnCupy:
    where = "cupy-cuda"

    def __init__(self, weights, bias):
        import cupy

        self.cupy, self.weights, self.bias = cupy, cupy.asarray(weights), cupy.asarray(bias)
        self.result_device = None

    def __call__(self, rows):
        result = self.cupy.asarray(rows) @ self.weights + self.bias
        self.result_device = f"cuda:{result.device.id}"
        return self.cupy.asnumpy(result)

    def proof(self):
        return {"result_device": self.result_device}


def _on_cpu(weights, bias, tried):
    try:
        import torch

        return OnTorch(weights, bias, "cpu"), "torch " + torch.__version__
    except ImportError as failure:
        if not (isinstance(failure, ModuleNotFoundError) and failure.name == "torch"):
            tried.append(f"torch does not import: {failure}")
        return OnNumpy(weights, bias), "numpy " + np.__version__


def _with_torch(weights, bias):
    import torch

    if torch.version.cuda is None:
        raise NotUsableError(f"torch {torch.__version__} is built without CUDA")
    return OnTorch(weights, bias, "cuda"), "torch " + torch.__version__


def _with_cupy(weights, bias):
    import cupy

    return OnCupy(weights, bias), "cupy " + cupy.__version__


def _with_driver(weights, bias):
    return beside("cuda_driver").OnDriver(weights, bias), "the driver itself"


def linear(device, weights, bias):
    """Return the model and a description of its device.  Raises NotUsableError if `cuda` fails."""
    weights, bias = np.array(weights, dtype=np.float32), np.array(bias, dtype=np.float32)
    tried = []
    if device in ("auto", "cuda"):
        os.environ.update(_NO_CACHES)
        try:
            card = beside("cuda_driver").first_card()
        except (OSError, RuntimeError) as failure:
            if device == "cuda":
                raise NotUsableError(f"no GPU can be used: {failure}") from failure
            tried.append(f"no GPU: {failure}")
        else:
            for way in (_with_torch, _with_cupy, _with_driver):
                try:
                    model, library = way(weights, bias)
                    model(np.zeros((1, 2), dtype=np.float32))
                    return model, dict(card, kind="cuda", library=library, why="; ".join(tried))
                except ModuleNotFoundError as failure:
                    tried.append(f"{failure.name} is not installed")
                except Exception as failure:
                    tried.append(f"{way.__name__[len('_with_') :]}: {failure}")
            if device == "cuda":
                raise NotUsableError("; ".join(tried))
    model, library = _on_cpu(weights, bias, tried)
    why = "; ".join(tried) if device == "auto" else "requested"
    return model, {"kind": "cpu", "library": library, "why": why}
