"""Which libcuda and libnvidia-ml the programs of the launch would load, by the loader model."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Literal, Optional

from tritondoctor.facts.gpu.model import DriverLibrary
from tritondoctor.facts.launch.programs import Running

LIBCUDA, NVML = "libcuda.so.1", "libnvidia-ml.so.1"
#: kinds of problems of a library that is not there
_MISSING = ("not-found", "not-a-program")
Role = Literal["client", "tritonserver", "stub"]


def of(role: Role, running: Running) -> Iterator[DriverLibrary]:
    """Yield the two libraries as a program of the launch finds them."""
    for soname in (LIBCUDA, NVML):
        opened = running.process.dlopen(soname)
        problem = opened.problems[0] if opened.problems else None
        if problem is not None and problem.name == soname and problem.kind in _MISSING:
            continue
        found = opened.objects[0].path if opened.objects else problem.provider if problem else ""
        path = os.path.join(running.cwd, found)
        real = running.files.realpath(path)
        yield DriverLibrary(
            role,
            soname,
            path,
            real,
            _origin(path, real),
            version_of(real),
            problem.message if problem else "",
        )


def version_of(real: str) -> Optional[str]:
    """Return the driver's version in a file's name, libcuda.so.550.163.01."""
    match = re.search(r"\.so\.(\d{3,}(?:\.\d+){1,2})$", real)
    return match.group(1) if match else None


def _origin(path: str, real: str) -> Literal["driver", "compat", "stub", "wsl"]:
    parts = {part for name in (path, real) for part in os.path.dirname(name).split("/")}
    if "stubs" in parts:
        return "stub"
    if "wsl" in parts:
        return "wsl"
    if any(re.fullmatch(r"compat|cuda-compat[-\d]*", part) for part in parts):
        return "compat"
    return "driver"
