"""Looks at made servers again and again: `python -m tests.running --count 10 --python 3.11`.

Prints a line a kind: how often what was said is right.
"""

from __future__ import annotations

import argparse
import os

from tests.running.made import KINDS, Made, server
from tests.running.test_made import complaint, looked


def main() -> None:
    """Start each kind once, and look at it `count` times."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--python", default="3.11")
    parser.add_argument("--release", default="0.7.0")
    parser.add_argument("kinds", nargs="*", default=[])
    options = parser.parse_args()
    for kind in options.kinds or KINDS:
        with server(kind, options.python, options.release) as made:
            wrong = [words for _ in range(options.count) if (words := _wrong(made))]
        right = options.count - len(wrong)
        where = f"{options.release} {options.python} {kind:14}"
        line = f"{where} {right} of {options.count} right (load {os.getloadavg()[0]:.0f})"
        print(line, *wrong, sep="\n    ", flush=True)


def _wrong(made: Made) -> str:
    return complaint(made.kind, looked(made))


if __name__ == "__main__":
    main()
