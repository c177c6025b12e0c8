"""The commands as a person or a script meets them: words, streams and exit codes."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tritondoctor.checks import CATALOGUE

RUN = [sys.executable, "-I", "-m", "tritondoctor"]


def run(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Runs the doctor; no run may end in a traceback."""
    done = subprocess.run([*RUN, *words], capture_output=True, text=True, check=False, **more)
    assert "Traceback" not in done.stderr + done.stdout
    return done


def test_json_is_one_object_and_nothing_else(environment: str) -> None:
    done = run("check", "--json", "--prefix", environment)
    report = json.loads(done.stdout)
    assert done.stderr == ""
    assert list(report) == [
        "schema", "version", "verdict", "target", "facts", "findings", "ignored", "policy", "redaction",
        "selftest", "seconds",
    ]  # fmt: skip
    assert report["schema"] == "tritondoctor.report/1"
    assert (report["verdict"] == "fail") == (done.returncode == 1)
    for finding in report["findings"]:
        assert finding["id"] in CATALOGUE
        assert {"title", "explanation", "severity", "evidence", "remedies"} <= finding.keys()


def test_text_and_json_agree_on_exit_code_and_ids(environment: str) -> None:
    text, data = run("check", "--prefix", environment), run("check", "--json", "--prefix", environment)
    assert text.returncode == data.returncode
    for finding in json.loads(data.stdout)["findings"]:
        if finding["severity"] != "info":
            assert f"({finding['id']})" in text.stdout


def test_strict_lets_warnings_fail(environment: str) -> None:
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "LD_PRELOAD": "/no/x.so",
    }
    words = ("check", "--json", "--prefix", environment)
    if run(*words, env={k: v for k, v in variables.items() if k != "LD_PRELOAD"}).returncode:
        pytest.skip("the environment has a fault of its own")
    assert run(*words, env=variables).returncode == 0
    assert run(*words, "--strict", env=variables).returncode == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "--prefix", "/no/such/folder"), "no such folder"),
        (("check", "--python", "/no/such/python"), "no such file"),
        (("check", "--python", "nosuchpython"), "no such program"),
        (("check", "--python", "/usr"), "is a folder"),
        (("check", "--conda-env", "nosuchenv"), "no such conda environment"),
        (("check", "--python", "/usr/bin/python3", "--prefix", "/usr"), "not several"),
        (("libs", "/no/such/file"), "no such file"),
        (("explain", "libpython-mising"), "libpython-missing"),
        (("explain", "/"), "Is a directory"),
        (("check", "--nonsense"), "--nonsense"),
        (("check", "--gpu", "maybe"), "'auto', 'required', 'off'"),
    ],
)
def test_wrong_usage_says_what_was_wrong(words: tuple[str, ...], said: str) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""


def _check(python: Path, *words: str) -> dict[str, Any]:
    done = run("check", "--json", "--python", str(python), *words)
    assert done.returncode == 1
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["verdict"] == "fail"
    return report


def test_a_dangling_interpreter_is_not_found(tmp_path: Path) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.symlink_to("/no/such/python3.11")
    assert next(one["id"] for one in _check(python)["findings"]) == "python-not-found"


@pytest.mark.parametrize(
    "script, id",
    [
        ("#!/bin/sh\nkill -9 $$\n", "python-does-not-start"),
        ("#!/bin/sh\nexit 7\n", "python-does-not-start"),
        ("#!/bin/sh\necho no json\n", "python-answers-nonsense"),
        ("#!/no/such/shell\n", "python-does-not-start"),
        ("neither program nor script", "python-does-not-start"),
    ],
)
def test_an_interpreter_that_gives_no_answer(tmp_path: Path, script: str, id: str) -> None:
    python = tmp_path / "python"
    python.write_text(script)
    python.chmod(0o755)
    assert next(one["id"] for one in _check(python)["findings"]) == id


