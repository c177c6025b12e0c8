"""Fuzzes parsers: `python -m tests.fuzz [TARGET …] [--seconds N] [--inputs N]`, one after the other.

With atheris installed it is guided by coverage, else inputs are made of seeds by chance.  One line each:
inputs, seconds, the longest time, the largest memory, and inputs that raised something.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> int:
    wanted = argparse.ArgumentParser()
    wanted.add_argument("targets", nargs="*")
    wanted.add_argument("--seconds", type=float, default=600)
    wanted.add_argument("--inputs", type=int, default=1_000_000)
    wanted.add_argument("--first", type=int, default=0, help="the number of the first input by chance")
    given = wanted.parse_args()
    if len(given.targets) != 1:
        from tests.fuzz.targets import TARGETS

        return _each(given.targets or list(TARGETS), given.seconds, given.inputs)
    return fuzz(given.targets[0], given.seconds, given.inputs, given.first)


def _each(names: list[str], seconds: float, inputs: int) -> int:
    """Each in a process of its own, so that its memory is its own."""
    limits = ["--seconds", str(seconds), "--inputs", str(inputs)]
    commands = [[sys.executable, "-m", "tests.fuzz", name, *limits] for name in names]
    return max(subprocess.run(command, check=False).returncode for command in commands)


def fuzz(name: str, seconds: float, inputs: int, first: int = 0) -> int:
    """Fuzzes one parser; 1 where it raised something, took too long or too much."""
    if importlib.util.find_spec("atheris"):
        return _guided(name, seconds, inputs)
    from tests.fuzz.mutation import mutated
    from tests.fuzz.run import Run
    from tests.fuzz.targets import TARGETS

    run = Run(name, TARGETS[name].parse)
    seeds = TARGETS[name].seeds()
    for content in seeds:
        run.try_one(content)
    until = time.monotonic() + seconds
    for number in range(first, first + inputs):
        if time.monotonic() > until:
            break
        run.try_one(mutated(seeds, number))
    print(run.line())
    return run.code()


def _guided(name: str, seconds: float, inputs: int) -> int:
    import atheris

    with atheris.instrument_imports(include=["tritondoctor"]):
        from tests.fuzz.targets import TARGETS
    from tests.fuzz.mutation import _ODD
    from tests.fuzz.run import Run

    run = Run(name, TARGETS[name].parse)
    with tempfile.TemporaryDirectory(prefix="tritondoctor-fuzz-") as corpus:
        for number, content in enumerate((*TARGETS[name].seeds(), *_ODD)):
            Path(corpus, str(number)).write_bytes(content)
        options = [f"-max_total_time={seconds:.0f}", f"-runs={inputs}", "-max_len=262144", "-verbosity=1"]
        child = os.fork()
        if not child:
            atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", corpus], run.try_one)
            atheris.Fuzz()  # it ends the process
        os.waitpid(child, 0)
    print(run.kept())
    return int("0 failures" not in run.kept())


if __name__ == "__main__":
    sys.exit(main())
