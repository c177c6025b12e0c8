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
SERVER_ENDED = _in_starts(
    "server-ended",
    title="tritonserver ended during its start: {how}",
    explanation="PyTriton goes on waiting for it. The last lines of the log say why, if anything does.",
    means="The server that the self-test started is gone: it gave up, was killed, or crashed. A signal "
    "KILL is often the kernel's, out of memory; ABRT and SEGV are the program's own crash; SYS is a "
    "filter of system calls.",
    verified="GRPC_POLL_STRATEGY=epollex: tritonserver aborts, and PyTriton waits (grpc#17827); a server "
    "that was killed during its start.",
    by_hand="Read the lines before its end; dmesg shows whether the kernel killed it.",
)
STUB_ENDED_EARLY = _in_starts(
    "stub-ended-early",
    title="The model's process did not live: {stub} ended before the model was loaded",
    explanation="How it ended: {how}. tritonserver does not say more, and PyTriton goes on waiting.",
    means="The Python backend starts a process for each model (the stub); here it ends too early.",
    verified="A stub that was killed during the start.",
    by_hand="Read the end of the log (`tritondoctor selftest --json`, key `log_tail`).",
)
START_ENDED = _in_starts(
    "start-ended",
    title="The Python process ended before the model was loaded: {how}",
    explanation="PyTriton itself, or Python, gave up. The last lines of the log say more.",
    means="The script that starts PyTriton came to its end: by an exception, an exit, or a signal.",
    verified="A start that raises an exception, and one that was killed.",
    by_hand="Read the end of the log (`tritondoctor selftest --json`, key `log_tail`).",
)
START_STANDS_STILL = _in_starts(
    "start-stands-still",
    title="The start stands still: {who} waits for {what}",
    explanation="For {seconds} s no process of the start has computed, read, written or printed "
    "anything.",
    means="A process of the start waits for something that does not come: a lock, a pipe, a network, a "
    "signal. The evidence names what each waits for, by /proc.",
    verified="A stopped tritonserver, a python3 that waits for a lock, a named pipe in place of a file.",
    by_hand="cat /proc/PID/task/*/wchan shows where a process waits.",
)
START_TOO_SLOW = _in_starts(
    "start-too-slow",
    title="The start is still under way after {seconds} s",
    explanation="Its processes compute, read or write, but Linear does not answer yet: this machine, or "
    "the disk that PyTriton is on, is slow.",
    means="PyTriton copies its server and imports its libraries from a slow disk or network, or the "
    "processors are busy or limited.",
    verified="A control group that allows 2 % of a processor.",
    by_hand="tritondoctor selftest --timeout 600",
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
    SERVER_ENDED,
    STUB_ENDED_EARLY,
    START_ENDED,
    START_STANDS_STILL,
    START_TOO_SLOW,
    SELFTEST_NO_ANSWER,
    SELFTEST_WRONG_ANSWER,
    SELFTEST_STREAM_BROKEN,
    SELFTEST_ENSEMBLE_BROKEN,
    SELFTEST_LLAMA_BROKEN,
    DEVICE_NOT_USABLE,
    FRAMEWORK_NOT_USABLE,
)
