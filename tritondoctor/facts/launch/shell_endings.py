"""Commands behind which the stub does not start: they wait, end the shell, or take what it needs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tritondoctor.support.numbers import whole
from tritondoctor.support.patterns import pattern

#: Triton waits so long for a stub (stub-timeout-seconds of its python backend)
_STUB_PATIENCE_S = 30
#: a limit of open files that is too low for the stub
_FEWEST_FILES = 64
_DURATION = pattern(r"(\d+)([smhd]?)$", re.ASCII)
ENDINGS = frozenset({"kill", "read", "sleep", "ulimit"})


def ends(words: Sequence[str], *, fed: bool) -> bool:
    """Whether one of ENDINGS keeps the stub from starting; `fed`: it may have something to read."""
    name, *given = words
    last = given[-1] if given else ""
    if name == "kill":
        return "$$" in given and "-0" not in given
    if name == "read":  # nobody writes to the stub's standard input
        return not fed and not {"-t", "-u"}.intersection(given)
    if name == "sleep":
        length = _DURATION.match(last)
        return last == "infinity" or (
            length is not None and (length[2] in ("m", "h", "d") or whole(length[1]) >= _STUB_PATIENCE_S)
        )
    return "-n" in " ".join(given) and last.isdecimal() and whole(last) < _FEWEST_FILES