def test_an_interpreter_that_hangs_is_cut_off(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexec sleep 60\n")
    python.chmod(0o755)
    began = time.monotonic()
    assert "did not answer" in _check(python, "--timeout", "2")["findings"][0]["explanation"]
    assert time.monotonic() - began < 20


def test_a_reader_that_goes_away_is_no_failure() -> None:
    process = subprocess.Popen(
        [*RUN, "libs", "/bin/sh", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() in (0, 1, -signal.SIGPIPE)


def test_libs_of_what_is_no_program(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("not an ELF file")
    done = run("libs", "--json", str(text), "/bin/sh")
    programs = json.loads(done.stdout)["programs"]
    assert done.returncode == 1
    assert [program["loads"] for program in programs] == [False, True]
    assert programs[0]["problems"]


def test_libs_agrees_with_the_loader_on_the_shell() -> None:
    done = run("libs", "--json", "/bin/sh")
    (program,) = json.loads(done.stdout)["programs"]
    listed = subprocess.run(["ldd", "/bin/sh"], capture_output=True, text=True, check=True).stdout
    for item in program["objects"]:
        assert item["path"] in listed


@pytest.mark.parametrize("id", sorted(CATALOGUE))
def test_every_id_has_its_page(id: str) -> None:
    one = CATALOGUE[id]
    assert one.means and one.verified and one.by_hand
    assert len(id) < 40 and id == id.lower()


def test_explain_tells_the_page() -> None:
    done = run("explain", "libpython-missing")
    assert done.returncode == 0
    for head in ("What it means", "How it was verified", "How to fix it by hand"):
        assert head in done.stdout
    assert json.loads(run("explain", "libpython-missing", "--json").stdout)["id"] == "libpython-missing"


def test_no_secret_is_told(environment: str, tmp_path: Path) -> None:
    bash_env = tmp_path / "bash_env"
    bash_env.write_text("export HF_TOKEN=hunter2-bash\nexport PATH=/nowhere\n")
    planted = {
        "AWS_SECRET_ACCESS_KEY": "hunter2-aws",
        "HF_TOKEN": "hunter2-hf",
        "http_proxy": "http://user:hunter2-proxy@proxy:3128",
        "PYTRITON_TRITON_CONFIG_HTTP_RESTRICTED_API": "infer:key=hunter2-restricted and=more",
        "BASH_ENV": str(bash_env),
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
    }
    for words in (("check", "--json"), ("check",)):
        done = run(*words, "--prefix", environment, env=planted)
        assert "hunter2" not in done.stdout + done.stderr


def test_what_surrounds_the_patient_does_not_stop_the_doctor(tmp_path: Path) -> None:
    for name in ("rich", "typer", "msgspec", "click"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong one')\n")
    variables = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "tritondoctor", "explain", "no-gpu"],
        env=variables,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_version_and_flags() -> None:
    assert run("--version").stdout.startswith("tritondoctor ")
    assert run("check", "--no-json").returncode == 2


@pytest.mark.parametrize("case", ["two-causes", "wrong-build", "no-pytriton", "healthy"])
@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_console_view_fits_any_width(case: str, width: int) -> None:
    snapshot = str(Path(__file__).parent / "reports" / "cases" / f"{case}.snapshot")
    variables = {**os.environ, "COLUMNS": str(width)}
    told = run("check", "--from", snapshot, env=variables).stdout
    assert told.isascii() and "\x1b" not in told, (
        "piped: no colour, and signs that every screen reader has"
    )
    for line in told.splitlines():
        commands = line.startswith((" " * 8, "Learn more: ", "To "))
        # a path stays whole, so that it can be copied; a line that is too long holds nothing else
        assert len(line) <= max(width, 40) or commands or "/" in line or "--" in line, line
        if len(line) > width and not commands:
            assert len(line.split()) <= 2 + line.strip().startswith("-"), line
    assert told.splitlines()[-1].startswith(("To repair it", "To prove it", "Learn more")), (
        "what to type next"
    )


def test_no_color_on_a_terminal() -> None:
    snapshot = str(Path(__file__).parent / "reports" / "cases" / "two-causes.snapshot")
    command = " ".join(map(shlex.quote, [*RUN, "check", "--from", snapshot]))
    for variables, coloured in (({"NO_COLOR": "1"}, False), ({}, True)):
        done = subprocess.run(
            ["script", "-qec", command, "/dev/null"],
            env={**os.environ, "TERM": "xterm", **variables}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert ("\x1b[1;31m" in done.stdout) == coloured
        assert "[x] error: " in done.stdout, "what colour says, a word says too"
