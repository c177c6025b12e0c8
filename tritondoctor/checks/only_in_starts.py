"""Findings that only a real start of PyTriton can show."""

from __future__ import annotations

from tritondoctor.checks.model import Rule


def _in_starts(id: str, *, title: str, explanation: str, means: str, verified: str, by_hand: str) -> Rule:
    return Rule(id, "error", title, explanation, means, verified, by_hand, seen_by=("selftest",))


SELFTEST_NO_ANSWER = _in_starts(
    "selftest-no-answer",
    title="PyTriton was started, but Linear did not answer",
    explanation="{what}. Neither the checks nor the log show a known cause.",
    means="The PyTriton that the self-test started exited or hung in a way that this doctor does not "
    "know. The report holds the last lines of its log.",
    verified="A server that was killed during its start.",
    by_hand="Read the end of the log (`tritondoctor selftest --json`, key `log_tail`), and report it.",
)
SELFTEST_WRONG_ANSWER = _in_starts(
    "selftest-wrong-answer",
    title="PyTriton answers, but the answer is wrong: {name}",
    explanation="Expected {expected}; got {got}.",
    means="Requests reach the model and come back, but not with the numbers that the doctor computes "
    "from the same weights.",
    verified="A model with one weight changed.",
    by_hand="Compare the versions of NumPy and PyTriton with what the release requires.",
)
DEVICE_NOT_USABLE = _in_starts(
    "device-not-usable",
    title="The model cannot run on the GPU here",
    explanation="{why}.",
    means="--device cuda was given, but nothing can use the GPU: neither torch with CUDA, nor CuPy, "
    "nor the driver directly.",
    verified="Machines without a GPU, and a CPU build of torch.",
    by_hand="Make nvidia-smi work first; start a container with --gpus all. PyTriton itself serves "
    "without a GPU.",
)

RULES = (SELFTEST_NO_ANSWER, SELFTEST_WRONG_ANSWER, DEVICE_NOT_USABLE)
