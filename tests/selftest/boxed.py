"""The self-test in a sandbox: in the environments that tests/truth declares, with or without facts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import tritondoctor
from tests.truth import real, stock
from tests.truth.declare import Environment
from tests.truth.environments import ALL
from tests.truth.place import Place
from tests.truth.stock import Absent

DRIVE = Path(__file__).with_name("drive.py")
_STRESS = Path(__file__).with_name("stress.py")
ROOT = Path(tritondoctor.__file__).parent.parent
DEADLINE_S = 300.0


@dataclass(frozen=True)
class Outcome:
    """The result of a self-test, its exit code, and how long it took in seconds."""

    result: dict[str, Any]
    status: int
    seconds: float

    @property
    def cause(self) -> str:
        """The id of the first finding."""
        found: str = self.result["findings"][0]["id"] if self.result["findings"] else ""
        return found


@contextmanager
def place_of(environment: Environment) -> Iterator[Place]:
    """Builds a declared environment; skips where this machine cannot."""
    folder = Path(tempfile.mkdtemp(prefix="ts-", dir="/tmp"))  # short: sockets' paths have little room
    try:
        place = Place(folder / "0", environment.python, environment.release, lambda: sys.executable)
        environment.build(place)
        _ = place.python
        if "setpriv" in place.before:
            raise Absent("the doctor of the tests can be run by its own user only")
        yield place
    except Absent as lack:
        pytest.skip(str(lack))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def named(name: str) -> Environment:
    """A declared environment."""
    return ALL[name]


def order_of(place: Place, *, facts: bool = True, **options: Any) -> dict[str, Any]:
    """What drive.py is to do there."""
    return {
        "python": place.python, "variables": place.variables, "cwd": str(place.cwd),
        "options": options, "facts": facts,
    }  # fmt: skip


def selftest(place: Place, *, facts: bool = True, root: Path = ROOT, **options: Any) -> Outcome:
    """Runs the self-test of the doctor below `root` in the sandbox of the place."""
    order = order_of(place, facts=facts, **options)
    began = time.monotonic()
    done = subprocess.run(
        [*real.sandbox(place.options), *place.before, sys.executable, "-I", str(DRIVE), str(root),
         json.dumps(order)],
        env={"PATH": "/usr/bin:/bin"}, cwd=place.cwd, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=DEADLINE_S, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return Outcome(json.loads(done.stdout), done.returncode, time.monotonic() - began)


def doctor_with(folder: Path, module: str, *edits: tuple[str, str]) -> Path:
    """A copy of the doctor with text replaced in a module of its self-test; the root of it."""
    root = folder / "doctor"
    shutil.copytree(
        ROOT / "tritondoctor", root / "tritondoctor", ignore=shutil.ignore_patterns("__pycache__")
    )
    path = root / "tritondoctor" / "selftest" / module
    text = path.read_text()
    for before, after in edits:
        assert before in text, before
        text = text.replace(before, after)
    path.write_text(text)
    return root


def stressed(place: Place, plan: dict[str, Any], deadline: float) -> dict[str, Any]:
    """What stress.py reports of a plan, run where no other process, segment or port is."""
    # a /tmp of its own, so that what lies there is ours; the place and the doctor stay in sight
    seen = {str(place.here), str(stock.CACHE), str(ROOT), sys.prefix}
    binds = [part for path in sorted(seen) for part in ("--bind", path, path)]
    wrap = real.sandbox(["--perms", "1777", "--tmpfs", "/tmp", *binds])
    done = subprocess.run(
        [*wrap, sys.executable, "-I", str(_STRESS), str(ROOT), json.dumps(plan)],
        env={"PATH": "/usr/bin:/bin"}, cwd=place.cwd, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=deadline, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report
