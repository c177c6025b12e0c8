"""The cards and the driver of a host, in a few words."""

from __future__ import annotations

from collections import Counter

import msgspec

from tritondoctor.checks.gpu import compatibility
from tritondoctor.facts.gpu.model import Gpu
from tritondoctor.support import structs


def of(raw: msgspec.Raw) -> tuple[str, str]:
    """Return e.g. ("8 x H100 80GB HBM3", "550.54.15") for the fact `gpu`; "" for no card or driver."""
    gpu = structs.decode(raw, type=Gpu)
    names = [card.name or "?" for card in gpu.nvml.cards] if gpu.nvml else []
    if not names and gpu.cuda is not None:
        names = [device.name for device in gpu.cuda.devices]
    if not names:
        names = ["card without a working driver"] * sum(device.kind == "gpu" for device in gpu.pci)
    counts = Counter(name.removeprefix("NVIDIA ") for name in names)
    cards = ", ".join(f"{count} x {name}" for name, count in sorted(counts.items()))
    return cards, gpu.module.version or compatibility.driver_of(gpu) or ""
