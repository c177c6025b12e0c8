"""What a container was given of the GPU: NVIDIA's variables, the driver's files, the cgroup."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tritondoctor.facts.gpu.devices import text_of
from tritondoctor.facts.gpu.model import GpuContainer
from tritondoctor.loader import Files

_DRIVER_FILE = re.compile(r"/(?:lib(?:cuda|nvidia)\S*|nvidia[\w-]*)$")


def look(files: Files, variables: Mapping[str, str]) -> GpuContainer:
    """Reads /proc/self; the variables are those that the target would be started with."""
    mounts = text_of(files, "/proc/self/mountinfo", 1 << 20) or ""
    places = [line.split(" ")[4] for line in mounts.splitlines() if line.count(" ") > 4]
    return GpuContainer(
        visible=variables.get("NVIDIA_VISIBLE_DEVICES"),
        capabilities=variables.get("NVIDIA_DRIVER_CAPABILITIES"),
        mounts=tuple(sorted(place for place in places if _DRIVER_FILE.search(place))),
        cgroup=tuple((text_of(files, "/proc/self/cgroup") or "").splitlines()),
    )
