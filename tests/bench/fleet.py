"""How time and memory of `tritondoctor fleet` grow with hosts: synthetic reports, 115 KB each.

Time is the processor's (user and system), so that it says the same on a busy machine; memory the peak.
`make bench` runs 100 and 1,000 hosts; `python -m tests.bench.fleet 100 1000 10000` needs 1.2 GB of disk.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.fleet.synthetic import fleet


class Cost(NamedTuple):
    """Seconds of processor time, peak memory in MB, and the megabytes that were read."""

    seconds: float
    memory: float
    read: float


def cost(hosts: int, folder: str) -> Cost:
    """What it takes to read as many hosts."""
    path = Path(folder) / f"{hosts}.jsonl"
    with path.open("w") as file:
        for one in fleet(hosts):
            file.write(json.dumps(one) + "\n")
    size = path.stat().st_size
    command = [sys.executable, "-m", "tritondoctor", "fleet", "report", str(path), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, used = os.wait4(process.pid, 0)
    path.unlink()
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, size / 1e6)


def main() -> None:
    """Prints the figures."""
    counts = [int(argument) for argument in sys.argv[1:]] or [100, 1000]
    print(f"{'hosts':>7}  {'read MB':>8}  {'seconds':>8}  {'ms/host':>8}  {'peak MB':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            took = cost(count, folder)
            print(
                f"{count:>7,}  {took.read:>8.0f}  {took.seconds:>8.2f}  "
                f"{1000 * took.seconds / count:>8.2f}  {took.memory:>8.0f}"
            )


if __name__ == "__main__":
    main()
