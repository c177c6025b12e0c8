"""Whatever of a race is killed, and when: no process, segment, workspace, folder or port is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.selftest.boxed import ROOT, named, order_of, place_of
from tests.truth import real, stock
from tests.tuning.race import TOYS

STRESS = Path(__file__).parents[1] / "selftest" / "stress.py"
SEED = int(os.environ.get("TRITONDOCTOR_TEST_SEED", "20261128"))


@pytest.mark.tune
@pytest.mark.parametrize("kills", [pytest.param(1, marks=pytest.mark.tune_slice), 20])
def test_nothing_is_left(kills: int) -> None:
    race = {
        "file": str(TOYS / "fixed_cost.py"), "function": "infer", "clients": (1, 4),
        "most_instances": 1, "seconds": 25,
    }  # fmt: skip
    with place_of(named("serves 3.11")) as place:
        order = order_of(place, tune=race)
        plan = {"order": order, "starts": kills, "kills": kills, "seed": SEED}
        seen = {str(place.here), str(stock.CACHE), str(ROOT), sys.prefix}
        binds = [part for path in sorted(seen) for part in ("--bind", path, path)]
        wrap = real.sandbox(["--perms", "1777", "--tmpfs", "/tmp", *binds])
        done = subprocess.run(
            [*wrap, sys.executable, "-I", str(STRESS), str(ROOT), json.dumps(plan)],
            env={"PATH": "/usr/bin:/bin"}, cwd=place.cwd, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=200 * kills, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [run["left"] for run in report["runs"]] == [{}] * kills, report
    assert report["after"] == report["before"]
    assert sum(run["hit"] for run in report["runs"]) >= max(1, kills // 2)
