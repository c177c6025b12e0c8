"""What was not examined because it is larger, deeper or more than anything that works."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.model import CheckResult, check, text
from tritondoctor.facts.model import Facts

_MOST = 6


@check(
    "file-not-read",
    "warning",
    title="Not examined: {what}",
    explanation="The doctor reads files up to a limit that good ones are far below, so that none can "
    "take its time or memory. What depends on these is not known: PyTriton may fail by them, although "
    "no finding says so.",
    means="A file or folder that the launch uses is far larger, longer or deeper than in any "
    "installation that works: damaged, made by a program that ran wild, or made to do harm.",
    verified="RECORDs of 20 GB and of a million rows, modules of 40 MB and of 3,000 nested names, "
    "libraries that need 2,000 others: the check ends in seconds with this finding.",
    by_hand="Look at the file with ls -l and head. Where it is damaged, install what it belongs to "
    "again; where it is sound, start PyTriton once (tritondoctor selftest).",
    reads=("not_read",),
)
def file_not_read(facts: Facts) -> Iterator[CheckResult]:
    files = facts.not_read
    if not files:
        return
    first = files[0].path
    what = first if len(files) == 1 else f"{len(files)} files, the first {first}"
    evidence = [text("{path} {why}", path=file.path, why=file.why) for file in files[:_MOST]]
    if len(files) > _MOST:
        evidence.append(text("and {more} more", more=len(files) - _MOST))
    yield CheckResult({"what": what}, tuple(evidence))


RULES = (file_not_read,)
