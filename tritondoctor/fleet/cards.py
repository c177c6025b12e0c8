"""What a host has of cards, and by which driver, in two words."""

from __future__ import annotations

from collections import Counter

import msgspec

from tritondoctor.checks.gpu import compatibility
from tritondoctor.facts.gpu.model import Gpu


def of(raw: msgspec.Raw) -> tuple[str, str]:
    """("8 x H100 80GB HBM3", "550.54.15") of the fact `gpu`; "" for no card, and for no driver."""
    gpu = msgspec.json.decode(raw, type=Gpu)
    names = [card.name or "?" for card in gpu.nvml.cards] if gpu.nvml else []
    if not names and gpu.cuda is not None:
        names = [device.name for device in gpu.cuda.devices]
    if not names:
        names = ["card that does not answer"] * sum(one.kind == "gpu" for one in gpu.pci)
    told = Counter(name.removeprefix("NVIDIA ") for name in names)
    cards = ", ".join(f"{count} x {name}" for name, count in sorted(told.items()))
    return cards, gpu.module.version or compatibility.driver_of(gpu) or ""
