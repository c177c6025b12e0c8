"""run.sh was rehearsed as it is now, in every branch, and each ended as it has to."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.gpu.rehearsal import rehearse

#: branch -> exit status, and what the log must and must not say
EXPECTED = {
    "all-is-there": (
        0,
        (
            "passed: cuda by the driver itself | strong NVML lists this process",
            "passed: cuda by torch 2.9.0+cu130 | strong NVML lists this process",
            "passed: cpu by numpy", "passed: attach: ok",
        ),
        ("FAILED", "DIFFERS"),
    ),
    "torch-for-cpu": (
        1,
        ("selftest-torch.json was not computed by torch", "weak NVML does not list this process"),
        ("DIFFERS",),
    ),
    # two come along: pyenv's, which lacks what Debian builds in, and Debian's
    "no-libpython": (
        0,
        (
            "libpython3.11.so.1.0-1 came along, and does not fit this Python",
            "libpython3.11.so.1.0-2 came along and fits; it is on LD_LIBRARY_PATH",
            "no PyTorch here", "passed: cuda by the driver itself", "passed: cpu by numpy",
        ),
        ("FAILED", "DIFFERS"),
    ),
}  # fmt: skip


def log(branch: str) -> str:
    return (rehearse.LOGS / f"{branch}.log").read_text()


@pytest.mark.parametrize("branch", list(rehearse.BRANCHES))
def test_the_log_is_of_the_current_scripts(branch: str) -> None:
    head = log(branch).splitlines()[0]
    assert head.startswith(f"REHEARSAL, no card: {branch}, 20")
    assert head.endswith(f"of {rehearse.digest()}"), "rehearse again: see tests/gpu/rehearsal/rehearse.py"


@pytest.mark.parametrize("branch", list(rehearse.BRANCHES))
def test_it_ended_as_it_has_to(branch: str) -> None:
    status, there, absent = EXPECTED[branch]
    text = log(branch)
    match = re.search(r"^ended with (\d+) after (\d+) s; the archive holds (.*)$", text, re.M)
    assert match is not None
    assert int(match.group(1)) == status
    assert {"run.log", "probe.json", "check.json", "gpu.txt"} <= set(match.group(3).split())
    for words in there:
        assert words in text, words
    for words in absent:
        assert words not in text, words


@pytest.mark.parametrize("branch", ["all-is-there", "no-libpython"])
def test_what_was_compared_agrees(branch: str) -> None:
    """docs/gpu.md says so."""
    lines = log(branch).splitlines()
    assert sum(line.startswith("agrees ") for line in lines) > 50
    assert not [line for line in lines if line.startswith("DIFFERS")]


@pytest.mark.parametrize("branch", list(rehearse.BRANCHES))
def test_it_names_nothing_of_this_machine(branch: str) -> None:
    assert not re.search(r"/(work|root|home|\.pyenv)/|://", log(branch))


def test_a_card_is_held_for_less_than_nine_minutes() -> None:
    (limit,) = re.findall(r"LIMIT:-(\d+)", (rehearse.GPU / "run.sh").read_text())
    assert int(limit) <= 500
    for branch, given in rehearse.LIMITS.items():
        match = re.search(r"^ended with \d+ after (\d+) s", log(branch), re.M)
        assert match is not None and int(match.group(1)) <= given + 20


def test_something_that_is_missing_is_one_line(tmp_path: Path) -> None:
    """Without wheels, status 2 and an archive with the log."""
    script = tmp_path / "checkout/tests/gpu/run.sh"
    shutil.copytree(rehearse.GPU, script.parent, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        ["bash", str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "WORK": str(tmp_path / "work"),
             "PYTHON_VERSION": "3.11", "PYTHON": shutil.which("python3.11") or "python3"},
    )  # fmt: skip
    if "there is no Python" in done.stdout:
        pytest.skip(done.stdout)
    assert done.returncode == 2
    assert "run.sh: no wheel of PyTriton" in done.stdout
    assert (tmp_path / "tritondoctor-gpu.tar.gz").exists()


def test_what_was_compared_is_kept_when_the_time_is_up(tmp_path: Path) -> None:
    """`timeout` sends SIGTERM; gpu.json holds the reports until then."""
    doctor = tmp_path / "doctor"
    report: dict[str, Any] = {"facts": {"gpu": {"nvml": None, "builds": []}}}
    first_time = f"[ -e {tmp_path}/started ] && exec sleep 60\ntouch {tmp_path}/started"
    doctor.write_text(f"#!/bin/sh\n{first_time}\necho '{json.dumps(report)}'\n")
    doctor.chmod(0o755)
    script = rehearse.GPU / "on_hardware.py"
    done = subprocess.run(
        ["timeout", "-k", "5", "3", sys.executable, str(script), str(doctor), "/bin/false", str(tmp_path),
         "50"],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.returncode == 124
    assert json.loads((tmp_path / "gpu.json").read_text()) == {"plain": report}
