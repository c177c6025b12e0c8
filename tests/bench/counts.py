"""What a check costs in counts that no load changes: instructions (valgrind) and lookups (strace).

    python -m tests.bench.counts --prefix ENVIRONMENT

Run as root: the check sees its own processes, an empty /tmp, /dev/shm and home, so that nothing that
others left behind is counted.

Instructions are those of the doctor's own process, lookups (system calls that take a path, and fstat)
those of the whole command, children included.
"""

from __future__ import annotations

import argparse
import compileall
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import tritondoctor

_ALONE = [
    "env",
    "-i",
    "PATH=/usr/bin:/bin:/usr/sbin",
    "unshare",
    "-m",
    "-p",
    "-f",
    "--mount-proc",
    "sh",
    "-c",
]
_EMPTY = (
    "mount --bind {out} /mnt && mount -t tmpfs x /tmp && mount -t tmpfs x /dev/shm && "
    "mkdir /tmp/home && HOME=/tmp/home && cd / && "
)


def _alone(out: str, line: str) -> None:
    subprocess.run([*_ALONE, _EMPTY.format(out=out) + line], capture_output=True, check=False)


def instructions(prefix: str) -> int:
    """Instructions of the doctor's own process."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as out:
        tool = "valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null"
        check = f"{sys.executable} -I -m tritondoctor check --json --timeout 60 --prefix {prefix}"
        _alone(out, f"{tool} --log-file=/mnt/log {check}")
        found = re.search(r"I +refs: +([\d,]+)", Path(out, "log").read_text())
    assert found is not None
    return int(found.group(1).replace(",", ""))


def lookups(prefix: str) -> int:
    """System calls by path, of the starter and the children too."""
    starter = Path(sys.executable).with_name("tritondoctor")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as out:
        _alone(out, f"strace -f -e trace=%file -o /mnt/log {starter} check --json --prefix {prefix}")
        return len(re.findall(r"^\d+ +\w+\(", Path(out, "log").read_text(errors="replace"), re.M))


def main() -> None:
    """Prints both counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prefix", required=True, help="the environment to check")
    prefix = parser.parse_args().prefix
    compileall.compile_dir(Path(tritondoctor.__file__).parent, quiet=1)
    print(f"instructions {instructions(prefix) / 1e6:,.0f} million")
    print(f"lookups      {lookups(prefix):,}")


if __name__ == "__main__":
    main()
