"""What the doctor itself lacks, and who ends it: told as its own, with the exit code of the contract."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

DOCTOR = str(Path(sys.executable).with_name("tritondoctor"))
MODULE = [sys.executable, "-I", "-m", "tritondoctor"]
CHECK = ["check", "--python", "/usr/bin/python3"]


def run(command: list[str], **more: Any) -> subprocess.CompletedProcess[str]:
    """Runs it; there is never a traceback."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    done = subprocess.run(command, text=True, check=False, **streams)
    assert "Traceback" not in (done.stderr or "") + (done.stdout or "")
    return done


#: Python's own end, before any code of ours
_BY_PYTHON = (
    "Could not import runpy", "Fatal Python error: init_import_site",
    "Fatal Python error: init_sys_streams", "python: failed to set __main__",
    f'Traceback (most recent call last):\n  File "{DOCTOR}", line 0, in <module>',
)  # fmt: skip


@pytest.mark.parametrize("start", [[DOCTOR], MODULE], ids=["command", "module"])
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_ended_at_any_moment(start: list[str], number: int, code: int) -> None:
    """Before Python has its handlers, the signal itself ends it: for a shell that is the same code."""
    for step in range(40):
        process = subprocess.Popen(
            [*start, *CHECK], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        time.sleep(step * 0.01)
        process.send_signal(number)
        out, err = process.communicate()
        if process.returncode == 1 and out:  # it was faster
            continue
        if err.startswith(_BY_PYTHON):
            continue
        assert process.returncode in (code, -number), (step, process.returncode, err)
        if start == [DOCTOR]:
            assert err in ("", "tritondoctor: interrupted.\n"), (step, err)


def test_what_was_ignored_stays_ignored() -> None:
    process = subprocess.Popen(
        [DOCTOR, *CHECK], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN) and None,
    )  # fmt: skip
    time.sleep(0.1)
    process.send_signal(signal.SIGHUP)
    assert process.communicate()[0] and process.returncode in (0, 1)


@pytest.mark.parametrize(
    "words",
    [
        CHECK, [*CHECK, "--json"], [*CHECK, "--format", "html"], [*CHECK, "--format", "sarif"],
        ["explain", "no-gpu"], ["libs", "/bin/sh"], ["--help"], ["advise"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_standard_output_is_full(words: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = run([DOCTOR, *words], stdout=full)
    assert done.returncode == 3
    assert done.stderr == "tritondoctor: standard output: No space left on device.\n"


def test_standard_error_is_full() -> None:
    with open("/dev/full", "w") as full:
        for words in (["check", "--nonsense"], ["check", "--prefix", "/no/such"], ["nonsense"]):
            assert run([DOCTOR, *words], stderr=full).returncode == 2
        assert run([DOCTOR, *CHECK], stderr=full).returncode == run([DOCTOR, *CHECK]).returncode


def test_a_reader_that_goes_away_leaves_the_verdict() -> None:
    verdict = run([DOCTOR, *CHECK, "--json"]).returncode
    for words in (CHECK, [*CHECK, "--json"]):
        reading, writing = os.pipe()
        os.close(reading)
        done = run([DOCTOR, *words], stdout=writing)
        os.close(writing)
        assert (done.returncode, done.stderr) == (verdict, "")


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1), (1, 2), (0, 1, 2)])
def test_closed_descriptors(closed: tuple[int, ...]) -> None:
    verdict = run([DOCTOR, *CHECK]).returncode

    def close() -> None:
        for number in closed:
            os.close(number)

    assert run([DOCTOR, *CHECK], preexec_fn=close).returncode == verdict
    assert run([DOCTOR, "check", "--prefix", "/no/such"], preexec_fn=close).returncode == 2


@pytest.mark.parametrize("columns", ["0", "1", "8", "-3", "x", "99999999999999999999"])
def test_a_terminal_of_no_width(columns: str) -> None:
    for words in (CHECK, ["explain", "no-gpu"], ["advise"], ["libs", "/bin/sh"], ["--help"]):
        done = run([DOCTOR, *words], env={"PATH": "/usr/bin:/bin", "HOME": "/", "COLUMNS": columns})
        assert done.returncode in (0, 1) and done.stdout and not done.stderr, done


@pytest.mark.parametrize("start", [[DOCTOR], MODULE], ids=["command", "module"])
def test_few_descriptors(start: list[str]) -> None:
    """Too few for itself: told as its own.  Enough for itself, too few for PyTriton: a finding."""
    for count in range(6, 20):
        limit = (count, count)
        done = run(
            [*start, *CHECK, "--json"],
            preexec_fn=lambda limit=limit: resource.setrlimit(resource.RLIMIT_NOFILE, limit),
        )
        assert "python-does-not-start" not in done.stdout
        if done.returncode != 1:  # 2 and 127 are the shell's and the loader's, which have too few as well
            assert done.returncode in (2, 3, 127) and not done.stdout and count < 14, (count, done)


@pytest.mark.parametrize("megabytes", [20, 30, 40, 50, 60, 80, 120, 200])
def test_little_memory(megabytes: int) -> None:
    size = megabytes << 20
    done = run(
        [DOCTOR, *CHECK, "--json"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size)),
    )
    if done.returncode == 3:
        assert not done.stdout and done.stderr.startswith("tritondoctor: "), done
        assert done.stderr.count("\n") == 1 and "report it" not in done.stderr
    else:
        errors = [load for load in json.loads(done.stdout)["findings"] if load["severity"] == "error"]
        assert {error["id"] for error in errors} <= {"pytriton-missing", "limit-too-low"}, errors


def test_python_does_not_ask_for_commands_at_the_end() -> None:
    variables = {"PATH": "/usr/bin:/bin", "HOME": "/", "PYTHONINSPECT": "1"}
    for start in ([DOCTOR], MODULE, [sys.executable, "-m", "tritondoctor"]):
        done = run([*start, "explain", "no-gpu"], env=variables, stdin=subprocess.DEVNULL)
        assert (done.returncode, done.stderr) == (0, "")
        assert run([*start, "nonsense"], env=variables, stdin=subprocess.DEVNULL).returncode == 2


@pytest.mark.parametrize("name", ["signal", "re", "gc", "json", "tempfile", "msgspec", "rich", "typer"])
def test_a_module_in_the_way_of_python_m(name: str, tmp_path: Path) -> None:
    """`python -m` itself looks into the working directory; what it has not taken from there is ours."""
    (tmp_path / f"{name}.py").write_text("raise SystemExit('hijacked')\n")
    command = [sys.executable, "-m", "tritondoctor", "explain", "no-gpu"]
    for variables in ({}, {"PYTHONPATH": str(tmp_path)}, {"PYTHONPATH": f"{tmp_path}/"}):
        done = run(command, cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "HOME": "/", **variables})
        assert (done.returncode, done.stderr) == (0, ""), variables
