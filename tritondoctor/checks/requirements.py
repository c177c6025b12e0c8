"""What a project requires of a machine beyond that PyTriton starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, Optional

import msgspec

from tritondoctor.checks.gpu import compatibility, rules
from tritondoctor.checks.model import CheckResult, Finding, Text, check, finding_of, text
from tritondoctor.facts.model import Facts

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet


class Require(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """Versions are specifiers as pip has them (`>=0.5,<0.8`); `gpu_memory` is free memory in GiB.

    `gpu` is what `--gpu` says otherwise; compute capability and memory are asked of one card together.
    """

    python: str = ""
    pytriton: str = ""
    driver: str = ""
    gpu: Literal["", "auto", "required", "off"] = ""
    compute_capability: str = ""
    gpu_memory: float = 0.0

    def specifiers(self) -> dict[str, SpecifierSet]:
        """Map each requirement to its version specifier; raises ValueError for an invalid one."""
        given = {"python": self.python, "pytriton": self.pytriton, "driver": self.driver}
        if self.compute_capability:
            _capability(self.compute_capability)
        if not any(given.values()):
            return {}
        from packaging.specifiers import SpecifierSet

        return {what: SpecifierSet(specifier) for what, specifier in given.items() if specifier}


@check(
    "requirement-not-met",
    "error",
    title="The project requires {what} {wanted}; found: {found}",
    explanation="The requirement is stated in tritondoctor.toml, or in pyproject.toml under "
    "[tool.tritondoctor].",
    means="PyTriton may well start here, but this machine does not have what the project says it needs.",
    verified="Requirements of each kind, met and not met, against the facts of real environments.",
    by_hand="Provide what is required, or change the entry under `require`.",
    reads=("gpu.cuda.devices", "interpreter.version", "pytriton.version"),
)
def requirement_not_met(facts: Facts) -> Iterator[CheckResult]:
    yield from missed(facts, Require())


def unmet(facts: Facts, require: Require) -> Iterator[Finding]:
    """Yield a finding for each requirement not met; the GPU checks report a missing required GPU."""
    yield from (finding_of(requirement_not_met, result) for result in missed(facts, require))


def missed(facts: Facts, require: Require) -> Iterator[CheckResult]:
    """Yield the requirements not met, as the check does."""
    here: dict[str, tuple[object, Optional[str]]] = {
        "python": ("Python", facts.interpreter.version or None),
        "pytriton": ("PyTriton", facts.pytriton.version if facts.pytriton else None),
        "driver": (text("NVIDIA driver"), compatibility.driver_of(facts.gpu)),
    }
    for what, specifier in require.specifiers().items():
        name, version = here[what]
        if version is None or not specifier.contains(version, prereleases=True):
            yield CheckResult({"what": name, "wanted": specifier, "found": version or text("none")})
    if require.compute_capability or require.gpu_memory:
        cards = list(_cards(facts))
        if not any(_enough(card, require) for card in cards):
            evidence = tuple(_format_card(card) for card in cards)
            fields = {"what": text("a GPU"), "wanted": _wanted(require), "found": text("none")}
            yield CheckResult(fields, evidence)


_GIB = 1 << 30
CardFacts = tuple[Optional[str], Optional[int]]


def _cards(facts: Facts) -> Iterator[CardFacts]:
    """Compute capability and free memory of each card that a program here would see."""
    gpu = facts.gpu
    shown = rules.visible_cards(gpu)
    yield from ((card.capability, card.memory_free) for card in shown)
    if not shown and gpu.cuda is not None:
        yield from ((device.capability, device.memory) for device in gpu.cuda.devices)


def _enough(card: CardFacts, require: Require) -> bool:
    capability, free = card
    if require.compute_capability and (
        capability is None or _capability(capability) < _capability(require.compute_capability)
    ):
        return False
    return not require.gpu_memory or (free is not None and free >= require.gpu_memory * _GIB)


def _capability(version: str) -> tuple[int, ...]:
    major, _, minor = version.partition(".")
    return int(major), int(minor or 0)


def _wanted(require: Require) -> Text:
    capability, memory = require.compute_capability, f"{require.gpu_memory:g}"
    if not require.gpu_memory:
        return text("of compute capability {capability}", capability=capability)
    if not capability:
        return text("with {memory} GiB free", memory=memory)
    template = "of compute capability {capability} with {memory} GiB free"
    return text(template, capability=capability, memory=memory)


def _format_card(card: CardFacts) -> Text:
    capability, free = card
    memory = text("free memory unknown")
    if free is not None:
        memory = text("{free} GiB free", free=f"{free / _GIB:.1f}")
    known = capability or text("unknown")
    return text("compute capability {capability}, {memory}", capability=known, memory=memory)


RULES = (requirement_not_met,)
