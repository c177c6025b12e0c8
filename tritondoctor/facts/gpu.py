"""A first GPU fact: is there an NVIDIA card, and a driver?"""

from __future__ import annotations

import glob
import re
from typing import Optional

from tritondoctor.facts.model import Gpu

_NVIDIA_VENDOR = "0x10de"


def probe() -> Gpu:
    """Reads /dev, /proc/driver/nvidia and /sys; no driver is called."""
    nodes = [path for path in glob.glob("/dev/nvidia*") if re.fullmatch(r"/dev/nvidia\d+", path)]
    return Gpu(driver=_driver(), cards=max(len(nodes), _pci_cards()))


def _driver() -> Optional[str]:
    try:
        with open("/proc/driver/nvidia/version", encoding="ascii", errors="replace") as file:
            match = re.search(r"\b(\d+\.\d+(?:\.\d+)?)\b", file.readline())
    except OSError:
        return None
    return match.group(1) if match else None


def _pci_cards() -> int:
    count = 0
    for folder in glob.glob("/sys/bus/pci/devices/*"):
        try:
            with open(f"{folder}/vendor", encoding="ascii") as file:
                vendor = file.read().strip()
            with open(f"{folder}/class", encoding="ascii") as file:
                display = file.read().startswith(("0x0300", "0x0302"))
        except OSError:
            continue
        count += vendor == _NVIDIA_VENDOR and display
    return count
