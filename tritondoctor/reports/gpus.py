"""The table of the GPUs: what each is, what it has, and whether a model could use it."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.gpu import compatibility, rules
from tritondoctor.facts.gpu.model import Card, Gpu
from tritondoctor.facts.model import Facts

HEAD = ("GPU", "name", "cc", "memory free", "driver", "CUDA", "state")
_NAME, _STATE = 1, 6
_SHORTEST_NAME = 12
_GIB = 1 << 30


def table(facts: Facts, width: int) -> Iterator[str]:
    """One line for each card that the driver tells of, below a head."""
    rows = cells(facts)
    if not rows:
        return
    widths = [max(len(row[column]) for row in (HEAD, *rows)) for column in range(len(HEAD))]
    too_wide = 4 + sum(widths) + 2 * (len(HEAD) - 1) - width
    widths[_NAME] = max(widths[_NAME] - max(too_wide, 0), min(_SHORTEST_NAME, widths[_NAME]))
    for row in (HEAD, *rows):
        cut = [_cut(cell, widths[n]).ljust(widths[n]) for n, cell in enumerate(row)]
        yield "    " + "  ".join(cut).rstrip()


def cells(facts: Facts) -> list[tuple[str, ...]]:
    """What stands below each of `HEAD` for each card."""
    gpu = facts.gpu
    return [_row(facts, card) for card in rules.cards(gpu)] or [
        (str(number), one.name, one.capability, _gib(one.memory), *_driver(gpu), _state(facts, None))
        for number, one in enumerate(gpu.cuda.devices if gpu.cuda is not None else ())
    ]


def _row(facts: Facts, card: Card) -> tuple[str, ...]:
    free = _gib(card.memory_free)
    memory = f"{free} of {_gib(card.memory_total)}" if card.memory_total is not None else "?"
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
        return "lost" if card.refused["handle"] == rules.NVML_LOST else "no answer"
    if why and why not in ("cuda-visible-devices", "gpu-prohibited"):
        return "unusable"
    if card is None:
        return "ready"
    if card.compute_mode == rules.PROHIBITED:
        return "prohibited"
    if not rules.runs(gpu):
        return "hidden" if why else "not asked"
    if card not in rules.visible_cards(gpu):
        return "hidden"
    if card.mig:
        return f"MIG, {len(card.instances)}"
    if card.compute_mode in rules.EXCLUSIVE:
        return "exclusive"
    return "ready"


def _gib(size: int | None) -> str:
    return "?" if size is None else f"{size / _GIB:.1f} GiB"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 2] + ".."
