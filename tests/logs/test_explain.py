"""Whole logs: right, or honestly unsure, whatever was done to them on their way."""

from __future__ import annotations

import io
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.logs.corpus import SILENT, logs
from tritondoctor.logs.read import read
from tritondoctor.logs.verdict import LogVerdict, explain

LOGS = logs()
HEALTHY = [name for name, (_, ids) in LOGS.items() if not ids]
BROKEN = [name for name, (_, ids) in LOGS.items() if ids and name not in SILENT]


def _explain(log: bytes) -> LogVerdict:
    return explain(read(io.BytesIO(log)))


def _named(result: LogVerdict) -> set[str]:
    """The cause, and what the same line could mean as well."""
    return {id for told in result.causes[:1] for id in (told.finding.id, *told.others)}


def test_there_are_enough_logs() -> None:
    assert len(HEALTHY) >= 10
    assert len(BROKEN) >= 25


@pytest.mark.parametrize("name", HEALTHY)
def test_a_start_that_works(name: str) -> None:
    result = _explain(LOGS[name][0])
    assert (result.verdict, result.exit_code()) == ("healthy", 0), result


@pytest.mark.parametrize("name", BROKEN)
def test_the_cause_is_named_and_its_line_is_told(name: str) -> None:
    log, ids = LOGS[name]
    result = _explain(log)
    assert result.exit_code() == 1
    assert _named(result) & ids, result
    number, text = result.causes[0].lines[0]
    assert text[:60] in log.decode("utf-8", "replace").split("\n")[number - 1]


@pytest.mark.parametrize("name", sorted(SILENT & LOGS.keys()))
def test_a_log_that_does_not_tell(name: str) -> None:
    assert _explain(LOGS[name][0]).exit_code() == 4


def _docker(log: bytes) -> bytes:
    return _each(log, lambda n, line: f"2026-11-25T10:21:{n % 60:02d}.{n:09d}Z ".encode() + line)


def _compose(log: bytes) -> bytes:
    return _each(log, lambda n, line: b"triton-1  | " + line)


def _kubectl(log: bytes) -> bytes:
    return _each(log, lambda n, line: b"[pod/serve-7d4b9c/pytriton] 2026-11-25T10:21:05.12Z " + line)


def _cri(log: bytes) -> bytes:
    return _each(log, lambda n, line: b"2026-11-25T10:21:05.123456789+01:00 stderr F " + line)


def _journal(log: bytes) -> bytes:
    return _each(log, lambda n, line: b"Nov 25 10:21:05 host python3[4242]: " + line)


def _stored(log: bytes) -> bytes:
    def one(number: int, line: bytes) -> bytes:
        return json.dumps({"log": line.decode("utf-8", "replace") + "\n", "stream": "stderr"},
                          separators=(",", ":")).encode()  # fmt: skip

    return _each(log, one)


def _coloured(log: bytes) -> bytes:
    return _each(log, lambda n, line: b"\x1b[1;31m" + line[:9] + b"\x1b[0m" + line[9:] + b"\x1b[K")


def _windows(log: bytes) -> bytes:
    return log.replace(b"\n", b"\r\n")


def _each(log: bytes, change: Callable[[int, bytes], bytes]) -> bytes:
    return b"\n".join(change(number, line) for number, line in enumerate(log.split(b"\n")))


@pytest.mark.parametrize(
    "change", [_docker, _compose, _kubectl, _cri, _journal, _stored, _coloured, _windows]
)
def test_what_surrounds_the_lines_changes_nothing(change: Callable[[bytes], bytes]) -> None:
    for name in (*BROKEN, *HEALTHY):
        before, after = _explain(LOGS[name][0]), _explain(change(LOGS[name][0]))
        assert after.verdict == before.verdict, name
        assert [(told.finding.id, told.lines[0][0]) for told in after.causes] == [
            (told.finding.id, told.lines[0][0]) for told in before.causes
        ], name


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_and_cut_logs_are_right_or_unsure(seed: int) -> None:
    for name, (log, ids) in LOGS.items():
        chance = random.Random(f"{name} {seed}")  # one log more changes nothing for the others
        lines = log.split(b"\n")
        shuffled = chance.sample(lines, len(lines))
        first = chance.randrange(len(lines))
        part = lines[first : first + chance.randrange(1, len(lines) + 1)]
        bytes_cut = log[chance.randrange(len(log) or 1) : chance.randrange(len(log) or 1)]
        for changed in (b"\n".join(shuffled), b"\n".join(part), bytes_cut):
            result = _explain(changed)
            if ids:
                assert result.verdict != "healthy" or not _cause_in(changed, log), name
                assert result.verdict != "fault" or _named(result) & (ids | _others(log)), name
            else:
                assert result.verdict != "fault", name


