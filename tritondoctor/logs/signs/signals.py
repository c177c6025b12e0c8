"""How a program ended: signals and exit codes, in the words of shells, supervisors and containers.

They name a cause only where no other line does: a signal is what happened, seldom why.
"""

from __future__ import annotations

from tritondoctor.logs.signs.model import ENDED, Sign, cause, effect

_CODE = (
    r"(?:(?:[Ee]xit|[Rr]eturn)[ _-]?(?:[Cc]ode|[Ss]tatus|value)|exited with(?: code| status)?|rc|exit|"
    r"Exited)"
)
_NEEDLES = (b"ignal", b"xit", b"eturn", b"SIG", b"rc=", b"rc:", b"status=")
_PROGRAM = "A program"
#: a program of a start, as the kernel's log names it
_KERNELS = r"\b(?:python|pt_main|triton)[^\s\[]*\[\d+\]"


def _ended(
    number: int, name: str, meaning: str, line: str, *, words: str = r"(?!)", source: str,
    others: tuple[str, ...] = (), needles: tuple[bytes, ...] = (), who: str = _PROGRAM,
) -> Sign:  # fmt: skip
    """An end by a signal: told by its number, by 128 + number, by its name or by the words of a shell."""
    pattern = (
        rf"{_CODE}\W{{1,4}}(?:-{number}|{128 + number})\b(?!\.\d)|[Ss]ignal[ "
        rf":(]{{1,3}}{number}\b(?!\.\d)|"
        rf"(?<![A-Za-z]){name}(?![A-Za-z])|status={number}/|{words}"
    )
    return cause(
        "ended-by-signal", pattern, line, source=source, weak=True, needles=(*_NEEDLES, *needles),
        others=others, who=who, signal=f"{name}, {number}", meaning=meaning,
    )  # fmt: skip


SIGNS = (
    _ended(
        11, "SIGSEGV", "It accessed memory that it may not: compiled code that does not fit another "
        "library, or a fault in it.",
        "2024-04-01 18:18:31,964 - DEBUG - pytriton.server.triton_server: Triton Inference Server exit "
        "code -11", source="pytriton#66; also server#7400", words=r"[Ss]egmentation fault|SEGFAULT|"
        rf"{_KERNELS}: segfault at [0-9a-f]+ ip ",
        needles=(b"egmentation", b"segfault at"),
    ),
    _ended(
        6, "SIGABRT", "It gave up by itself; the line before says why.",
        "Signal (6) received.",
        source="tritonserver with an unknown GRPC_POLL_STRATEGY; also server#6800",
        words=r"^(?:Fatal Python error: )?Aborted\b|^(?:free\(\): invalid|double free or corruption|"
        r"munmap_chunk\(\): |malloc\(\): |corrupted (?:size|double))",
        needles=(b"Aborted", b"free", b"munmap_chunk", b"malloc()", b"corrupted"),
    ),
    _ended(
        9, "SIGKILL", "Somebody ended it, most often the kernel because memory ran out.",
        "command terminated with exit code 137", source="kubectl exec; also server#6480",
        others=("memory-too-low",),
        words=r"^(?:.*\s)?Killed(?: {2,}.*)?$|\] {2,}(?:\+ *)?\d+ killed\b|\bwas killed\b|^zsh: killed\b",
        needles=(b"illed",),
    ),
    _ended(
        7, "SIGBUS", "A file that it had mapped has no room behind it: most often /dev/shm is full.",
        "Bus error (core dumped)", source="bash, of a program that wrote to a full /dev/shm",
        others=("shared-memory-unusable",), words=r"[Bb]us error", needles=(b"us error",),
    ),
    _ended(
        4, "SIGILL", "It was compiled for a processor with instructions that this one lacks.",
        "Illegal instruction (core dumped)", source="tensorflow#17411", words=r"[Ii]llegal instruction|"
        rf"{_KERNELS} trap invalid opcode ip:",
        needles=(b"llegal instruction", b"invalid opcode"),
    ),
    _ended(
        31, "SIGSYS", "A filter of system calls (seccomp) ended it.",
        "Bad system call (core dumped)", source="bash, of a program below a filter of system calls",
        words=r"Bad system call", needles=(b"Bad system",),
    ),
    _ended(
        24, "SIGXCPU", "It used up the processor time that its limit allows (ulimit -t).",
        "CPU time limit exceeded (core dumped)", source="bash with ulimit -t",
        others=("cpu-time-limited",), words=r"CPU time limit exceeded", needles=(b"CPU time",),
    ),
    _ended(
        25, "SIGXFSZ", "It wrote a file larger than its limit allows (ulimit -f).",
        "File size limit exceeded (core dumped)", source="bash with ulimit -f",
        others=("limit-too-low",), words=r"File size limit exceeded", needles=(b"File size",),
    ),
    _ended(
        8, "SIGFPE", "It divided by zero, or the like.", "Floating point exception (core dumped)",
        source="bash", words=r"Floating point exception", needles=(b"loating point",),
    ),
    effect(
        r"terminate called (?:after|without)|:\d+: .*: Assertion `.+' failed\.",
        "triton_python_backend_stub: ../nptl/pthread_mutex_lock.c:81: __pthread_mutex_lock: Assertion "
        "`mutex->__data.__owner == 0' failed.",
        "Compiled code met an error of its own, and ended its program: this line or the next one names "
        "it.", source="server#3495, server#3475", needles=(b"terminate called", b"Assertion `"),
    ),
    effect(
        r"kernel appears to have died|Kernel died before replying|A worker died or was killed|"
        r"WorkerCrashedError",
        "The kernel appears to have died. It will restart automatically.",
        "The Python process ended by a signal. The terminal, or the log, of the program that started it "
        "says by which.", source="Jupyter's and Ray's own texts", needles=(b"died", b"WorkerCrashed"),
    ),
    effect(
        rf"{_CODE}\W{{1,4}}12[67]\b|status=203/EXEC",
        "The Python process exited with exit code 127", "A program was not found (127) or not allowed to "
        "run (126, 203); a line of the shell or of the loader names it.",
        source="bash; systemd's page systemd.exec", needles=(b"xit", b"status="), ends=True,
    ),
    effect(
        # (PyTriton tells how to stop it: "use the command `kill -SIGINT 42` to send a SIGINT signal")
        rf"{_CODE}\W{{1,4}}(?:-15|143|-2|130)\b|(?<!kill -)(?<!send a )SIG(?:TERM|INT)|status=15/",
        "command terminated with exit code 143", "Somebody stopped the program (SIGTERM, SIGINT).",
        source="docker, kubectl", needles=(b"xit", b"SIG", b"status="),
    ),
    effect(
        rf"{_CODE}\W{{1,4}}[1-9]\d*\b(?!\.\d)|status=\d+/FAILURE",
        "systemd[1]: samba-wsdd.service: Main process exited, code=exited, status=1/FAILURE",
        ENDED, source="christgau/wsdd#75",
        needles=(b"xit", b"status=", b"eturn"),
    ),
)  # fmt: skip
