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
SELFTEST_STREAM_BROKEN = _in_starts(
    "selftest-stream-broken",
    title="PyTriton serves Linear, but it does not stream",
    explanation="A model whose answer comes in parts (`decoupled=True`) was bound beside Linear. {why}.",
    means="Models that answer at once are served here. A model that streams, as language models do, is "
    "not: parts are missing, come in a wrong order or all at the end, or one stream waits for another.",
    verified="Models that block the event loop, leave out a part, compute wrongly, or raise.",
    by_hand="Run the self-test again when the machine is less busy. If it fails again, report it with "
    "the log (`tritondoctor selftest --json`, key `log_tail`).",
)
SELFTEST_ENSEMBLE_BROKEN = _in_starts(
    "selftest-ensemble-broken",
    title="PyTriton serves Linear, but not an ensemble",
    explanation="Triton was to pass the answer of one model on to the next. {why}.",
    means="Models that are asked one by one are served here. An ensemble, in which Triton itself hands "
    "tensors from model to model, is not.",
    verified="An ensemble whose first step computes something else, and one whose step is missing.",
    by_hand="Ask the two models one after the other, and report it with the log (`tritondoctor selftest "
    "--ensemble --json`, key `log_tail`).",
)
SELFTEST_LLAMA_BROKEN = _in_starts(
    "selftest-llama-broken",
    title="PyTriton serves Linear, but not the language model",
    explanation="{why}.",
    means="The model of `tritondoctor init --llama` was bound beside Linear. Its weights could not be "
    "read, or its text is missing, differs from one time to the next, or is not the stored one.",
    verified="A model without its packages, a folder without weights, and another text than the stored.",
    by_hand="Start it by hand: `tritondoctor init --llama llama`, then `python llama/server.py`.",
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
FRAMEWORK_NOT_USABLE = _in_starts(
    "framework-not-usable",
    title="Linear cannot be computed with the framework that was asked for",
    explanation="{why}.",
    means="`--framework` named a framework that is not installed, does not import, or cannot compute on "
    "the device. PyTriton was not started.",
    verified="Environments without the framework, with a broken one, and CuPy without a GPU.",
    by_hand="Import it by hand (`python -c 'import tensorflow'`). `tritondoctor advise` shows which "
    "versions go with PyTriton.",
)

RULES = (
    SELFTEST_NO_ANSWER,
    SELFTEST_WRONG_ANSWER,
    SELFTEST_STREAM_BROKEN,
    SELFTEST_ENSEMBLE_BROKEN,
    SELFTEST_LLAMA_BROKEN,
    DEVICE_NOT_USABLE,
    FRAMEWORK_NOT_USABLE,
)
