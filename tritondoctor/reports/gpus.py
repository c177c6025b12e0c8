"""The table of the GPUs: what each is, what it has, and whether a model could use it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size

from tritondoctor.checks.gpu import compatibility, rules
from tritondoctor.facts.gpu.model import Card, Gpu
from tritondoctor.facts.model import Facts
from tritondoctor.reports.layout import padded
from tritondoctor.support.messages import _, mark

HEAD = (
    mark("GPU"), mark("name"), mark("cc"), mark("memory free"), mark("driver"), mark("CUDA"),
    mark("state"),
)  # fmt: skip
_NAME, _STATE = 1, 6
_SHORTEST_NAME = 12
_GIB = 1 << 30


def table(facts: Facts, width: int) -> Iterator[str]:
    """A line for each GPU that the driver reports, below a head."""
    rows = cells(facts)
    if not rows:
        return
    head = tuple(map(_, HEAD))
    widths = [max(cell_len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    too_wide = 4 + sum(widths) + 2 * (len(HEAD) - 1) - width
    widths[_NAME] = max(widths[_NAME] - max(too_wide, 0), min(_SHORTEST_NAME, widths[_NAME]))
    for row in (head, *rows):
        fitting = [padded(_cut(cell, width), width) for cell, width in zip(row, widths)]
        yield "    " + "  ".join(fitting).rstrip()


def cells(facts: Facts) -> list[tuple[str, ...]]:
    """The cells below each of `HEAD` for each card."""
    gpu = facts.gpu
    return [_row(facts, card) for card in rules.cards(gpu)] or [
        (
            str(number), device.name, device.capability, _gib(device.memory), *_driver(gpu),
            _state(facts, None),
        )
        for number, device in enumerate(gpu.cuda.devices if gpu.cuda is not None else ())
    ]  # fmt: skip


def _row(facts: Facts, card: Card) -> tuple[str, ...]:
    free = _gib(card.memory_free)
    memory = "?"
    if card.memory_total is not None:
        memory = _("{free} of {total}", free=free, total=_gib(card.memory_total))
    name = card.name.removeprefix("NVIDIA ") or "?"
    capability = card.capability or "?"
    return (
        str(card.index), name, capability, memory, *_driver(facts.gpu), _state(facts, card),
    )  # fmt: skip


def _driver(gpu: Gpu) -> tuple[str, str]:
    cuda = compatibility.cuda_of(gpu)
    driver = gpu.module.version or compatibility.driver_of(gpu)
    return driver or "?", compatibility.written(cuda) if cuda else "?"


def _state(facts: Facts, card: Card | None) -> str:
    gpu = facts.gpu
    why = rules.obstacle(facts)
    if card is not None and "handle" in card.refused:
        return _("lost") if card.refused["handle"] == rules.NVML_LOST else _("no answer")
    if why and why not in ("cuda-visible-devices", "gpu-prohibited"):
        return _("unusable")
    if card is None:
        return _("ready")
    if card.compute_mode == rules.PROHIBITED:
        return _("prohibited")
    if not rules.runs(gpu):
        return _("hidden") if why else _("not tested")
    if card not in rules.visible_cards(gpu):
        return _("hidden")
    if card.mig:
        return _("MIG, {count}", count=len(card.instances))
    if card.compute_mode in rules.EXCLUSIVE:
        return _("exclusive")
    return _("ready")


def _gib(size: int | None) -> str:
    return "?" if size is None else f"{size / _GIB:.1f} GiB"


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else set_cell_size(text, width - 2) + ".."
