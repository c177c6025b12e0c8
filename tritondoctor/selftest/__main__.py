"""`python -m tritondoctor.selftest`: the self-test alone, for whoever works on it."""

from __future__ import annotations

import argparse
import json
import os
import sys

from rich.console import Console

from tritondoctor.facts import gather
from tritondoctor.reports import selftest as told
from tritondoctor.selftest import runner
from tritondoctor.support import ending, signals, streams, variables
from tritondoctor.target import find_target


def main() -> int:
    """Runs it and tells it; the exit code is the contract's."""
    parser = argparse.ArgumentParser(prog="python -m tritondoctor.selftest")
    parser.add_argument("--python")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--timeout", type=float, default=runner.DEFAULT_TIMEOUT_S)
    parser.add_argument("--bench", action="store_true")
    parser.add_argument("--no-facts", action="store_true", help="leave the checks out")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    console = Console(highlight=False, markup=False, emoji=False, stderr=asked.json)
    target = find_target(variables.of_user(), os.getcwd(), python=asked.python)
    with told.StageProgress(console) as live:
        result = runner.run(
            target, None if asked.no_facts else gather(target), device=asked.device,
            timeout=asked.timeout, bench=asked.bench, progress=live,
        )  # fmt: skip
    if asked.json:
        print(json.dumps(told.selftest_json(result), indent=1))
    else:
        told.show(result, console)
    return result.exit_code()


if __name__ == "__main__":
    with ending.in_order():
        streams.take_over()
        signals.take_over()
        variables.set_aside()
        sys.exit(main())
