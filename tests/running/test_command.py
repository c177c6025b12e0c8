"""The options of `attach`, where no server is needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.running.build import processes, recording, still
from tests.unit.running.server import Pages, serving
from tritondoctor.running import record


def _attach(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tritondoctor", "attach", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--probe",), "--probe and --state FILE go together"),
        (("--watch", "--from", "x"), "Give one of"),
        (("--seconds", "0"), "at least 0.5"),
        (("--from", "/nowhere"), "No such file"),
        ((str(os.getpid()),), "belongs to no PyTriton server"),
        (("99999999999999",), "belongs to no PyTriton server"),
        (("ftp://host",), "is no address"),
        (("http://user:secret99@host",), "is no address"),
        (("http://host:99999",), "is no address"),
    ],
)
def test_wrong_usage(options: tuple[str, ...], words: str) -> None:
    run = _attach(*options)
    assert (run.returncode, run.stdout) == (2, "")
    assert words in run.stderr
    assert "secret99" not in run.stderr


def test_the_list() -> None:
    assert _attach().returncode == 0
    assert "servers" in json.loads(_attach("--json").stdout)


def test_a_recording_of_elsewhere(tmp_path: Path) -> None:
    seen = recording(still(pending=3), seconds=31, seen=lambda at_s: processes(at_s, in_call=True))
    file = tmp_path / "kept.json"
    file.write_text(json.dumps(record.as_json(record.examined(seen))))
    run = _attach("--from", str(file))
    assert run.returncode == 1
    *lines, last = run.stdout.splitlines()
    assert last == f"Learn more: {sys.executable} -m tritondoctor explain infer-hangs"
    assert all(len(line) <= 80 for line in lines)
    again = _attach("--from", str(file), "--json")
    assert (again.returncode, json.loads(again.stdout)) == (1, json.loads(file.read_text()))


def test_nobody_is_there() -> None:
    run = _attach("http://127.0.0.1:1", "--metrics-port", "1", "--seconds", "0.5")
    assert run.returncode == 1
    assert "refused" in run.stdout and "(server-silent)" in run.stdout


def test_a_server_that_nobody_asks() -> None:
    pages: Pages = {"/metrics": (200, b'nv_inference_count{model="m",version="1"} 5\n'),
                    "/v2/health/ready": (200, b"")}  # fmt: skip
    seen: list[str] = []
    with serving(pages, seen.append) as address:
        run = _attach(str(address), "--metrics-port", str(address.port), "--seconds", "0.5")
    assert run.returncode == 0, run.stderr
    assert "counted when it ends" in " ".join(run.stdout.split())
    assert {path.partition(" ")[0] for path in seen} == {"GET"}
