"""How long `tritondoctor check` takes: medians, beside the bare import of its libraries.

With --real also how long PyTriton itself takes to say whether the environment works.
Run it on a quiet machine: `make bench`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIBRARIES = "import msgspec, psutil, rich.console, typer"
LINEAR = Path(__file__).parents[1] / "truth" / "linear.py"
GIVEN_UP_S = 200


def seconds(command: list[str], runs: int) -> list[float]:
    """Wall-clock seconds of each run, after one that warms the caches."""
    taken = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        subprocess.run(command, capture_output=True, check=False)
        taken.append(time.perf_counter() - began)
    return taken[1:]


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prefix", required=True, help="the environment to check")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--real", action="store_true", help="start PyTriton there, too")
    options = parser.parse_args()
    python = [sys.executable, "-I"]
    bare = seconds([*python, "-c", LIBRARIES], options.runs)
    check = [*python, "-m", "tritondoctor", "check", "--json", "--prefix", options.prefix]
    checked = seconds(check, options.runs)
    for name, taken in (("bare import", bare), ("check", checked)):
        print(f"{name:12} median {statistics.median(taken):.3f} s   min {min(taken):.3f} s")
    print(f"{'ratio':12} {statistics.median(checked) / statistics.median(bare):.2f}")
    if options.real:
        print(f"{'PyTriton':12} {_real(options.prefix)}")


def _real(prefix: str) -> str:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        command = [os.path.abspath(f"{prefix}/bin/python"), str(LINEAR)]
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, check=False, timeout=GIVEN_UP_S
            )
        except subprocess.TimeoutExpired:
            return f"no answer after {GIVEN_UP_S} s"
    served = "SERVED" in done.stdout
    taken = time.perf_counter() - began
    last = done.stderr.strip().splitlines()[-1:] or [""]
    return f"{taken:.1f} s: " + ("Linear served (and stopped)" if served else last[0])


if __name__ == "__main__":
    main()
