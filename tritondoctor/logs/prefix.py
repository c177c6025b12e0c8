"""What stands before a message: times, levels, loggers, processes, hosts, containers, test runners.

A prefix is not parsed as the format of one program: it is a row of parts, and any row is understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_MOST_PARTS = 14
_CLOCK = r"\d\d?:\d\d(?::\d\d)?(?:[.,:]\d+)?(?: ?[AaPp][Mm]\b)?"
_ZONE = r"(?: ?(?:Z|UTC|GMT|[A-Z]{3,4}(?=[\s,\])|])|[+-]\d\d:?\d\d))?"
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? "
_DATE = (
    r"\d\d-\d\d(?= \d\d:)|\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d\d(?:\d\d)?|"
    rf"\d\d?[-/ ]{_MONTH}[-/ ]\d{{2,4}}|{_MONTH} +\d\d?(?:,? \d{{4}}\b)?"
)
_TIME = rf"(?:{_DAY})?(?:(?:{_DATE})(?:[T, :@]+{_CLOCK})?|{_CLOCK}){_ZONE}(?: \d{{4}}\b)?"
_LEVEL = r"(?:DEBUG|INFO|NOTICE|WARN(?:ING)?|ERR(?:OR)?|CRIT(?:ICAL)?|FATAL|TRACE|SEVERE|[DIWEF])\b"
_PARTS = (
    rf"[\[(<]?{_TIME}[\])>]?",
    r"\d{10,19}(?:\.\d+)?\b",  # seconds, milliseconds or nanoseconds since 1970
    r"[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [\w.-]+:\d+\]",  # glog, of tritonserver itself
    rf"[\[(<]{_LEVEL} *[\])>]",
    rf"{_LEVEL}(?::[\w.-]+(?=:))?(?=[\s:|\]-])",
    r"##\[\w+\]",  # GitHub Actions
    r"[^\t\n]{1,80}\t[^\t\n]{1,120}\t(?=\d{4}-\d\d-\d\dT)",  # `gh run view --log`: job, step
    r"(?:stdout|stderr|out|err)(?: [FP])?(?=[\s:|])",  # the runtime interface of containers
    r"[\w./@ -]{1,80}?\s{0,80}(?<!\|)\|(?!\|)",  # docker compose; a cell of a table
    r"[\w.-]+ (?=[\w.@/-]+\[\d+\]:)",  # the host of syslog
    r"[\w.@/-]{1,80}\[\d+\]:",
    r"\[[^\[\]]{1,120}\]|\([^()]{1,160}\)|<[^<>]{1,60}>|\{[^{}]{1,120}\}",
    r"[\w./-]+\.(?:py|cc|cpp|go|rs|java|scala|ts|js)(?::\d+|\(\d+\))",
    r"(?:MainThread|Thread-\d+|[\w-]*ThreadPool\w*-[\w-]+|asyncio_\d+)\b",
    r"[0-9a-f]{8,64}(?:-[0-9a-f]{4,12})*\b",
    r"[\w.@-]+=(?:\"(?:[^\"\\]|\\.)*\"|[^\s\"]*)(?=\s)",
    r"(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?(?=\s)",
    r"E {2,}|>+ |-+> ?\d* |[$+*#\u2022\u276f] ",  # pytest, quoted mail, IPython, lists
    r"\d{1,7}\b(?=[:\s|])",  # a process, a rank, the number of a line
    r"[A-Za-z_][\w./@-]{0,80}(?::[a-z_<][\w.<>-]*|:\d+){0,2}(?: *:|(?= +[-|@] )| -)",  # a logger
)
_PART = re.compile("(?:" + "|".join(_PARTS) + ")")
_BETWEEN = re.compile(r"[\s|#@=:,;>\u2013\u2014`\"'-]*")


#: an exception somewhere in a line, behind a prefix that is none of the above
_RAISED = re.compile(r"(?<![\w.])(?:\w+\.)*[A-Z]\w*(?:Error|Exception|NotFound|Exit): ")
#: a line of source in a traceback, behind any prefix
_INDENTED = re.compile(r"\S {3,}\S")
#: what is told of an exception that was caught
_CAUGHT = re.compile(
    r"(?i)\b(?:ignor|optional|fall(?:ing)? ?back|skip|disable|not available|unavailable|continu|retry|"
    r"warn|deprecat|info\b|debug\b)"
)


def readings(line: str) -> Iterator[str]:
    """Yield a line, then what remains of it after each part that may belong to a prefix."""
    yield line
    yield from _shorter(line)
    indented = _INDENTED.search(line)
    if indented:
        yield line[indented.end() - 1 :]
    raised = _RAISED.search(line)
    if raised and raised.start() and not _CAUGHT.search(line[: raised.start()]):
        yield line[raised.start() :]


def _shorter(line: str) -> Iterator[str]:
    at = _blanks(line, 0)
    if at:
        yield line[at:]
    for _ in range(_MOST_PARTS):
        part = _PART.match(line, at)
        if part is None or part.end() == at:
            return
        at = _blanks(line, part.end())
        if at >= len(line):
            return
        yield line[at:]


def _blanks(line: str, at: int) -> int:
    match = _BETWEEN.match(line, at)
    return match.end() if match else at
