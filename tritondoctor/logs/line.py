"""Lines as the program wrote them, without what terminals, containers and log shippers add to them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

from tritondoctor.privacy.keys import without_keys
from tritondoctor.privacy.scrub import scrub

LONGEST = 4096
#: a record of JSON may hold a whole traceback
_LONGEST_RECORD = 65_536
_MOST_TEXTS = 400
_DEEPEST = 4
_CODE = r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])"
_COLOUR = re.compile(_CODE)
_COLOUR_BYTES = re.compile(_CODE.encode())
#: marks that word processors, chats and input methods put in place of the ASCII ones
_MARKS = str.maketrans("\u2018\u2019\u201c\u201d\u00a0\uff08\uff09\uff0c\uff1b\uff1d", "''\"\" (),;=")
_COLON = re.compile("\uff1a *")
#: the space that web pages do not break, marks of width zero, and marks of direction
_INVISIBLE = (
    (b"\xc2\xa0", b" "), (b"\xe2\x80\x8b", b""), (b"\xe2\x80\x8c", b""), (b"\xe2\x80\x8d", b""),
    (b"\xe2\x80\x8e", b""), (b"\xe2\x80\x8f", b""), (b"\xe2\x81\xa0", b""), (b"\xef\xbb\xbf", b""),
)  # fmt: skip
_WRITTEN = re.compile(r"\\([nt\"'\\])")
_RIGHT_BORDER = re.compile(rb"[ \t]*\xe2(?:\x94[\x82\x83]|\x95\x91)[ \t\r]*$", re.MULTILINE)
_BORDER = re.compile(r"^\s*[\u2502\u2503\u2551] ?|\s*[\u2502\u2503\u2551]\s*$")
_LOGFMT = re.compile(r'\b(?:msg|message|err|error|event|exception|reason)="((?:[^"\\]|\\.)*)"')
#: what a program says before it quotes a record
_PROSE = re.compile(r"\b[a-z]{2,} [a-z]{2,}\b")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"?')


def undressed(block: bytes) -> bytes:
    """Remove what may stand inside a word or behind a line: colours, spaces of web pages, borders."""
    if b"\x1b" in block:
        block = _COLOUR_BYTES.sub(b"", block)
    for mark, plain_mark in _INVISIBLE:
        if mark in block:
            block = block.replace(mark, plain_mark)
    return _RIGHT_BORDER.sub(b"", block) if b"\xe2" in block else block


def with_ascii_marks(text: str) -> str:
    """Return a text with the quotation marks, brackets and colons that programs print."""
    return _COLON.sub(": ", text).translate(_MARKS)


def plain(raw: bytes) -> str:
    """Return a line without colours, borders and secrets; of a record of JSON, the record as it is."""
    return scrub(_cleaned(raw[:LONGEST]))


def texts(raw: bytes) -> tuple[str, ...]:
    """Return the lines that a program wrote into one line of a log, without secrets.

    There are several where the line is a record (JSON, logfmt) with values of several lines, and where
    a whole log was written as one text (by Python's repr, or as a string of JSON).
    """
    if b"{" in raw or b'="' in raw:
        line = _cleaned(raw[:_LONGEST_RECORD])
        found = [text for value in _values(line) for text in value.splitlines() if text.strip()]
        if found:
            return _without_secrets(found)
    if b"\\n" in raw and (len(raw) > LONGEST or _is_literal(raw)):
        parts = _WRITTEN.sub(_meant, _cleaned(raw[:_LONGEST_RECORD]).strip(" \"'")).split("\n")
        return _without_secrets(parts)
    return (plain(raw),)


def _without_secrets(parts: list[str]) -> tuple[str, ...]:
    return tuple(scrub(text) for text in without_keys(part[:LONGEST] for part in parts[:_MOST_TEXTS]))


def _is_literal(raw: bytes) -> bool:
    """Whether a whole line is one string, with its line ends written out."""
    text = raw.strip().rstrip(b",").removeprefix(b"b")
    return text[:1] in (b"'", b'"') and text.endswith(text[:1])


def _meant(written: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t"}.get(written[1], written[1])


def _cleaned(raw: bytes) -> str:
    text = _COLOUR.sub("", raw.decode("utf-8", "replace")).strip("\r\n\0").rpartition("\r")[2]
    if not text.isascii():
        text = _BORDER.sub("", with_ascii_marks(text))
    return html.unescape(text) if "&" in text and ";" in text else text


def _values(line: str) -> list[str]:
    """Return the strings of a record, in their order; none if the line is no record."""
    start = line.find("{")
    if start >= 0 and re.match(r'\{\s*"', line[start:]):
        prose = [line[:start]] if _PROSE.search(line, 0, start) else []
        try:
            return prose + list(_strings(json.JSONDecoder().raw_decode(line[start:])[0], 0))
        except ValueError:  # cut off, or braces of something else
            return prose + [_unescaped(match[1]) for match in _STRING.finditer(line, start)]
    if line.lstrip().startswith("<"):  # the attributes of a tag: JUnit's, a page's
        return []
    return [_unescaped(match[1]) for match in _LOGFMT.finditer(line)]


def _strings(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        inner = value.strip()
        if inner.startswith('{"') and depth < _DEEPEST:  # a record that a container's log holds
            try:
                value = json.loads(inner)
            except ValueError:
                yield inner
                return
            yield from _strings(value, depth + 1)
        else:
            yield value
    elif depth < _DEEPEST:
        members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        for member in members:
            yield from _strings(member, depth + 1)


def _unescaped(text: str) -> str:
    try:
        value = json.loads(f'"{text}"')
    except ValueError:
        return text.replace("\\n", "\n").replace('\\"', '"')
    return value if isinstance(value, str) else text
