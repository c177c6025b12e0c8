"""What bash and the C library say in another language, put back into English.

Triton starts its stubs through bash, and bash speaks the language of the user's locale.
"""

from __future__ import annotations

import functools
import itertools
import re
from typing import NamedTuple

from tritondoctor.logs.line import with_ascii_marks
from tritondoctor.support import own_files

#: what people and input methods change around a message
_AROUND = " :\uff1a"
_FIELD = re.compile(r"%[sdc]")


class _Message(NamedTuple):
    raw: bytes
    needle: str
    pattern: re.Pattern[str]
    english: str


def in_english(line: str) -> str:
    """Return a line of `line.texts` with every message of `data/foreign_messages.json` in English."""
    for message in _messages():
        if message.needle in line:
            line = message.pattern.sub(message.english, line)
    return line


@functools.cache
def needles() -> tuple[bytes, ...]:
    """Every line that `in_english` changes holds one of these, as the program wrote it."""
    return tuple(dict.fromkeys(message.raw for message in _messages()))


@functools.cache
def _messages() -> tuple[_Message, ...]:
    languages = own_files.table("foreign_messages.json").values()
    pairs = {translation: english for language in languages for translation, english in language.items()}
    return tuple(
        _message(translation, pairs[translation]) for translation in sorted(pairs, key=len)[::-1]
    )


def _message(translation: str, english: str) -> _Message:
    """`%d` is a number, any other field any text."""
    raw = max((part.strip(_AROUND) for part in _FIELD.split(translation)), key=len).encode()
    cleaned = with_ascii_marks(translation)
    literals = _FIELD.split(cleaned)
    fields = [r"(\d+)" if field == "%d" else "(.*?)" for field in _FIELD.findall(cleaned)]
    escaped = [re.escape(literal) for literal in literals]
    pattern = "".join(
        part for pair in itertools.zip_longest(escaped, fields, fillvalue="") for part in pair
    )
    numbers = iter(range(1, len(literals)))
    replacement = _FIELD.sub(lambda _: rf"\{next(numbers)}", english)
    return _Message(raw, max(literals, key=len), re.compile(pattern), replacement)
