"""`python -m tests.sweep WHAT`: tries what nobody thought of, and goes on where it was stopped."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.sweep import doctor, files, variables, versions
from tests.sweep.trials import own_doctor
from tests.truth import stock


def main() -> int:
    """0 where doctor and PyTriton agree in all that was tried."""
    parser = argparse.ArgumentParser(prog="python -m tests.sweep", description=__doc__)
    parser.add_argument("what", choices=["variables", "doctor", "versions", "files"])
    parser.add_argument("--python", default="3.11", help="minor version (default 3.11)")
    parser.add_argument("--release", default="0.7.0", help="PyTriton's release (default 0.7.0)")
    parser.add_argument(
        "--kinds", default="asked,called,module", help="how sure the names are, and string"
    )
    parser.add_argument("--size", type=int, default=50, help="settings that share a start (default 50)")
    parser.add_argument(
        "--store", type=Path, default=stock.CACHE / "sweep", help="folder of what was seen"
    )
    parser.add_argument("--doctor", default=own_doctor(), help="its command (default: the one here)")
    given = parser.parse_args()
    if given.what == "doctor":
        return doctor.run(given.python, given.release, given.store, given.doctor)
    if given.what == "versions":
        return versions.run(given.python, given.release, given.store)
    if given.what == "files":
        return files.run(given.python, given.release, given.store)
    kinds = given.kinds.split(",")
    return variables.run(given.python, given.release, given.store, given.doctor, kinds, given.size)


if __name__ == "__main__":
    sys.exit(main())
