"""Findings that only a real start of PyTriton can show."""

from __future__ import annotations

from tritondoctor.checks.model import Rule


def _in_starts(id: str, *, title: str, explanation: str, means: str, verified: str, by_hand: str) -> Rule:
    return Rule(id, "error", title, explanation, means, verified, by_hand, seen_by=("selftest",))


SELFTEST_NO_ANSWER = _in_starts(
    "selftest-no-answer",
    title="PyTriton was started, and Linear did not answer",
    explanation="{what}. Neither the checks nor the log name a cause that is known.",
    means="The self-test's PyTriton ended or stood still in a way that this doctor does not know. The "
    "last lines of its log are in the report.",
    verified="A server that was killed in the middle of its start.",
    by_hand="Read the end of the log (`tritondoctor selftest --json`, key `log_tail`), and report it.",
)
SELFTEST_WRONG_ANSWER = _in_starts(
    "selftest-wrong-answer",
    title="PyTriton answers, and the answer is wrong: {name}",
    explanation="Expected {expected}; got {got}.",
    means="Requests reach the model and come back, but not with the numbers that the doctor computes "
    "itself from the same weights.",
    verified="A model with one weight changed.",
    by_hand="Compare the versions of NumPy and PyTriton with what the release asks for.",
)
DEVICE_NOT_USABLE = _in_starts(
    "device-not-usable",
    title="The model cannot run on the GPU here",
    explanation="{why}.",
    means="--device cuda was asked for, and no way to the GPU works: torch with CUDA, CuPy, or the "
    "driver itself.",
    verified="Machines without a GPU, and a CPU build of torch.",
    by_hand="Make nvidia-smi answer first; in a container start it with --gpus all. PyTriton itself "
    "serves without a GPU.",
)

RULES = (SELFTEST_NO_ANSWER, SELFTEST_WRONG_ANSWER, DEVICE_NOT_USABLE)
