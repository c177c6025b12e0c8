"""Logs that people posted, as they posted them, and behind everything that may stand before a line."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.logs.posted import EXPECTED, HEALTHY, WORDS, logs
from tritondoctor.logs.prefix import readings
from tritondoctor.logs.read import read
from tritondoctor.logs.verdict import LogVerdict, explain

POSTED = logs()
MISSING = "ModuleNotFoundError: No module named 'zmq'"
#: what stands before a message in the logs of programs, runners, containers and clusters
PREFIXES = (
    "2024-04-01 18:18:31,964 - ERROR - pytriton.server.triton_server: ", "ERROR:pytriton.triton:",
    "ERROR:root:", "[2024-04-01 18:18:31,964] [ERROR] [app] ", "WARNING  pytriton:triton.py:273 ",
    "[2024-04-01, 18:18:31 UTC] {logging_mixin.py:150} ERROR - ", "24/04/01 18:18:31 ERROR Executor: ",
    "(ServeReplica:default:Model pid=1234, ip=10.0.0.1) ", "(pid=77) ", "E   ", "E       ",
    "2024-04-01T18:18:31.1234567Z ##[error]", "2024-04-01T18:18:31.1234567Z ", "triton_1  | ",
    "triton-1 | 2024-04-01 18:18:31 | ERROR | ", "[pod/a-b-c/main] 2026-11-25T10:21:05.12Z ",
    "2026-11-25T10:21:05.123456789+01:00 stderr F ", "Nov 25 10:21:05 host python3[4242]: ",
    "11:46:48 gentoo nohang-desktop[2455]: ", "wsdd[758]: ",
    "2024-04-01 18:18:31.262 | ERROR    | __main__:main:12 - ", "> ", "[rank0]: ", "0: ",
    "[1,0]<stderr>:", "Sun, May 29 2022 2:12:15 am | ", "2024-01-17 21:10:38 ", "[ 12.345678] ",
    "ERROR [serve] app.py:33 ", "[stderr] ", "2024/04/01 18:18:31 [error] 7#7: ",
    'time="2024-04-01T18:18:31Z" level=error ', "Caused by: ", "04-01 18:18:31 [ERROR] t: ",
    "2024-04-01 18:18:31.123 UTC [31] ERROR:  ", "node-1: ", "[2022-05-29 02:12:15 +0000] [7] [ERROR] ",
    "10.0.0.1 ", "1712000000.123 ", "worker-0 1712000000123 ", "May 29, 2022 @ 02:12:15.000 ",
    "2022-05-29 02:12:15 PM ", "2024-04-01 18:18:31.262 ERROR 7 --- [main] o.a.s.App : ",
    "Apr  1 18:18:31 ip-10-0-0-1 serve-7f9c/pytriton: ", "\u2502 ", "2026-11-25 10:21:05 [error    ] ",
)  # fmt: skip


def _explain(log: bytes) -> LogVerdict:
    return explain(read(io.BytesIO(log)))


def _answer(result: LogVerdict) -> str:
    if result.causes:
        return result.causes[0].finding.id
    return HEALTHY if result.verdict == "healthy" else ""


def test_every_log_has_an_expectation() -> None:
    assert POSTED.keys() == EXPECTED.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_posted_log(name: str) -> None:
    assert _answer(_explain(POSTED[name])) == EXPECTED[name]


@pytest.mark.parametrize("name", WORDS)
def test_the_words_that_matter(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-m", "tritondoctor", "explain", "-"], input=POSTED[name],
        capture_output=True, check=False,
    )  # fmt: skip
    assert WORDS[name] in " ".join(done.stdout.decode().split())


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_message_behind_a_prefix(prefix: str) -> None:
    assert MISSING in readings(prefix + MISSING)
    assert _answer(_explain(f"{prefix}{MISSING}\n".encode())) == "package-missing"


def _behind(prefix: str) -> Callable[[str], str]:
    return lambda line: prefix + line


def _record(**others: object) -> Callable[[str], str]:
    """A record of JSON for each line, as log shippers and structured loggers write them."""

    def change(line: str) -> str:
        return json.dumps({**{key: line if value is None else value for key, value in others.items()}})

    return change


RECORDS: dict[str, Callable[[str], str]] = {
    "docker": _record(log=None, stream="stderr", time="2024-04-01T18:18:31Z"),
    "structlog": _record(event=None, level="error", timestamp="2024-04-01T18:18:31Z"),
    "python-json-logger": _record(asctime="2024-04-01 18:18:31,964", levelname="ERROR", message=None),
    "google": _record(insertId="x1", textPayload=None, severity="ERROR"),
    "journal": _record(MESSAGE=None, _PID="42", _COMM="python3"),
    "nested": _record(kubernetes={"pod": "a"}, payload={"message": "x"}, body=None),
    "logfmt": lambda line: f"time=2024-04-01T18:18:31Z level=error msg={json.dumps(line)}",
    "html": lambda line: line.replace("'", "&#39;").replace("<", "&lt;").replace(">", "&gt;"),
    "typographic": lambda line: line.replace("'", "\u2019"),
}


DRESSED = (
    "real-sslkeylog", "real-greenlet331", "real-version-2-of-a-served-name", "posted-server8101",
    "real-clone3-eperm", "posted-pytriton66", "real-ddtrace-sitecustomize",
)  # fmt: skip


@pytest.mark.parametrize(
    "kind", [*RECORDS, *(prefix for prefix in PREFIXES if not prefix.startswith("E "))]
)
def test_whole_logs_in_other_clothes(kind: str) -> None:
    change = RECORDS.get(kind) or _behind(kind)
    for name in DRESSED:
        text = POSTED[name].decode()
        changed = "\n".join(change(line) for line in text.split("\n"))
        assert _answer(_explain(changed.encode())) == EXPECTED[name], name


def test_a_traceback_inside_one_record() -> None:
    text = POSTED["real-sslkeylog"].decode()
    record = {"event": "start failed", "level": "error", "exception": text, "logger": "app"}
    assert _answer(_explain(json.dumps(record).encode())) == "variable-refused"
    assert _answer(_explain(repr(text).encode())) == "variable-refused"


@pytest.mark.parametrize(
    "line",
    [
        "timed out", "TimeoutError: timed out", "Waiting for server to be ready timed out",
        "Triton Inference Server exited with failure. Please wait.",
    ],
)  # fmt: skip
def test_one_line_alone_leads_to_check(line: str) -> None:
    for words, given in ((["-"], line), ([line], "")):
        done = subprocess.run(
            [sys.executable, "-I", "-m", "tritondoctor", "explain", *words], input=given,
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 4
        assert "`tritondoctor check`" in done.stdout


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Triton Inference Server exit code -11", "SIGSEGV"), ("exited with code 139", "SIGSEGV"),
        ("Segmentation fault (core dumped)", "SIGSEGV"), ("returncode=-6", "SIGABRT"),
        ("subprocess.CalledProcessError: died with <Signals.SIGKILL: 9>.", "SIGKILL"),
        ("main process exited, code=killed, status=9/KILL", "SIGKILL"),
        ("Process finished with exit code 137 (interrupted by signal 9: SIGKILL)", "SIGKILL"),
        ("Exited (137) 5 minutes ago", "SIGKILL"), ("rc: -7", "SIGBUS"), ("exit status 132", "SIGILL"),
        ("bash: line 1: 4711 Killed                  python serve.py", "SIGKILL"),
        ("[1]    123484 killed     python3 serve.py", "SIGKILL"), ("exit code: 159", "SIGSYS"),
        ("sh.SignalException_SIGSEGV", "SIGSEGV"), ("Signal (11) received.", "SIGSEGV"),
        ("Worker (pid:7) was sent SIGKILL! Perhaps out of memory?", "SIGKILL"),
    ],
)  # fmt: skip
def test_signals_in_all_words(line: str, name: str) -> None:
    result = _explain(line.encode())
    assert _answer(result) == "ended-by-signal"
    assert name in str(result.causes[0].finding.title)


@pytest.mark.parametrize(
    "line",
    [
        "exit code 0", "Process finished with exit code 0", "HTTP/1.1 404", "status: 200",
        "version 1.139 rc1", "rc=0", "took 137 ms",
    ],
)  # fmt: skip
def test_what_only_looks_like_an_exit_code(line: str) -> None:
    assert _answer(_explain(line.encode())) == ""


def test_an_exception_that_was_caught_does_not_break_a_log_that_serves() -> None:
    healthy = POSTED["real-pin-protobuf320"]
    caught = (
        b"WARNING:app:flash_attn is not available\nTraceback (most recent call last):\n"
        b'  File "/home/ana/app.py", line 3, in <module>\n    import flash_attn\n'
        b"ModuleNotFoundError: No module named 'flash_attn'\n"
    )
    result = _explain(caught + healthy)
    assert result.verdict == "healthy"
    assert [hit.seen.id for hit in result.overcome] == ["package-missing"]
    broken = (
        b"E1128 08:22:10.1 2 model_lifecycle.cc:642] \"failed to load 'Other' version 1: Internal: x\"\n"
    )
    assert _explain(broken + healthy).verdict == "unknown", "another model did not load"
    after = _explain(healthy + caught)
    assert after.verdict == "fault"


def test_a_fault_that_comes_back_after_a_good_start_is_told() -> None:
    missing = (
        f'Traceback (most recent call last):\n  File "/a.py", line 1, in <module>\n{MISSING}\n'.encode()
    )
    assert _explain(missing + POSTED["real-pin-protobuf320"] + missing).verdict == "fault"


def test_what_python_reports_is_no_cause_and_the_same_line_elsewhere_is() -> None:
    reported = f"Error in sitecustomize; set PYTHONVERBOSE for traceback:\n{MISSING}\n".encode()
    assert _answer(_explain(reported)) == ""
    assert _answer(_explain(reported + f"Traceback (most recent call last):\n{MISSING}\n".encode())) == (
        "package-missing"
    )
