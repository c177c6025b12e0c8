"""`python -m tests.sweep_kernel.table RESULT`: data/kernel_calls.json, from what real starts did."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import tritondoctor
from tests.sweep_kernel.trace import FILE as TRACED
from tests.sweep_kernel.trials import ANSWERS
from tests.truth.seccomp import NUMBERS

TABLE = Path(tritondoctor.__file__).parent / "data" / "kernel_calls.json"
#: the numbers of aarch64, and of others that came after 2008
_GENERIC = Path("/usr/include/asm-generic/unistd.h")
_ALIASES = {"newfstatat": "fstatat"}
#: these cannot be made without doing what they do, or without a process that is left in pieces
_NOT_TRIED = ("exit", "exit_group", "rt_sigreturn", "vfork")


def main() -> None:
    """Writes the table."""
    result = json.loads(Path(sys.argv[1]).read_text())
    serves = {row["name"]: row["serves"] for row in result["rows"]}
    generic = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", _GENERIC.read_text()))
    calls = {}
    for name in json.loads(TRACED.read_text())["calls"]:
        if name in _NOT_TRIED:
            continue
        numbers = {"x86_64": NUMBERS[name]}
        if (number := generic.get(_ALIASES.get(name, name))) is not None:
            numbers["aarch64"] = int(number)
        stops = [answer for answer in ANSWERS if not serves.get(f"{name} {answer}", answer != "KILL")]
        calls[name] = {**numbers, "stops": stops}
    source = (
        f"tests/sweep_kernel, {result['date']}: PyTriton 0.7.0 on Python 3.11, glibc 2.36, Linux 6.18; "
        "KILL is taken for granted where it was not tried, for a start makes each call"
    )
    lines = ",\n".join(f'  "{name}": {json.dumps(row)}' for name, row in sorted(calls.items()))
    TABLE.write_text(f'{{\n "source": {json.dumps(source)},\n "calls": {{\n{lines}\n }}\n}}\n')


if __name__ == "__main__":
    main()
