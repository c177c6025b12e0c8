"""A language that shows what is no message and what has no room: in brackets, half as long again."""

from __future__ import annotations

import functools
import io
import re

from babel.messages.mofile import write_mo

from tritondoctor.data import make_messages
from tritondoctor.support.stored import Catalogue

OPENED, CLOSED = "\u27e6", "\u27e7"
_FIELD_OR_PARAGRAPH = re.compile(r"((?<!\{)\{[^{}]*\}(?!\})|\n\n)")
_BRACKETS = re.compile(f"{OPENED}[^{OPENED}{CLOSED}]*{CLOSED}")


def catalogue() -> Catalogue:
    """The messages that `make messages` extracts; what their fields hold is in no bracket of theirs."""
    return Catalogue(_compiled())


@functools.cache
def _compiled() -> bytes:
    extracted = make_messages.extracted()
    for message in extracted:
        if message.id:
            forms = [_longer(id) for id in ([message.id] if isinstance(message.id, str) else message.id)]
            message.string = forms[0] if isinstance(message.id, str) else tuple(forms)
    file = io.BytesIO()
    write_mo(file, extracted)
    return file.getvalue()


def _longer(message: str) -> str:
    parts = _FIELD_OR_PARAGRAPH.split(message)
    parts[::2] = [_bracketed(words) for words in parts[::2]]
    return "".join(parts)


def _bracketed(words: str) -> str:
    if not any(map(str.isalpha, words)):
        return words
    more = "~" * (len(words.strip()) // 2 - 1)
    longer = " ".join(more[at : at + 6] for at in range(0, len(more), 7))
    bare = words.strip()
    before, _, after = words.partition(bare)
    return f"{before}{OPENED}{bare}{' ' if longer else ''}{longer}{CLOSED}{after}"


def outside(text: str) -> str:
    """What is left of a text without its messages; a bracket that is left belongs to one that was cut."""
    before = ""
    while before != text:
        before, text = text, _BRACKETS.sub("\u2591", text)
    return text
