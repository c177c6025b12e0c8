"""run.sh was rehearsed as it is now, in every branch, and each ended as it has to."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.gpu.rehearsal import rehearse

#: branch -> exit status, and what the log must and must not say
EXPECTED = {
    # the bench met PyTriton's own time-out: two cores and a load of 20 when it was rehearsed
    "all-is-there": (
        1,
        (
            "passed: cuda by the driver itself | strong NVML lists this process",
            "passed: cuda by torch 2.9.0+cu130 | strong NVML lists this process",
            "passed: cpu by numpy",
        ),
        ("DIFFERS",),
    ),
    "torch-for-cpu": (
        1, ("selftest-torch.json was not computed by torch", "weak NVML does not list this process"), (),
    ),
    # the stand-in took a number after a UUID, which CUDA does not: a difference that is its own;
    # the one that came along is of another build: Debian's Python has modules built in that it lacks
    "no-libpython": (
        1,
        (
            "one that came along is put on LD_LIBRARY_PATH", "no PyTorch here",
            "The stub loads libpython 3.11.7, and the standard library is 3.11.2",
        ),
        (),
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


@pytest.mark.parametrize("branch", list(rehearse.BRANCHES))
def test_it_names_nothing_of_this_machine(branch: str) -> None:
    assert not re.search(r"(?<!HERE)/(work|root|home)/|://", log(branch))


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
