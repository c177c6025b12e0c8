"""Files that were not examined because they exceed the limits of any working installation."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.model import CheckResult, Text, check, counted, text
from tritondoctor.facts.imports.requirements import TOO_LONG
from tritondoctor.facts.interpreter.startup_code import TOO_MUCH
from tritondoctor.facts.model import Facts

_MOST = 6


@check(
    "file-not-read",
    "warning",
    title="Not examined: {what}",
    explanation="The doctor limits how much of a file it reads, far above what a working installation "
    "needs, so that no file can exhaust its time or memory. What depends on these files is unknown: "
    "PyTriton may fail because of them even if no finding says so.",
    means="A file or folder that the launch uses is far larger, longer or deeper than in any working "
    "installation: damaged, written by a runaway program, or made to do harm.",
    verified="RECORD files of 20 GB and of a million rows, modules of 40 MB and with 3,000 nested "
    "names, libraries that need 2,000 others: the check ends in seconds with this finding.",
    by_hand="Look at the file with ls -l and head. If it is damaged, reinstall what it belongs to; if "
    "it is sound, start PyTriton once (tritondoctor selftest).",
    reads=("not_read",),
)
def file_not_read(facts: Facts) -> Iterator[CheckResult]:
    files = facts.not_read
    if not files:
        return
    what = counted("{first}", "{n} files, the first is {first}", len(files), first=files[0].path)
    evidence = [text("{path} {why}", path=file.path, why=_why(file.why)) for file in files[:_MOST]]
    if len(files) > _MOST:
        evidence.append(counted("and {n} more", "and {n} more", len(files) - _MOST))
    yield CheckResult({"what": what}, tuple(evidence))


def _why(why: str) -> Text:
    """Return the end of a sentence."""
    if why == TOO_MUCH:
        return text("holds more code that Python runs when it starts than tritondoctor follows")
    if why == TOO_LONG:
        return text("states a requirement that is longer than tritondoctor reads")
    return text("{why}", why=why)


RULES = (file_not_read,)
