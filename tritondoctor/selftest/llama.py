"""Whether a language model streams its text, the same each time."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Optional

from tritondoctor.selftest.model import Comparison, LanguageModel
from tritondoctor.selftest.stage import Stage
from tritondoctor.selftest.watch import Ended
from tritondoctor.support import own_files

BROKEN = "selftest-llama-broken"
PROMPT = "What is the capital of France? Answer briefly."
#: what each model answers, always taking the most likely token
STORED = {"smollm2": "The capital of France is Paris."}
_MOST, _TIMES = 32, 3
#: unpacking the weights takes a minute of computing, once
_LOADS_S = 900.0
_ID, _LABEL = "llama", "text of the language model"


class Spoken(NamedTuple):
    """The check, and what was measured."""

    check: Comparison
    model: Optional[LanguageModel]


def measure(stage: Stage, endpoints: Mapping[str, Sequence[Any]], name: str, device: str) -> Spoken:
    """Bind the model `random`, `smollm2` or that of a folder; ask it three times.

    Raises Ended where it cannot be bound.
    """
    if "grpc" not in endpoints:
        return Spoken(Comparison(_LABEL, True, "", "gRPC is switched off", id=_ID, skipped=True), None)
    folder = own_files.path("data/starter/llama")
    with stage.patience(_LOADS_S):
        bound = stage.call("bind", name, device, folder)
        if "problem" in bound:
            raise Ended(bound["problem"], BROKEN)
        began = time.monotonic()
        answers = [stage.call("ask", PROMPT, _MOST) for _ in range(_TIMES)]
    seconds = round(time.monotonic() - began, 3)
    texts = ["".join(piece for _, piece in answer["pieces"]) for answer in answers]
    wanted = STORED.get(name, texts[0])
    expected = f"{_TIMES} times {wanted!r}"
    problem = _problem(answers, texts, wanted)
    if problem:
        return Spoken(Comparison(_LABEL, False, expected, problem, seconds=seconds, id=_ID), None)
    moments = [moment for moment, _ in answers[-1]["pieces"]]
    model = LanguageModel(
        name, bound["device"], bound["seconds"], round(1000 * moments[0], 1),
        round(len(moments) / moments[-1], 1), wanted,
    )  # fmt: skip
    return Spoken(Comparison(_LABEL, True, expected, expected, seconds=seconds, id=_ID), model)


def _problem(answers: Sequence[Mapping[str, Any]], texts: Sequence[str], wanted: str) -> str:
    """What is wrong with the answers; "" if nothing is."""
    failed = next((answer["problem"] for answer in answers if answer["problem"]), "")
    if failed or not all(texts):
        return failed or "no text came"
    other = next((text for text in texts if text != wanted), None)
    return "" if other is None else f"{other!r}"
