"""What the self-test takes stage by stage, beside a bare Linear started and stopped in turn with it.

    python -m tests.bench.selftest --prefix ENVIRONMENT [--rounds 3]

The environment has to be sound.  Ports 8000 to 8002 must be free.  A busy machine delays both alike, so
that the ratio of medians says more than the seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

_BARE = Path(__file__).with_name("bare_linear.py")
_VARIABLES = {"PATH": "/usr/bin:/bin", "HOME": os.environ.get("HOME", "/")}


def bare(prefix: str) -> dict[str, float]:
    """Seconds of each stage of a bare Linear."""
    command = [f"{prefix}/bin/python", str(_BARE), str(time.monotonic())]
    done = subprocess.run(
        command, env=_VARIABLES, capture_output=True, text=True, timeout=300, check=True
    )
    found: dict[str, float] = json.loads(done.stderr.splitlines()[-1])
    return found


def tested(prefix: str) -> dict[str, float]:
    """Seconds of each phase of the self-test."""
    command = [sys.executable, "-I", "-m", "tritondoctor", "selftest", "--json", "--prefix", prefix]
    done = subprocess.run(
        command, env=_VARIABLES, capture_output=True, text=True, timeout=300, check=True
    )
    phases = json.loads(done.stdout)["selftest"]["phases"]
    return {phase["name"]: phase["seconds"] for phase in phases}


def main() -> None:
    """Prints the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prefix", required=True, help="a sound environment")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rounds = [(bare(options.prefix), tested(options.prefix)) for _ in range(options.rounds)]
    print(f"{'':20} {'Linear':>8} {'self-test':>10} {'ratio':>6}   load {os.getloadavg()[0]:.1f}")
    for stage in rounds[0][1]:
        own = statistics.median(phases.get(stage, 0.0) for _, phases in rounds)
        if stage in rounds[0][0]:
            other = statistics.median(stages[stage] for stages, _ in rounds)
            print(f"{stage:20} {other:7.2f}s {own:9.2f}s {own / other:6.2f}")
        else:
            print(f"{stage:20} {'':8} {own:9.2f}s")
    whole = [statistics.median(sum(part.values()) for part in each) for each in zip(*rounds)]
    print(f"{'all':20} {whole[0]:7.2f}s {whole[1]:9.2f}s {whole[1] / whole[0]:6.2f}")


if __name__ == "__main__":
    main()
