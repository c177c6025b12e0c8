"""Findings that only a real start can make; registered with the others, so that they are explained."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.model import CheckResult, check
from tritondoctor.facts.model import Facts


@check(
    "selftest-no-answer",
    "error",
    title="PyTriton was started, and Linear did not answer",
    explanation="{what}. Neither the checks nor the log name a cause that is known.",
    means="The self-test's PyTriton ended or stood still in a way that this doctor does not know. The "
    "last lines of its log are in the report.",
    verified="A server that was killed in the middle of its start.",
    by_hand="Read the end of the log (`tritondoctor selftest --json`, key `log_tail`), and report it.",
)
def selftest_no_answer(facts: Facts) -> Iterator[CheckResult]:
    yield from ()


@check(
    "selftest-wrong-answer",
    "error",
    title="PyTriton answers, and the answer is wrong: {name}",
    explanation="Expected {expected}; got {got}.",
    means="Requests reach the model and come back, but not with the numbers that the doctor computes "
    "itself from the same weights.",
    verified="A model with one weight changed.",
    by_hand="Compare the versions of NumPy and PyTriton with what the release asks for.",
)
def selftest_wrong_answer(facts: Facts) -> Iterator[CheckResult]:
    yield from ()


@check(
    "device-not-usable",
    "error",
    title="The model cannot run on the GPU here",
    explanation="{why}.",
    means="--device cuda was asked for, and no way to the GPU works: torch with CUDA, CuPy, or the "
    "driver itself.",
    verified="Machines without a GPU, and a CPU build of torch.",
    by_hand="Make nvidia-smi answer first; in a container start it with --gpus all. PyTriton itself "
    "serves without a GPU.",
)
def device_not_usable(facts: Facts) -> Iterator[CheckResult]:
    yield from ()
