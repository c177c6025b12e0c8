"""Records the snapshots of `cases/` and the scenes of `tritondoctor demo`, from the truth suite.

`python -m tests.reports.make_cases cases` (or `scenes`) does it anew.  Where the parts of this machine
lie is replaced, so that the files are the same wherever they are made.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import tritondoctor
from tests.truth import real, stock
from tests.truth.environments import ALL
from tests.truth.place import Place

CASES = Path(__file__).with_name("cases")
#: file name -> environment of the truth suite
RECORDED = {
    "two-causes": "frozen-at-base-with-old-libstdcxx",
    "wrong-build": "debian-libpython-of-another-release",
    "no-pytriton": "no-pytriton 3.11",
    "healthy": "serves 3.13",
}
SCENES = Path(tritondoctor.__file__).parent / "data" / "scenes"
#: scene of `tritondoctor demo` -> environment of the truth suite
RECORDED_SCENES = {
    "libpython": "libpython-on-no-path 3.10",
    "old-libstdcxx": "old-libstdcxx first",
    "conda": "frozen-at-base-with-old-libstdcxx",
    "wrong-libpython": "debian-libpython-of-another-release",
    "home-with-a-space": "home-with-a-space",
    "gpu-driver": "updated-and-not-restarted",
}
HERE = Path("/tmp/td-case")


def _places() -> dict[str, str]:
    return {
        str(stock.CACHE): "/opt/kept",
        str(HERE): "/srv/case",
        os.path.expanduser("~/.pyenv/versions"): "/opt/python",
    }


def record(environment: str, *commands: str) -> list[str]:
    """What commands of the doctor print in one environment, with the places of this machine replaced."""
    shutil.rmtree(HERE, ignore_errors=True)
    place = Place(HERE, ALL[environment].python, ALL[environment].release, lambda: sys.executable)
    ALL[environment].build(place)
    printed = []
    for command in commands:
        words = [
            *real.sandbox(place.options), *place.before, *real.with_variables(place.variables),
            sys.executable, "-I", "-m", "tritondoctor", *command.split(), "--python", place.python,
        ]  # fmt: skip
        done = subprocess.run(words, cwd=place.cwd, capture_output=True, text=True, check=False)
        text = done.stdout
        for path, instead in _places().items():
            text = text.replace(path, instead)
        printed.append(text)
    shutil.rmtree(HERE)
    return printed


def _snapshot(text: str) -> str:
    return json.dumps(json.loads(text), separators=(",", ":")).replace('},{"', '},\n{"') + "\n"


def _write_cases(*names: str) -> None:
    for name, environment in RECORDED.items():
        (snapshot,) = record(environment, "snapshot -")
        (CASES / f"{name}.snapshot").write_text(_snapshot(snapshot))


def _write_scenes(*names: str) -> None:
    """Each with the plan that `fix` made there: no plan can be made of a snapshot alone."""
    SCENES.mkdir(exist_ok=True)
    for name, environment in RECORDED_SCENES.items():
        if names and name not in names:
            continue
        snapshot, plan = record(environment, "snapshot -", "fix --dry-run")
        (SCENES / f"{name}.snapshot").write_text(_snapshot(snapshot))
        begin = re.search(r"(?m)^(The plan has|tritondoctor cannot repair)", plan)
        (SCENES / f"{name}.plan").write_text(plan[begin.start() if begin else 0 :])


if __name__ == "__main__":
    {"cases": _write_cases, "scenes": _write_scenes}[sys.argv[1]](*sys.argv[2:])
