"""Interpreters that lie, hang, fork and flood: each is a finding, in bounded time and memory."""

from __future__ import annotations

import json
import os
import resource
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tritondoctor import facts
from tritondoctor.checks import examine
from tritondoctor.examination import report
from tritondoctor.target import Target

LAST = 'for mark; do :; done; printf "\\n%s " "$mark"; '
SOUND = {
    "version": "3.11.7", "version_text": "3.11.7 (main)", "implementation": "cpython",
    "executable": "/usr/bin/python3", "prefix": "/usr", "base_prefix": "/usr", "exec_prefix": "/usr",
    "base_exec_prefix": "/usr", "stdlib": "/usr/lib/python3.11", "sys_path": ["/usr/lib/python3.11"],
    "builtin_modules": ["sys"], "startup_modules": ["sys"], "extension_suffixes": [".so"],
    "abiflags": "", "machine": "x86_64", "config": {}, "site": {"packages": [], "user": None},
    "startup_code": [],
}  # fmt: skip

NONSENSE, NO_START, SLOW = "python-answers-nonsense", "python-does-not-start", "python-slow"


def _says(answer: str) -> str:
    return f"{LAST}printf '%s\\n' {shlex.quote(answer)}"


def _with(**changed: Any) -> str:
    return _says(json.dumps({**SOUND, **changed}))


def _without(name: str) -> str:
    return _says(json.dumps({key: value for key, value in SOUND.items() if key != name}))


LIES = {
    "zero": _says("0"),
    "null": _says("null"),
    "a list": _says("[1]"),
    "a text": _says('"python"'),
    "nothing": _says(""),
    "no JSON": _says("{'version': 3}"),
    "cut off": _says('{"version": "3.11.7", "sys_path": ["/usr'),
    "nested": f"{LAST}printf '[%.0s' $(seq 20000); echo",
    "nested far": f"{LAST}head -c 200000 /dev/zero | tr '\\0' '['; echo",
    "nested objects": f"{LAST}i=0; while [ $i -lt 9 ]; do printf '{{\"a\":'; i=$((i+1)); done; echo",
    "without site": _without("site"),
    "without version": _without("version"),
    "only an executable": _says('{"executable": "/x"}'),
    "only a version": _says('{"version": "3.11.7"}'),
    "a version that is a list": _with(version=[3, 11, 7]),
    "a version that is none": _with(version="3.11.7; rm -rf /"),
    "a version of many digits": _with(version="3." + "1" * 5000 + ".7"),
    "a NUL in the executable": _with(executable="/usr/bin/py\0thon"),
    "a NUL in the path": _with(sys_path=["/usr/lib\0/python3.11"]),
    "half a pair": _with(executable="/usr/bin/\ud800"),
    "half a pair in a key": _with(config={"\udfff": "x"}),
    "a path that is a number": _with(sys_path=[1]),
    "a prefix that is none": _with(prefix=None),
    "a site that is a list": _with(site=[]),
    "code that is a text": _with(startup_code="import x"),
    "a number without end": _says('{"version": ' + "9" * 5000 + "}"),
    "infinity": _says('{"version": Infinity}'),
    "an answer without its mark": f"printf '%s\\n' {shlex.quote(json.dumps(SOUND))}",
    "hello": "echo hello",
    "silence": "exit 0",
}


def _python(folder: Path, script: str, shebang: str = "#!/bin/sh") -> str:
    path = folder / "python"
    path.write_text(f"{shebang}\n{script}\n")
    path.chmod(0o755)
    return str(path)


def _findings(python: str, folder: Path, deadline_s: float = 20) -> tuple[list[str], facts.Facts]:
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    target = Target(python, None, "--python", variables, str(folder), deadline_s=deadline_s)
    seen = facts.gather(target)
    report.as_json(report.report_of(target, seen))
    return [one.id for one in examine(seen) if one.severity == "error"], seen


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_a_finding(lie: str, tmp_path: Path) -> None:
    found, seen = _findings(_python(tmp_path, LIES[lie]), tmp_path)
    assert found[:1] == [NONSENSE], seen.interpreter
    assert len(seen.interpreter.problem) < 300


def test_the_command_ends_with_1_and_names_it(tmp_path: Path) -> None:
    python = _python(tmp_path, LIES["half a pair"])
    for words in ((), ("--json",)):
        done = _check(python, *words)
        assert done.returncode == 1, done.stderr
        assert NONSENSE in done.stdout


