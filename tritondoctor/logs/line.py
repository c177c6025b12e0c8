"""A line as the program wrote it, without what terminals and containers add to it."""

from __future__ import annotations

import re

from tritondoctor.privacy.scrub import scrub

LONGEST = 4096
_CODE = r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])"
_COLOUR = re.compile(_CODE)
_COLOUR_BYTES = re.compile(_CODE.encode())
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d)?"
#: docker-compose's name, kubectl --prefix, docker and kubectl timestamps, CRI's stream and tag, journald
_PREFIX = re.compile(
    rf"\s*(?:[\w.-]+ +\| |\[(?:pod/)?[\w./-]+\] |{_TIME}\s+(?:(?:stdout|stderr) [FP] )?"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ [\w.@-]+\[\d+\]: )"
)
_DOCKER_JSON = re.compile(r'^\{"log":"((?:[^"\\]|\\.)*)')


def without_colour(block: bytes) -> bytes:
    """Remove the colour codes of terminals, which may occur inside a word."""
    return _COLOUR_BYTES.sub(b"", block) if b"\x1b" in block else block


def plain(raw: bytes) -> str:
    """Return the line's own text, without secrets."""
    text = raw[:LONGEST].decode("utf-8", "replace")
    stored = _DOCKER_JSON.match(text)
    if stored:
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), stored[1])
        text = text.replace('\\"', '"').replace("\\n", "").replace("\\t", "\t").replace("\\\\", "\\")
    text = _COLOUR.sub("", text).strip("\r\n\0").rpartition("\r")[2]
    for _ in range(3):
        shorter = _PREFIX.sub("", text, count=1) if _PREFIX.match(text) else text
        if shorter == text:
            break
        text = shorter
    return scrub(text)
