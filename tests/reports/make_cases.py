"""Records the snapshots of `cases/` from environments of the truth suite.

`python -m tests.reports.make_cases` does it anew.  Where the parts of this machine lie is replaced, so
that the files are the same wherever they are made.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

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
HERE = Path("/tmp/td-case")


def _places() -> dict[str, str]:
    return {
        str(stock.CACHE): "/opt/kept",
        str(HERE): "/srv/case",
        os.path.expanduser("~/.pyenv/versions"): "/opt/python",
    }


def record(environment: str) -> str:
    """The snapshot of one environment, as text."""
    shutil.rmtree(HERE, ignore_errors=True)
    place = Place(HERE, ALL[environment].python, ALL[environment].release, lambda: sys.executable)
    ALL[environment].build(place)
    command = [
        *real.sandbox(place.options), *place.before, *real.with_variables(place.variables),
        sys.executable, "-I", "-m", "tritondoctor", "snapshot", "-", "--python", place.python,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=place.cwd, capture_output=True, text=True, check=True)
    shutil.rmtree(HERE)
    text = done.stdout
    for path, instead in _places().items():
        text = text.replace(path, instead)
    return json.dumps(json.loads(text), separators=(",", ":")).replace('},{"', '},\n{"') + "\n"


if __name__ == "__main__":
    for name, environment in RECORDED.items():
        (CASES / f"{name}.snapshot").write_text(record(environment))
