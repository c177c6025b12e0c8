"""What in the target is built for CUDA, and for which cards; read from its files, never imported."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from typing import Optional

from tritondoctor.facts.gpu.devices import text_of
from tritondoctor.facts.gpu.model import CudaBuild
from tritondoctor.loader import Files
from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import Limit

_ARCHITECTURES = pattern(rb"\0((?:sm|compute)_\d+[af]?(?: (?:sm|compute)_\d+[af]?)*)\0")


def look(
    files: Files, search_path: Sequence[str], wheel_libraries: Optional[str]
) -> tuple[CudaBuild, ...]:
    """Return PyTriton's own CUDA runtime, and those of torch, CuPy and JAX on `search_path`."""
    found = [] if wheel_libraries is None else [_runtime_of_wheel(files, wheel_libraries)]
    probes: dict[str, Callable[[Files, str], Optional[CudaBuild]]] = {
        "torch": _torch, "cupy": _cupy, "jaxlib": _jax,
    }  # fmt: skip
    for package, probe in probes.items():
        for folder in search_path:
            if files.is_file(f"{folder}/{package}/__init__.py"):
                found.append(probe(files, folder))
                break
    return tuple(build for build in found if build is not None)


def _runtime_of_wheel(files: Files, folder: str) -> Optional[CudaBuild]:
    """Return the libcudart that auditwheel put beside PyTriton; its name holds the version."""
    for name in _names(files, folder):
        match = re.match(r"libcudart(?:-[0-9a-f]{8})?\.so\.(\d+\.\d+)(?:\.\d+)?$", name)
        if match:
            return CudaBuild("pytriton", match.group(1), match.group(1), os.path.join(folder, name))
    return None


def _torch(files: Files, folder: str) -> Optional[CudaBuild]:
    text = text_of(files, f"{folder}/torch/version.py")
    if text is None:
        return None
    version, cuda = _assigned(text, "__version__"), _assigned(text, "cuda")
    library = f"{folder}/torch/lib/libtorch_python.so"
    architectures = _flags(files, library) if cuda else ()
    return CudaBuild("torch", version or "", cuda, f"{folder}/torch", architectures)


def _assigned(text: str, name: str) -> Optional[str]:
    match = re.search(rf"^{name}(?:\s*:[^=\n]*)?\s*=\s*(['\"])(.*?)\1", text, re.M)
    return match.group(2) if match else None


def _flags(files: Files, library: str) -> tuple[str, ...]:
    """CUDA_ARCH_FLAGS, the text behind torch.cuda.get_arch_list() (torch/csrc/cuda/Module.cpp)."""
    try:
        content = files.read(library, Limit.LIBPYTHON)
    except OSError:
        return ()
    at = content.find(b"\0sm_")
    while at >= 0:
        match = _ARCHITECTURES.match(content, at)
        if match:
            return tuple(match.group(1).decode("ascii").split())
        at = content.find(b"\0sm_", at + 1)
    return ()


def _cupy(files: Files, folder: str) -> Optional[CudaBuild]:
    version = _assigned(text_of(files, f"{folder}/cupy/_version.py") or "", "__version__") or ""
    try:
        cuda = str(json.loads(text_of(files, f"{folder}/cupy/.data/_wheel.json") or "{}").get("cuda", ""))
    except (ValueError, AttributeError):
        cuda = ""
    return CudaBuild("cupy", version, cuda.replace(".x", ""), f"{folder}/cupy")


def _jax(files: Files, folder: str) -> Optional[CudaBuild]:
    """CUDA was part of jaxlib up to 0.4.2x, as its version shows, and is a plugin since."""
    names = _names(files, folder)
    plugin = [re.match(r"jax_cuda(\d+)_plugin$", name) for name in names]
    own = [re.match(r"jaxlib-([^-]+)\.dist-info$", name) for name in names]
    version = next((match.group(1) for match in own if match), "")
    within = re.search(r"\+cuda(\d+)", version)
    cuda = next((match.group(1) for match in plugin if match), within and within.group(1))
    return CudaBuild("jax", version, cuda, f"{folder}/jaxlib")


def _names(files: Files, folder: str) -> list[str]:
    try:
        return files.listdir(folder)
    except OSError:
        return []
