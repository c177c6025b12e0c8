"""The variables that NumPy reads when it is imported (numpy/__init__.py)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tritondoctor.facts.launch.model import RefusedVariable
from tritondoctor.facts.launch.variables.view import LaunchView

#: numpy/core/src/multiarray/convert_datatype.c, `npy__set_promotion_state`
_STATES = ("legacy", "weak", "weak_and_warn")


#: a feature in the processor's flags, where the kernel names it otherwise (NumPy: npy_cpu_features.c)
_FLAGS = {
    "FMA3": "fma", "SSE41": "sse4_1", "SSE42": "sse4_2", "SSE3": "pni",
    "AVX512_KNL": "avx512er avx512pf",
    "AVX512_SKX": "avx512vl avx512bw avx512dq",
    "AVX512_CLX": "avx512vl avx512bw avx512dq avx512_vnni",
    "AVX512_CNL": "avx512vl avx512bw avx512dq avx512ifma avx512vbmi",
    "AVX512_ICL": "avx512vl avx512vbmi avx512_vbmi2 avx512_bitalg avx512_vpopcntdq",
    "AVX512_SPR": "avx512_fp16",
}  # fmt: skip
_UMATH = ("numpy.core._multiarray_umath", "numpy._core._multiarray_umath")
#: the longest value that `npy__cpu_check_env` takes
_LONGEST = 1024


def refused(view: LaunchView) -> Iterator[RefusedVariable]:
    """Everything that begins with NPY_."""
    yield from promotion(view)
    yield from cpu_features(view)


def cpu_features(view: LaunchView) -> Iterator[RefusedVariable]:
    """NPY_ENABLE_CPU_FEATURES and NPY_DISABLE_CPU_FEATURES (npy_cpu_features.c, `npy__cpu_check_env`):
    only one, nothing disabled that NumPy was built to rely on, nothing enabled that this processor lacks.
    """
    enable, disable = "NPY_ENABLE_CPU_FEATURES", "NPY_DISABLE_CPU_FEATURES"
    given = [name for name in (disable, enable) if view.variables.get(name)]
    path = next(filter(None, map(view.path, _UMATH)), "") if given else ""
    if not path:
        return
    if len(given) > 1:
        yield RefusedVariable(disable, path, "not-both", (), enable)
        return
    value = view.variables[given[0]]
    names = re.split(r"[ \f\n\r\t\v,]+", value)
    if len(value.encode("utf-8", "surrogateescape")) > _LONGEST:
        yield RefusedVariable(given[0], path, "too-long", (), str(_LONGEST))
    elif given == [disable]:
        fixed = set(_listed(view.content(path), b"baseline optimizations: \n"))
        for name in fixed.intersection(names):
            yield RefusedVariable(disable, path, "needed-itself", (), name)
    else:
        for name in set(_listed(view.content(path), b"dispatched optimizations\n")).intersection(names):
            if view.cpu and not view.cpu.issuperset(_FLAGS.get(name, name.lower()).split()):
                yield RefusedVariable(enable, path, "cpu-lacks", (), name)


def _listed(binary: bytes, before: bytes) -> list[str]:
    """The features in one of its messages: `(SSE SSE2 SSE3)`."""
    match = re.search(re.escape(before) + rb"\(([A-Z0-9_ ]+)\)", binary)
    return match.group(1).decode().split() if match else []


def promotion(view: LaunchView) -> Iterator[RefusedVariable]:
    """NPY_PROMOTION_STATE, of NumPy 1.24 to 2.1."""
    name = "NPY_PROMOTION_STATE"
    value = view.variables.get(name)
    if value is not None and value not in _STATES and name in view.text("numpy"):
        yield RefusedVariable(name, view.path("numpy"), "unknown", _STATES)


def huge_pages(view: LaunchView) -> Iterator[RefusedVariable]:
    """NUMPY_MADVISE_HUGEPAGE goes through `int`."""
    name = "NUMPY_MADVISE_HUGEPAGE"
    value = view.variables.get(name)
    if value is None or "int(use_hugepage)" not in view.text("numpy"):
        return
    try:
        int(value)
    except ValueError:
        yield RefusedVariable(name, view.path("numpy"), "not-a-number", ("0", "1"))
