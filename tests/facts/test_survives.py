"""A broken machine gives findings, never an exception: an environment damaged at random places."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tritondoctor import facts, report
from tritondoctor.checks import examine
from tritondoctor.target import find_target

DAMAGES: tuple[Callable[[Path, random.Random], None], ...] = (
    lambda path, _: path.unlink(),
    lambda path, _: _replace(path, b""),
    lambda path, chance: _replace(path, path.read_bytes()[: chance.randrange(1, 4096)]),
    lambda path, chance: _replace(path, chance.randbytes(2048)),
    lambda path, _: _replace(path, b"\x7fELF" + bytes(60)),
    lambda path, _: (path.unlink(), path.mkdir()),
    lambda path, _: (path.unlink(), path.symlink_to(path)),
    lambda path, _: (path.unlink(), path.symlink_to("/no/such/file")),
    lambda path, _: (path.unlink(), os.mkfifo(path)),
)  # type: ignore[assignment]


def _replace(path: Path, content: bytes) -> None:
    path.unlink()  # the clone is made of hard links
    path.write_bytes(content)


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
            chance.choice(DAMAGES)(path, chance)
    target = find_target(dict(os.environ), str(tmp_path), prefix=str(prefix))
    observed = facts.gather(target)
    found = examine(observed)
    for finding in found:
        assert str(finding.title) and str(finding.explanation)
    report.as_json(report.report_of(target, observed))
    shutil.rmtree(prefix)
