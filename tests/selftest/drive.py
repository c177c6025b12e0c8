"""Runs the self-test in a sandbox for the tests: the doctor's own variables stay apart from the target's.

    python -I drive.py ROOT '{"python": …, "variables": …, "cwd": …, "options": …, "facts": true}'

Prints what stands under `selftest` in the report; the exit code is the contract's.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> int:
    root, order = sys.argv[1], json.loads(sys.argv[2])
    sys.path.insert(0, root)
    from tritondoctor.facts import gather
    from tritondoctor.reports.selftest import selftest_json
    from tritondoctor.selftest import runner
    from tritondoctor.target import Target

    target = Target(order["python"], None, "the test", order["variables"], order["cwd"])
    if order["options"].get("tune"):
        return _tuned(target, order["options"]["tune"])
    result = runner.run(target, gather(target) if order["facts"] else None, **order["options"])
    print(json.dumps(selftest_json(result)))
    return result.exit_code()


def _tuned(target: Any, wishes: dict[str, Any]) -> int:
    """A race instead: whether it came to its end."""
    from tritondoctor.tuning import run
    from tritondoctor.tuning.track import Wishes

    wishes = {name: tuple(value) if isinstance(value, list) else value for name, value in wishes.items()}
    result = run.tune(target, Wishes(**wishes))
    print(json.dumps({"passed": bool(result.configurations)}))
    return result.exit_code


if __name__ == "__main__":
    sys.exit(main())
