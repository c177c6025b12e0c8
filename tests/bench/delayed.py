"""How long a check takes where each lookup takes longer, as over a slow file system: really run.

    python -m tests.bench.delayed --prefix ENVIRONMENT [--ms 1 5]

Run as root, alone as `counts` does it.  strace stops each lookup (system calls that take a path, and
fstat) before it is made.  What strace itself costs is measured beside it by the same run without a delay,
and taken off.  A delay lasts longer than it should (timers, a busy machine), so that it is measured too,
over a loop of stat(2); `check` is the plain time, and all delays as if each had lasted as it should.
"""

from __future__ import annotations

import argparse
import compileall
import sys
import tempfile
import time
from pathlib import Path

import tritondoctor
from tests.bench.counts import alone

_TRACED = "strace -f --seccomp-bpf -e trace=%file -o /dev/null"


_LOOP = 500


def seconds(prefix: str, tracer: str = "") -> float:
    """Wall-clock seconds of one check."""
    starter = Path(sys.executable).with_name("tritondoctor")
    return _seconds(f"{tracer} {starter} check --json --timeout 100 --prefix {prefix}", "{")


def lasting(tracer: str) -> float:
    """Seconds that each lookup lasts longer under this strace than under one that does not delay."""
    loop = f"{sys.executable} -I -S -c 'import os; [os.stat(chr(47)) for _ in range({{}})]'"
    times = [_seconds(f"{tracer} {loop.format(number)}", "") for number in (0, _LOOP)]
    return (times[1] - times[0]) / _LOOP


def _seconds(command: str, answer: str) -> float:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as out:
        began = time.perf_counter()
        alone(out, f"{command} >/mnt/report")
        taken = time.perf_counter() - began
        assert Path(out, "report").read_text().startswith(answer), "the command gave no answer"
    return taken


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prefix", required=True, help="the environment to check")
    parser.add_argument("--ms", type=float, nargs="+", default=[1.0, 5.0], help="milliseconds a lookup")
    options = parser.parse_args()
    compileall.compile_dir(Path(tritondoctor.__file__).parent, quiet=1)
    plain, traced = (min(seconds(options.prefix, tracer) for _ in range(2)) for tracer in ("", _TRACED))
    plain = min(plain, traced)
    print(f"without delay {plain:.2f} s, the same under strace {traced:.2f} s")
    for delay in options.ms:
        tracer = f"{_TRACED} -e inject=%file:delay_enter={delay * 1000:.0f}"
        taken = min(seconds(options.prefix, tracer) for _ in range(2))
        each = 1000 * lasting(tracer)
        check = plain + (taken - traced) * delay / each
        print(f"{delay:g} ms a lookup ({each:.2f} really): {taken:.2f} s, check {check:.2f} s")


if __name__ == "__main__":
    main()
