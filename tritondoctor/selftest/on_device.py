# mypy: ignore-errors
"""Linear on the requested device with the requested framework; runs in the target beside serve_linear.py.

Without a framework that can use it, the driver itself (cuda_driver.py) computes on the GPU.  Python 3.8
syntax.
"""

import importlib.util
import os

import numpy as np

#: else compiled kernels stay in ~/.nv/ComputeCache and ~/.cupy
_NO_CACHES = {"CUDA_CACHE_DISABLE": "1", "CUPY_CACHE_IN_MEMORY": "1"}
#: which frameworks are tried, in this order: where none was asked for, and for `auto`
_PLAIN = {"cuda": ("torch", "cupy"), "cpu": ("torch", "numpy")}
_AUTO = {
    "cuda": ("torch", "tensorflow", "jax", "onnxruntime", "cupy"),
    "cpu": ("torch", "tensorflow", "jax", "onnxruntime", "numpy"),
}


class NotUsableError(Exception):
    """The requested device cannot be used; the message says why."""

    finding = "device-not-usable"


class NoFrameworkError(Exception):
    """The requested framework cannot be used; the message says why."""

    finding = "framework-not-usable"


def beside(name):
    path = os.path.join(os.path.dirname(__file__), name + ".py")
    spec = importlib.util.spec_from_file_location("tritondoctor_selftest_" + name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class _Choice:
    """Tries frameworks on a device in turn; `tried` says why each could not be used."""

    def __init__(self, framework, weights, bias):
        self.framework, self.arguments, self.tried = framework, (weights, bias), []
        self.all = beside("frameworks").ALL

    def on(self, device):
        """Return the first model that computes there; None if there is none."""
        names = {"": _PLAIN[device], "auto": _AUTO[device]}.get(self.framework, (self.framework,))
        for name in names:
            try:
                model = self.all[name](*self.arguments, device)
                model(np.zeros((1, 2), dtype=np.float32))
                return model
            except ModuleNotFoundError as failure:
                absent = failure.name == name
                if not absent:
                    self.tried.append(f"{name} does not import: {failure}")
                elif device == "cuda" or self.framework == name:
                    self.tried.append(f"{name} is not installed")
            except ImportError as failure:
                self.tried.append(f"{name} does not import: {failure}")
            except Exception as failure:
                self.tried.append(f"{name}: {failure}")
        return None

    def by_driver(self):
        """Return the model that the driver computes; None where it cannot."""
        if self.framework not in ("", "auto"):
            return None
        try:
            model = beside("cuda_driver").OnDriver(*self.arguments)
            model(np.zeros((1, 2), dtype=np.float32))
            return model
        except Exception as failure:
            self.tried.append(f"driver: {failure}")
            return None


def linear(device, framework, weights, bias):
    """Return the model and a description of its device.

    Raises NotUsableError if `cuda` fails, NoFrameworkError if a framework that was named does.
    """
    weights, bias = np.array(weights, dtype=np.float32), np.array(bias, dtype=np.float32)
    choice = _Choice(framework, weights, bias)
    if device in ("auto", "cuda"):
        os.environ.update(_NO_CACHES)
        try:
            card = beside("cuda_driver").first_card()
        except (OSError, RuntimeError) as failure:
            if device == "cuda":
                raise NotUsableError(f"no GPU can be used: {failure}") from failure
            choice.tried.append(f"no GPU: {failure}")
        else:
            model = choice.on("cuda") or choice.by_driver()
            if model is not None:
                why = "; ".join(choice.tried)
                return model, dict(card, kind="cuda", library=model.library, why=why)
            if device == "cuda":
                raise NotUsableError("; ".join(choice.tried))
    model = choice.on("cpu")
    if model is None:
        raise NoFrameworkError("; ".join(choice.tried))
    why = "; ".join(choice.tried) if device == "auto" else "requested"
    return model, {"kind": "cpu", "library": model.library, "why": why}
