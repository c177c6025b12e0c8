"""The system calls of a real start: `python -m tests.sweep_kernel.trace` writes traced.json."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.truth import real
from tests.truth.bench import Bench
from tests.truth.declare import Environment
from tests.truth.stock import Absent

FILE = Path(__file__).with_name("traced.json")
#: `7  socket(AF_UNIX, …) = 3`
_CALL = re.compile(r"^\d+ +(\w+)\((.*)$")
#: calls whose refusal may depend on one argument: name -> which, in strace's words
_DECISIVE = {
    "socket": 0, "socketpair": 0, "prctl": 0, "ioctl": 1, "fcntl": 1, "madvise": 2, "setsockopt": 1,
    "kill": 1, "flock": 1, "arch_prctl": 0,
}  # fmt: skip


def traced(python: str) -> dict[str, dict[str, int]]:
    """How often a start, its answer and its end made each call; of some, by the decisive argument."""
    if shutil.which("strace") is None:
        raise Absent("strace is not installed")
    bench = Bench()
    sound = Environment("traced", (), "", python, "0.7.0", lambda place: None)
    try:
        with bench.build(sound) as workpiece, tempfile.NamedTemporaryFile("r") as file:
            trace = ["strace", "-f", "-s", "0", "-o", file.name, "--"]
            wrap = [*workpiece.wrap, *trace]
            place = workpiece.place
            outcome = real.serve_linear(place.python, place.variables, str(place.cwd), wrap, 120)
            assert outcome.served, outcome.log[-2000:]
            return _counted(Path(file.name).read_text())
    finally:
        bench.close()


def _counted(text: str) -> dict[str, dict[str, int]]:
    calls: Counter[str] = Counter()
    arguments: Counter[str] = Counter()
    for line in text.splitlines():
        found = _CALL.match(line)
        if found is None:
            continue
        name, rest = found.groups()
        calls[name] += 1
        values = re.split(r", |\)", rest)
        if name in _DECISIVE and len(values) > _DECISIVE[name]:
            arguments[f"{name} {values[_DECISIVE[name]].split(' <')[0]}"] += 1
    return {"calls": dict(sorted(calls.items())), "arguments": dict(sorted(arguments.items()))}


def main() -> None:
    """Writes the file for Python 3.11."""
    FILE.write_text(json.dumps({"python": "3.11", **traced("3.11")}, indent=1) + "\n")
    print(FILE, file=sys.stderr)


if __name__ == "__main__":
    main()
