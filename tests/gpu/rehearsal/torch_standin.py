# mypy: ignore-errors
"""What on_device.py, bench_models.py and on_hardware.py call of torch, on NumPy: it is no torch.

rehearse.py writes it as torch/__init__.py.  On `cuda` it takes a context of libcuda.so.1, as torch does.
"""

import contextlib
import ctypes
import types

from torch import version

__version__ = version.__version__


class Tensor:
    def __init__(self, array, device="cpu"):
        self.array, self.device = array, device

    def to(self, device):
        if device == "cuda":
            context = ctypes.c_void_p()
            driver = ctypes.CDLL("libcuda.so.1")
            driver.cuInit(0)
            driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0)
        return Tensor(self.array, "cuda:0" if device == "cuda" else device)

    def cpu(self):
        return Tensor(self.array)

    def numpy(self):
        return self.array

    def copy_(self, other):
        self.array = other.array

    def __matmul__(self, other):
        return Tensor(self.array @ other.array, self.device)


class Linear:
    def __init__(self, inputs, outputs):
        self.weight, self.bias = Tensor(None), Tensor(None)

    def to(self, device):
        self.weight, self.bias = self.weight.to(device), self.bias.to(device)
        return self

    def eval(self):
        return self

    def __call__(self, rows):
        return Tensor(rows.array @ self.weight.array.T + self.bias.array, rows.device)


def _count():
    count = ctypes.c_int()
    driver = ctypes.CDLL("libcuda.so.1")
    return 0 if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)) else count.value


from_numpy = Tensor
no_grad = contextlib.nullcontext
nn = types.SimpleNamespace(Linear=Linear)
cuda = types.SimpleNamespace(
    get_arch_list=lambda: version.ARCHITECTURES.split() if version.cuda else [], device_count=_count
)
