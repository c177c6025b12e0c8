# mypy: ignore-errors
"""Linear with each framework, on the CPU or the GPU; runs in the target beside serve_linear.py.

Each class takes the weights, the bias and `cpu` or `cuda`, and raises where it cannot compute there.
`proof` says on which device the last result lived; None on the CPU.  Python 3.8 syntax.
"""

import base64
import os

import numpy as np


class UnusableError(Exception):
    """The framework is installed and cannot compute on that device; the message says why."""


class _Framework:
    """What the classes share; `_compute` returns the result as an array of NumPy, and its device."""

    name = ""

    def __init__(self, weights, bias, device):
        self.device, self.result_device = device, None
        self.where = f"{self.name}-{device}"
        self._prepare(weights, bias)

    def __call__(self, rows):
        result, self.result_device = self._compute(rows)
        return result

    def proof(self):
        return None if self.device == "cpu" else {"result_device": self.result_device}


class OnNumpy(_Framework):
    name = "numpy"

    def _prepare(self, weights, bias):
        if self.device != "cpu":
            raise UnusableError("NumPy computes on the CPU only")
        self.where, self.library = "numpy", "numpy " + np.__version__
        self.weights, self.bias = weights, bias

    def _compute(self, rows):
        return rows @ self.weights + self.bias, "cpu"


class OnTorch(_Framework):
    """`torch.nn.Linear(2, 3)`, as in PyTriton's quick start, with the doctor's weights."""

    name = "torch"

    def _prepare(self, weights, bias):
        import torch

        if self.device == "cuda" and torch.version.cuda is None:
            raise UnusableError(f"torch {torch.__version__} is built without CUDA")
        self.torch, self.library = torch, "torch " + torch.__version__
        model = torch.nn.Linear(2, 3)
        with torch.no_grad():
            model.weight.copy_(torch.from_numpy(np.ascontiguousarray(weights.T)))
            model.bias.copy_(torch.from_numpy(bias))
        self.model = model.to(self.device).eval()

    def _compute(self, rows):
        with self.torch.no_grad():
            result = self.model(self.torch.from_numpy(rows).to(self.device))
        return result.cpu().numpy(), str(result.device)


class OnCupy(_Framework):
    name = "cupy"

    def _prepare(self, weights, bias):
        import cupy

        if self.device != "cuda":
            raise UnusableError("CuPy computes on GPUs only")
        self.cupy, self.library = cupy, "cupy " + cupy.__version__
        self.weights, self.bias = cupy.asarray(weights), cupy.asarray(bias)

    def _compute(self, rows):
        result = self.cupy.asarray(rows) @ self.weights + self.bias
        return self.cupy.asnumpy(result), f"cuda:{result.device.id}"


class OnTensorflow(_Framework):
    name = "tensorflow"

    def _prepare(self, weights, bias):
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"  # else it takes all memory of the card
        import tensorflow as tf

        self.library = "tensorflow " + tf.__version__
        if self.device == "cpu":
            tf.config.set_visible_devices([], "GPU")
        elif not tf.config.list_physical_devices("GPU"):
            raise UnusableError(f"{self.library} finds no GPU")
        self.tf, self.place = tf, "/CPU:0" if self.device == "cpu" else "/GPU:0"
        with tf.device(self.place):
            self.weights, self.bias = tf.constant(weights), tf.constant(bias)

    def _compute(self, rows):
        with self.tf.device(self.place):
            result = self.tf.matmul(self.tf.constant(rows), self.weights) + self.bias
        place = result.device.rpartition("device:")[2].lower()
        return result.numpy(), place.replace("gpu", "cuda")


class OnJax(_Framework):
    name = "jax"

    def _prepare(self, weights, bias):
        os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"  # else it takes most memory of the card
        if self.device == "cpu":
            os.environ["JAX_PLATFORMS"] = "cpu"
        import jax

        self.jax, self.library = jax, "jax " + jax.__version__
        self.place = jax.devices("cpu" if self.device == "cpu" else "gpu")[0]
        self.weights, self.bias = (jax.device_put(part, self.place) for part in (weights, bias))

    def _compute(self, rows):
        result = self.jax.device_put(rows, self.place) @ self.weights + self.bias
        (place,) = result.devices()
        platform = {"gpu": "cuda"}.get(place.platform, place.platform)
        return np.asarray(result), f"{platform}:{place.id}"


class OnOnnxruntime(_Framework):
    """A graph of MatMul and Add with inputs X, W and B (ONNX IR 8, operators 13)."""

    name = "onnxruntime"
    GRAPH = (
        "CAg6iQEKEQoBWAoBVxIBUCIGTWF0TXVsCg4KAVAKAUISAVkiA0FkZBIGbGluZWFyWhcKAVgSEgoQCAESDAoEEgJYMAoEEgJYMVoX"
        "CgFXEhIKEAgBEgwKBBICVzAKBBICVzFaEQoBQhIMCgoIARIGCgQSAkIwYhcKAVkSEgoQCAESDAoEEgJZMAoEEgJZMUIECgAQDQ=="
    )

    def _prepare(self, weights, bias):
        import onnxruntime

        self.library = "onnxruntime " + onnxruntime.__version__
        provider = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}[self.device]
        self.session = onnxruntime.InferenceSession(base64.b64decode(self.GRAPH), providers=[provider])
        if self.session.get_providers()[0] != provider:
            raise UnusableError(f"{self.library} has no {provider} here")
        self.weights, self.bias = weights, bias

    def _compute(self, rows):
        binding = self.session.io_binding()
        for name, value in (("X", rows), ("W", self.weights), ("B", self.bias)):
            binding.bind_cpu_input(name, np.ascontiguousarray(value))
        binding.bind_output("Y", self.device)
        self.session.run_with_iobinding(binding)
        (result,) = binding.get_outputs()
        return result.numpy(), f"{result.device_name()}:0"


#: the order in which one is chosen
ALL = {kind.name: kind for kind in (OnTorch, OnTensorflow, OnJax, OnOnnxruntime, OnCupy, OnNumpy)}
