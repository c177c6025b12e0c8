"""What a check costs in counts that no load changes: instructions (valgrind) and lookups (strace).

    python -m tests.bench.counts --prefix ENVIRONMENT [--against COMMIT]

Run as root: the check sees its own processes, an empty /tmp, /dev/shm and home, so that nothing that
others left behind is counted.

Instructions are those of the doctor's own process, lookups (system calls that take a path, and fstat)
those of the whole command, children included.  With --against it ends with 1 where either is more than
3 % above what that commit takes in this very place.
"""

from __future__ import annotations

import argparse
import compileall
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import tritondoctor

_ROOT = Path(tritondoctor.__file__).parent.parent
_MOST_GROWTH = 1.03
_START = (
    "import runpy, sys; sys.path.insert(0, '{}'); "
    "runpy.run_module('tritondoctor', None, '__main__', True)"
)
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
    "mkdir /tmp/home && export HOME=/tmp/home && cd / && "
)


def alone(out: str, line: str) -> None:
    done = subprocess.run([*_ALONE, _EMPTY.format(out=out) + line], capture_output=True, check=False)
    if done.returncode > 1:
        raise SystemExit(done.stderr.decode(errors="replace"))


def _command(source: Path) -> str:
    return f'{sys.executable} -I -c "{_START.format(source)}" check --json --timeout 60 --prefix '


def instructions(prefix: str, source: Path = _ROOT) -> int:
    """Instructions of the doctor's own process, of the package in `source`."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as out:
        tool = "valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null"
        alone(out, f"{tool} --log-file=/mnt/log {_command(source)}{prefix}")
        found = re.search(r"I +refs: +([\d,]+)", Path(out, "log").read_text())
    assert found is not None
    return int(found.group(1).replace(",", ""))


def lookups(prefix: str, source: Path | None = None) -> int:
    """System calls by path, of the starter (where no `source` is given) and the children too."""
    starter = f"{Path(sys.executable).with_name('tritondoctor')} check --json --prefix "
    command = _command(source) if source else starter
    with tempfile.TemporaryDirectory(dir="/var/tmp") as out:
        alone(out, f"strace -f -e trace=%file -o /mnt/log {command}{prefix}")
        return len(re.findall(r"^\d+ +\w+\(", Path(out, "log").read_text(errors="replace"), re.M))


def _unpacked(commit: str, folder: str) -> Path | None:
    """The package as it was in a commit; None where there is none, as in a shallow clone."""
    archive = ["git", "-C", str(_ROOT), "archive", commit, "tritondoctor"]
    done = subprocess.run(archive, capture_output=True, check=False)
    if done.returncode:
        return None
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as packed:
        packed.extractall(folder)
    compileall.compile_dir(folder, quiet=1)
    return Path(folder)


def _compared(prefix: str, before: Path) -> bool:
    """Whether neither count has grown; prints both."""
    fine = True
    for name, count in (("instructions", instructions), ("lookups", lookups)):
        old, new = count(prefix, before), count(prefix, _ROOT)
        print(f"{name:12} {old:,} -> {new:,} ({new / old - 1:+.1%})")
        fine &= new <= old * _MOST_GROWTH
    return fine


def main() -> int:
    """Prints both counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prefix", required=True, help="the environment to check")
    parser.add_argument("--against", metavar="COMMIT", help="compare with that state")
    options = parser.parse_args()
    prefix = os.path.abspath(options.prefix)  # the check runs elsewhere
    compileall.compile_dir(Path(tritondoctor.__file__).parent, quiet=1)
    if options.against:
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            before = _unpacked(options.against, folder)
            if before is not None:
                return int(not _compared(prefix, before))
            print(f"not compared: there is no {options.against} here")
    print(f"instructions {instructions(prefix) / 1e6:,.0f} million")
    print(f"lookups      {lookups(prefix):,}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
