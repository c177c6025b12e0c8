"""CUDA_VISIBLE_DEVICES, read as CUDA reads it.

Sources: NVIDIA's CUDA Programming Guide, "CUDA Environment Variables": the first invalid index hides
all that follow, and a UUID may be abbreviated as long as it names one GPU.  The guide does not say how
repeated entries, numbers with text after them, or a mixture of numbers and UUIDs are read; these follow
PyTorch's model (torch/cuda/__init__.py, `_parse_visible_devices`), which its authors compared with driver
525.60.13 (pull request 92315): entries of another kind than the first end the list, and a repeated entry
leaves nothing.  The MIG User Guide: one process sees one instance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from tritondoctor.facts.gpu.model import Card, EntryProblem, Visible, VisibleEntry
from tritondoctor.support.numbers import whole
from tritondoctor.support.patterns import pattern

_NUMBER = pattern(r"([+-]?)(\d+)")


def read(given: Optional[str], cards: Optional[Sequence[Card]]) -> Visible:
    """Return the entries, and how many cards they leave.

    `cards` is None where NVML does not list them: then the count is None, unless it is 0 in any case.
    """
    if given is None:
        return Visible(None, (), None if cards is None else len(cards))
    kind = next((kind for kind in ("GPU-", "MIG-") if given.startswith(kind)), "")
    entries: list[VisibleEntry] = []
    keys: list[str] = []
    for text in given.split(",") if given else ():
        key, problem = _key(text, kind)
        if not problem and key in keys:
            return Visible(given, (*entries, VisibleEntry(text, "twice")), 0)
        entries.append(VisibleEntry(text, problem))
        if problem:
            break
        keys.append(key)
    if cards is None:
        return Visible(given, tuple(entries), None if keys else 0)
    names: list[str] = []
    for number, key in enumerate(keys):
        name, problem = _card(key, kind, cards)
        if not problem and name in names:
            return Visible(given, (*entries[:number], VisibleEntry(entries[number].text, "twice")), 0)
        if problem:
            entries[number:] = [VisibleEntry(entries[number].text, problem)]
            break
        names.append(name)
    return Visible(given, tuple(entries), min(len(names), 1) if kind == "MIG-" else len(names))


def _key(text: str, kind: str) -> tuple[str, EntryProblem]:
    """Return what an entry names, or why it names nothing whatever cards there are."""
    if kind:
        return text, "" if text.startswith(kind) else "other-kind"
    match = _NUMBER.match(text.strip())
    if match is None:
        return "", "not-a-number"
    sign, digits = match.groups()
    number = -whole(digits) if sign == "-" else whole(digits)
    return str(number), "negative" if number < 0 else ""


def _card(key: str, kind: str, cards: Sequence[Card]) -> tuple[str, EntryProblem]:
    """Return the card or instance that a key names, or why it names none."""
    if not kind:
        return key, "" if int(key) < len(cards) else "no-such-number"
    names, prefix = [card.uuid for card in cards], key
    if key.startswith("MIG-GPU-"):  # of drivers before 470: the card's UUID, and two numbers
        prefix = key[len("MIG-") :].partition("/")[0]
    elif kind == "MIG-":
        names = [instance.uuid for card in cards for instance in card.instances]
    matches = [name for name in names if name.startswith(prefix)]
    if not matches:
        return "", "no-such-card" if kind == "GPU-" else "no-such-instance"
    if len(matches) > 1:
        return "", "ambiguous"
    return key if kind == "MIG-" else matches[0], ""
