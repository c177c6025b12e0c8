"""A broken machine gives findings, never an exception: an environment damaged at random places."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tritondoctor import facts
from tritondoctor.checks import examine
from tritondoctor.examination import report
from tritondoctor.target import Named, find_target


def _replace(path: Path, content: bytes) -> None:
    path.unlink()  # the clone is made of hard links
    path.write_bytes(content)


def _damage(path: Path, chance: random.Random) -> None:
    kind = chance.choice(
        ("gone", "empty", "cut", "noise", "header", "folder", "loop", "dangling", "pipe")
    )
    content = path.read_bytes()
    if kind == "empty":
        _replace(path, b"")
    elif kind == "cut":
        _replace(path, content[: chance.randrange(1, 4096)])
    elif kind == "noise":
        _replace(path, chance.randbytes(2048))
    elif kind == "header":
        _replace(path, b"\x7fELF" + bytes(60))
    else:
        path.unlink()
        if kind == "folder":
            path.mkdir()
        elif kind in ("loop", "dangling"):
            path.symlink_to(path if kind == "loop" else "/no/such/file")
        elif kind == "pipe":
            os.mkfifo(path)


@pytest.fixture(scope="module")
def damaged_files(environment: str) -> list[str]:
    """Files of the launch, relative to the prefix: PyTriton's own, metadata, some of each package."""
    root = Path(environment)
    wanted = ("pytriton", "nvidia_pytriton", "zmq", "numpy/core", "tritonclient", "grpc/__init__")
    return sorted(
        str(path.relative_to(root))
        for path in root.glob("lib/python3*/site-packages/**/*")
        if path.is_file() and any(word in str(path) for word in wanted) and path.suffix != ".pyc"
    )


@pytest.mark.parametrize("seed", range(20))
def test_damage_gives_findings_not_exceptions(
    seed: int, environment: str, damaged_files: list[str], tmp_path: Path
) -> None:
    chance = random.Random(seed)
    prefix = tmp_path / "env"
    subprocess.run(["cp", "-al", environment, str(prefix)], check=True)
    for name in chance.sample(damaged_files, 6):
        path = prefix / name
        if path.is_file() and not path.is_symlink():
            _damage(path, chance)
    target = find_target(dict(os.environ), str(tmp_path), Named(prefix=str(prefix)))
    observed = facts.gather(target)
    found = examine(observed)
    for finding in found:
        assert str(finding.title) and str(finding.explanation)
    report.as_json(report.report_of(target, observed))
    shutil.rmtree(prefix)


def test_home_that_is_no_path(environment: str, tmp_path: Path) -> None:
    """As where HOME is unset and the user has no name: Python leaves the ~ of its user folder there."""
    variables = {**os.environ, "HOME": "~", "PYTRITON_HOME": "$NOT_SET"}
    target = find_target(variables, str(tmp_path), Named(prefix=environment))
    user_site = facts.gather(target).interpreter.user_site
    assert user_site is not None and user_site.startswith(f"{tmp_path}/~/")
    done = subprocess.run(
        [sys.executable, "-m", "tritondoctor", "fix", "--dry-run", "--json", "--prefix", environment],
        env=variables, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
