"""What a container was given of the GPU: NVIDIA's variables, the driver's files, the cgroup."""

from __future__ import annotations

from collections.abc import Mapping

from tritondoctor.facts.gpu.devices import text_of
from tritondoctor.facts.gpu.model import GpuContainer
from tritondoctor.loader import Files
from tritondoctor.support import mounts
from tritondoctor.support.patterns import pattern

_DRIVER_FILE = pattern(r"/(?:lib(?:cuda|nvidia)\S*|nvidia[\w-]*)$")


def look(files: Files, variables: Mapping[str, str]) -> GpuContainer:
    """Read /proc/self; the variables are those that the target would be started with."""
    points = [mount.point for mount in mounts.parse(text_of(files, mounts.PATH, 1 << 20) or "")]
    return GpuContainer(
        visible=variables.get("NVIDIA_VISIBLE_DEVICES"),
        capabilities=variables.get("NVIDIA_DRIVER_CAPABILITIES"),
        mounts=tuple(sorted(point for point in points if _DRIVER_FILE.search(point))),
        cgroup=tuple((text_of(files, "/proc/self/cgroup") or "").splitlines()),
    )
