"""CUDA_VISIBLE_DEVICES, read as CUDA reads it.

Rules: the CUDA C++ Programming Guide (an invalid entry hides all that follow; UUIDs may be
abbreviated) and PyTorch's model of the same (torch/cuda/__init__.py, `_parse_visible_devices`:
numbers are read as strtoul does, what comes twice leaves nothing).  The MIG User Guide: one
process sees one instance.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Optional

from tritondoctor.facts.gpu_model import Card, Visible, VisibleEntry

_NUMBER = re.compile(r"[+-]?\d+")
TWICE = "it comes twice, which leaves no card at all"


def read(given: Optional[str], cards: Optional[Sequence[Card]]) -> Visible:
    """The entries, and how many cards they leave.

    `cards` is None where NVML did not tell them: then the count is None, unless it is 0 all the same.
    """
    if given is None:
        return Visible(None, (), None if cards is None else len(cards))
    kind = next((kind for kind in ("GPU-", "MIG-") if given.startswith(kind)), "")
    judge = _numbers(cards) if not kind else _names(kind, cards)
    entries: list[VisibleEntry] = []
    seen: list[str] = []
    for text in given.split(",") if given else ():
        key, problem = judge(text)
        if not problem and key in seen:
            entries.append(VisibleEntry(text, TWICE))
            return Visible(given, tuple(entries), 0)
        entries.append(VisibleEntry(text, problem))
        if problem:
            break
        seen.append(key)
    count = min(len(seen), 1) if kind == "MIG-" else len(seen)
    # what is invalid whatever cards there are, leaves none
    return Visible(given, tuple(entries), None if cards is None and seen else count)


Judge = Callable[[str], "tuple[str, str]"]


def _numbers(cards: Optional[Sequence[Card]]) -> Judge:
    def judge(text: str) -> tuple[str, str]:
        match = _NUMBER.match(text.strip())
        if match is None:
            return "", "it is no number"
        number = int(match.group())
        if number < 0:
            return "", "it is negative"
        if cards is not None and number >= len(cards):
            last = f"the last one is {len(cards) - 1}" if cards else "there is none"
            return "", f"there is no card of that number; {last}"
        return str(number), ""

    return judge


def _names(kind: str, cards: Optional[Sequence[Card]]) -> Judge:
    def judge(text: str) -> tuple[str, str]:
        if not text.startswith(kind):
            return "", f"it does not begin with {kind} as the first does"
        if cards is None:
            return text, ""
        if text.startswith("MIG-GPU-"):  # of drivers before 470: the card's UUID, and two numbers
            names, wanted = [one.uuid for one in cards], text[len("MIG-") :].partition("/")[0]
        elif kind == "MIG-":
            names, wanted = [each.uuid for one in cards for each in one.instances], text
        else:
            names, wanted = [one.uuid for one in cards], text
        found = [name for name in names if name.startswith(wanted)]
        if not found:
            return "", "no card has that UUID" if kind == "GPU-" else "no MIG instance has that name"
        if len(found) > 1:
            return "", "more than one begins like that"
        return text if kind == "MIG-" else found[0], ""

    return judge
