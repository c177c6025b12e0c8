# mypy: ignore-errors
"""How many threads the user's framework may use; runs in the target, in the thread of an instance.

The number is a setting of each thread: `omp_set_num_threads` sets the calling thread's nthreads-var
(OpenMP 5.2, 2.4), and `torch.set_num_threads` calls it.  Python 3.8 syntax.
"""

import ctypes
import re
import sys
import threading

_LIBRARY = re.compile(r"/[^\n]*(?:openblas|mkl_rt|libgomp|libiomp5|libomp)[^/\n]*\.so[^\n/]*")
_SETTERS = (
    "openblas_set_num_threads", "openblas_set_num_threads64_", "scipy_openblas_set_num_threads64_",
    "MKL_Set_Num_Threads", "omp_set_num_threads",
)  # fmt: skip
_here = threading.local()
wanted = None
_setters = None


def known():
    """The names of what can be set here."""
    names = ["torch"] if "torch" in sys.modules else []
    return names + [name for name, _ in _found()]


def apply():
    """Set the wanted number for this thread, where it is not set yet."""
    if wanted is not None and getattr(_here, "count", None) != wanted:
        _here.count = wanted
        for _, setter in _found():
            setter(wanted)
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(wanted)


def _found():
    global _setters
    if _setters is None:
        with open("/proc/self/maps") as file:
            paths = sorted(set(_LIBRARY.findall(file.read())))
        _setters = [found for path in paths for found in [_setter(path)] if found]
    return _setters


def _setter(path):
    try:
        library = ctypes.CDLL(path)
    except OSError:
        return None
    name = next((name for name in _SETTERS if hasattr(library, name)), None)
    return (path.rpartition("/")[2], getattr(library, name)) if name else None
