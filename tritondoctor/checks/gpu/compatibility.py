"""Which CUDA a driver supports, and which GPUs a build has code for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Optional

from tritondoctor.checks.advice import order
from tritondoctor.checks.gpu import rules
from tritondoctor.checks.model import Text, text
from tritondoctor.facts.gpu.model import Gpu
from tritondoctor.support import own_files
from tritondoctor.support.numbers import whole
from tritondoctor.support.patterns import pattern

_ARCHITECTURE = pattern(r"(sm|compute)_(\d+)(\d)([af]?)")


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = own_files.table("cuda_compatibility.json")
    return table


def oldest_driver(cuda: str) -> Optional[str]:
    """Return the oldest driver that runs this CUDA release; None if NVIDIA's tables do not say."""
    table = _table()
    driver: Optional[str] = table["families"].get(cuda.partition(".")[0]) or table["releases"].get(cuda)
    return driver


def driver_of(gpu: Gpu) -> Optional[str]:
    """Return the version of the driver that CUDA programs call: libcuda's own if its name has one."""
    libcuda = rules.library(gpu, rules.LIBCUDA)
    version = gpu.nvml.driver if gpu.nvml is not None else None
    return (libcuda.version if libcuda is not None else None) or version or gpu.module.version


def cuda_of(gpu: Gpu) -> Optional[int]:
    """Return the CUDA version that it supports, as in cuda.h; if it was not asked, its branch's."""
    if gpu.cuda is not None and gpu.cuda.version:
        return gpu.cuda.version
    if gpu.nvml is not None and gpu.nvml.cuda:
        return gpu.nvml.cuda
    release = _table()["branches"].get((driver_of(gpu) or "").partition(".")[0])
    return None if release is None else order(release)[0] * 1000 + order(release)[1] * 10


def releases_for(capability: str) -> Optional[Text]:
    """Return which CUDA releases have code for such a GPU; None if the tables do not say."""
    table = _table()["architectures"]
    known = table.get(capability) or table.get(capability.partition(".")[0])
    if known is None:
        return None
    if "last" in known:
        return text("CUDA {release} or older", release=known["last"])
    return text("CUDA {release} or newer", release=known["first"])


def written(version: int) -> str:
    """Format 12040 as 12.4."""
    return f"{version // 1000}.{version % 1000 // 10}"


def serves(gpu: Gpu, cuda: str) -> bool:
    """Return whether the driver runs programs that were built for this CUDA release.

    What it says of itself comes first; the tables tell what its family allows.
    """
    wanted = order(cuda)
    own, driver = cuda_of(gpu), driver_of(gpu)
    if own is not None and order(written(own))[: len(wanted)] >= wanted:
        return True
    needed = oldest_driver(cuda)
    if own is not None and (own // 1000 < wanted[0] or wanted[0] < 11):
        return False
    return driver is None or needed is None or order(driver) >= order(needed)


def has_code_for(capability: str, architectures: Sequence[str], *, jit: bool) -> bool:
    """Return whether code for one of the architectures runs on a GPU (CUDA C++ Programming Guide, 3.1).

    Machine code runs within its major version; PTX on all that came later, where the driver may
    compile it (`jit`).  A suffix ties to one card (a) or its family (f).
    """
    card = order(capability)
    for architecture in architectures:
        match = _ARCHITECTURE.fullmatch(architecture)
        if match is None:
            continue
        built = (whole(match.group(2)), whole(match.group(3)))
        if match.group(4) == "a":
            fits = built == card
        elif match.group(1) == "sm":
            fits = built[0] == card[0] and built <= card
        else:
            fits = jit and built <= card
        if fits:
            return True
    return False