@pytest.mark.parametrize(
    ("script", "id"),
    [
        ("exit 7", NO_START),
        ("echo it is broken >&2; exit 0", NO_START),
        ("kill -9 $$", NO_START),
        ("kill -11 $$", NO_START),
        ("exec /no/such/python", NO_START),
        ("exec yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NONSENSE),
        ("exec cat /dev/zero >&2", NONSENSE),
        ("exec cat /dev/zero", NONSENSE),
        (f"{LAST}exec cat /dev/zero", NONSENSE),
        (f"exec {sys.executable} -c 'import os, time; os.close(1); os.close(2); time.sleep(60)'", SLOW),
        ("exec sleep 60", SLOW),
        ("trap '' TERM INT HUP; while :; do sleep 1; done", SLOW),
        ("sleep 60 & exit 7", NO_START),
        ("sleep 60 & sleep 60", SLOW),
        ("(while :; do echo x; sleep 0.01; done) & exit 7", NO_START),
        ("setsid sleep 5 & exit 7", NO_START),
    ],
)
def test_what_hangs_floods_or_ends_is_told_in_time(script: str, id: str, tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    found, seen = _findings(_python(tmp_path, script), tmp_path, deadline_s=2)
    assert time.monotonic() - began < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KB
    assert found[:1] == [id], seen.interpreter
    assert not _left_behind(tmp_path)


@pytest.mark.parametrize(
    "script",
    [
        '{python} "$@"; echo 0',
        '{python} "$@"; echo null; exit 3',
        'echo [1]; {python} "$@"',
        "printf 'no line end'; exec {python} \"$@\"",
        'sleep 60 &\nexec {python} "$@"',
        'sleep 60 >/dev/null &\nexec {python} "$@"',
        'setsid sleep 8 2>/dev/null &\nexec {python} "$@"',
        '{python} "$@"; exec sleep 60',
        'sleep 2; exec {python} "$@"',
        'head -c 500000 /dev/zero >&2; exec {python} "$@"',
    ],
)
def test_a_wrapper_that_does_more_is_a_python_all_the_same(script: str, tmp_path: Path) -> None:
    python = _python(tmp_path, script.format(python=sys.executable))
    began = time.monotonic()
    _, seen = _findings(python, tmp_path)
    assert time.monotonic() - began < 15
    assert seen.interpreter.starts, seen.interpreter
    assert seen.interpreter.version == ".".join(map(str, sys.version_info[:3]))


def test_a_slow_interpreter_is_no_broken_one(tmp_path: Path) -> None:
    python = _python(tmp_path, f'sleep 6; exec {sys.executable} "$@"')
    done = _check(python, "--json")
    assert json.loads(done.stdout)["facts"]["interpreter"]["starts"]
    done = _check(python, "--json", "--timeout", "1")
    assert [load["id"] for load in json.loads(done.stdout)["findings"]][:1] == [SLOW]
    assert _check(python, "--timeout", "nan").returncode == 2
    assert _check(python, "--timeout", "-1").returncode == 2


def test_no_credential_reaches_the_interpreter(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    python = _python(tmp_path, f'env >>{seen}; exec {sys.executable} "$@"')
    secrets = {
        "AWS_SECRET_ACCESS_KEY": "x1",
        "PYTHON_API_TOKEN": "x2",
        "LD_SDK_KEY": "x3",
        "PIP_INDEX_URL": "x4",
    }
    plain = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONHASHSEED": "1"}
    done = subprocess.run(
        [sys.executable, "-I", "-m", "tritondoctor", "check", "--json", "--python", python],
        env={**plain, **secrets}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert json.loads(done.stdout)["facts"]["interpreter"]["starts"]
    assert "PYTHONHASHSEED=1" in seen.read_text()
    assert not [name for name in secrets if name in seen.read_text()]


def _check(python: str, *words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-I", "-m", "tritondoctor", "check", "--python", python, *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done


def _left_behind(folder: Path) -> list[str]:
    """Processes with the folder as HOME, but those that made a session of their own."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            variables = Path(f"/proc/{pid}/environ").read_bytes()
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            session = os.getsid(int(pid))
        except OSError:
            continue
        if f"HOME={folder}\0".encode() in variables and session != int(pid):
            found.append(command.decode(errors="replace"))
    return found


def test_the_sound_answer_passes(tmp_path: Path) -> None:
    """So that each lie above is refused for itself, and not for the frame around it."""
    _, seen = _findings(_python(tmp_path, _with()), tmp_path)
    assert seen.interpreter.starts
    assert msgspec.to_builtins(seen.interpreter)["version"] == "3.11.7"
