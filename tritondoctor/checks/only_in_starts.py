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

RULES = (
    SERVER_ENDED,
    STUB_ENDED_EARLY,
    START_ENDED,
    START_STANDS_STILL,
    START_TOO_SLOW,
    SELFTEST_NO_ANSWER,
    SELFTEST_WRONG_ANSWER,
    DEVICE_NOT_USABLE,
)
