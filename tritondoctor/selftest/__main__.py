"""`python -m tritondoctor.selftest`: the self-test alone, for its developers."""

from __future__ import annotations

import argparse
import json
import os
import sys

from rich.console import Console

from tritondoctor.facts import gather
from tritondoctor.reports import selftest as selftest_report
from tritondoctor.selftest import runner
from tritondoctor.support import ending, signals, streams, variables
from tritondoctor.target import find_target


def main() -> int:
    """Run the self-test and print its result; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tritondoctor.selftest")
    parser.add_argument("--python")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--timeout", type=float, default=runner.DEFAULT_TIMEOUT_S)
    parser.add_argument("--bench", action="store_true")
    parser.add_argument("--no-facts", action="store_true", help="skip the checks")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    console = Console(highlight=False, markup=False, emoji=False, stderr=arguments.json)
    target = find_target(variables.of_user(), os.getcwd(), python=arguments.python)
    with selftest_report.StageProgress(console) as progress:
        result = runner.run(
            target, None if arguments.no_facts else gather(target), device=arguments.device,
            timeout=arguments.timeout, bench=arguments.bench, progress=progress,
        )  # fmt: skip
    if arguments.json:
        print(json.dumps(selftest_report.selftest_json(result), indent=1))
    else:
        selftest_report.show(result, console)
    return result.exit_code()


if __name__ == "__main__":
    with ending.in_order():
        streams.take_over()
        signals.take_over()
        variables.set_aside()
        sys.exit(main())