def _cause_in(part: bytes, log: bytes) -> bool:
    """Whether a part still holds a line that names a cause; what comes before it may well be healthy."""
    lines = log.split(b"\n")
    return any(lines[number - 1] in part for told in _explain(log).causes for number, _ in told.lines)


def _others(log: bytes) -> set[str]:
    return {id for told in _explain(log).causes for id in (told.finding.id, *told.others)}


@pytest.mark.parametrize("kind", ["requests", "unlike", "errors", "coloured", "one-line"])
def test_two_hundred_megabytes(kind: str, tmp_path: Path) -> None:
    log, ids = LOGS[BROKEN[0]]
    path = tmp_path / "log"
    chance = random.Random(1)
    with open(path, "wb") as file:
        file.write(log + b"\n")
        while file.tell() < 200_000_000:
            if kind == "one-line":
                file.write(b"x" * 10_000_000)
                continue
            for _ in range(10_000):
                word = "request 12" if kind == "requests" else chance.randbytes(18).hex(" ", 3)
                said = "ERROR: failed: not found" if kind == "errors" else "answered in 12 us"
                said = f"\x1b[1;32m{said}\x1b[0m" if kind == "coloured" else said
                file.write(f'I1125 10:21:20.465579 4 http_server.cc:46] "{word} {said}"\n'.encode())
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(path)], capture_output=True, text=True, check=False
    )
    report = json.loads(done.stdout)
    assert done.returncode == 1, done.stderr
    assert report["findings"][0]["id"] in ids
    # processor time: the tests' machine is shared
    seconds, most = done.stderr.split()[-2:]
    assert int(most) < 200_000
    assert float(seconds) < 5


_LIMITED = """
import sys, time
from tritondoctor import cli
sys.argv = ["tritondoctor", "explain", "--json", sys.argv[1]]
try:
    cli.main()
finally:
    # VmHWM is of this program alone; ru_maxrss is that of the tests' own process where that is larger
    most = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(time.process_time(), most, file=sys.stderr)
"""


def test_the_end_of_a_long_noisy_log_is_read(tmp_path: Path) -> None:
    chance = random.Random(2)
    noise = b"".join(
        b"ERROR: it failed for " + "".join(chance.choices("ghijklmnopqrstuvwxyz", k=20)).encode() + b"\n"
        for _ in range(80_000)
    )
    log, ids = LOGS[BROKEN[0]]
    result = _explain(noise + log)
    assert not result.log.complete
    assert _named(result) & ids


def test_words_and_exit_codes(tmp_path: Path) -> None:
    path = tmp_path / "log"
    for name, code in ((BROKEN[0], 1), (HEALTHY[0], 0)):
        path.write_bytes(LOGS[name][0])
        text = _run("explain", str(path))
        assert text.returncode == code
        assert _run("explain", "-", input=LOGS[name][0].decode()).returncode == code
        report = json.loads(_run("explain", "--json", str(path)).stdout)
        assert report["schema"] == "tritondoctor.explain/1"
        for finding in report["findings"]:
            assert f"({finding['id']})" in text.stdout
            assert finding["by_hand"]
            for line in finding["lines"]:
                assert f"line {line['number']}:" in text.stdout
        assert not re.search("\x1b", text.stdout)
    unknown = _run("explain", "-", input="all is well\nError: the flux capacitor is empty\n")
    assert unknown.returncode == 4
    assert "line 2: Error: the flux capacitor is empty" in unknown.stdout
    assert _run("explain", "-", input="").returncode == 4
    assert _run("explain", str(tmp_path)).returncode == 2


def _run(*words: str, input: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-m", "tritondoctor", *words], input=input, capture_output=True,
        text=True, check=False,
    )  # fmt: skip


def test_a_later_start_that_works_is_told() -> None:
    result = _explain(LOGS[BROKEN[0]][0] + b"\n" + LOGS[HEALTHY[0]][0])
    assert result.verdict == "fault"
    assert result.healthy_line is not None
    assert result.healthy_line > result.causes[0].lines[0][0]


def test_bytes_at_random_give_no_exception() -> None:
    chance = random.Random(3)
    for _ in range(300):
        log = bytearray(LOGS[chance.choice(BROKEN)][0])
        for _ in range(chance.randrange(1, 200)):
            log[chance.randrange(len(log))] = chance.randrange(256)
        assert _explain(bytes(log)).exit_code() in (0, 1, 4)


def test_it_is_quick_on_an_ordinary_log() -> None:
    began = time.process_time()
    _explain(LOGS[HEALTHY[0]][0])
    assert time.process_time() - began < 0.2
