"""A first word on the GPU; PyTriton serves on the CPU without one."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.model import Found, check, text
from tritondoctor.facts.model import Facts


@check(
    "no-gpu",
    "info",
    title="No NVIDIA card was found; PyTriton serves on the CPU",
    explanation="At start it prints warnings about NVML, DCGM and pinned memory; they are harmless here.",
    means="There is neither a device node nor a PCI device of NVIDIA, or the container was started "
    "without access to it.",
    verified="Every start on machines without a card: Linear is served.",
    by_hand="Nothing to do, unless your model needs a GPU.",
)
def no_gpu(facts: Facts) -> Iterator[Found]:
    if facts.gpu.cards == 0 and facts.gpu.driver is None:
        yield Found({})


@check(
    "gpu-without-driver",
    "warning",
    title="There is an NVIDIA card, and no driver answers for it",
    explanation="PyTriton starts and serves on the CPU; a model that asks for the card will fail.",
    means="The kernel module is not loaded, or the driver is not installed.",
    verified="Not on real hardware yet; /proc and /sys scenes only.",
    by_hand="Install NVIDIA's driver for this kernel and load it.",
)
def gpu_without_driver(facts: Facts) -> Iterator[Found]:
    if facts.gpu.cards and facts.gpu.driver is None:
        yield Found({}, (text("{cards} card(s)", cards=facts.gpu.cards),))
