"""Whatever is killed, and when: no process, segment, workspace, temporary folder or port is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.selftest.boxed import ROOT, named, order_of, place_of
from tests.truth import real, stock

STRESS = Path(__file__).with_name("stress.py")
SEED = int(os.environ.get("TRITONDOCTOR_TEST_SEED", "20261123"))


def _stress(starts: int, kills: int) -> dict[str, Any]:
    with place_of(named("serves 3.13")) as place:
        plan = {"order": order_of(place), "starts": starts, "kills": kills, "seed": SEED}
        # a /tmp of its own, so that what lies there is ours; the place and the doctor stay in sight
        seen = {str(place.here), str(stock.CACHE), str(ROOT), sys.prefix}
        binds = [part for path in sorted(seen) for part in ("--bind", path, path)]
        wrap = real.sandbox(["--perms", "1777", "--tmpfs", "/tmp", *binds])
        done = subprocess.run(
            [*wrap, sys.executable, "-I", str(STRESS), str(ROOT), json.dumps(plan)],
            env={"PATH": "/usr/bin:/bin"}, cwd=place.cwd, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=90 * starts, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.truth
@pytest.mark.parametrize(
    "starts, kills",
    [pytest.param(4, 3, marks=pytest.mark.truth_slice, id="few"), pytest.param(50, 30, id="many")],
)
def test_nothing_is_left(starts: int, kills: int) -> None:
    report = _stress(starts, kills)
    for run in report["runs"]:
        assert run["left"] == {}, run
        if not run["hit"]:
            assert run["passed"], run
    assert report["after"] == report["before"]
    assert sum(run["hit"] for run in report["runs"]) >= kills // 2
