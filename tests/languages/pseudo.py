"""A language that shows what is no message and what has no room: words in brackets, half as long again."""

from __future__ import annotations

import functools
import gettext
import re

from tritondoctor.data import make_messages

OPENED, CLOSED = "\u27e6", "\u27e7"
_FIELD = re.compile(r"((?<!\{)\{[^{}]*\}(?!\}))")
_BRACKETS = re.compile(f"{OPENED}[^{OPENED}{CLOSED}]*{CLOSED}")


class Pseudo(gettext.NullTranslations):
    """Has the messages that `make messages` extracts, and no others."""

    def gettext(self, message: str) -> str:
        """The message, lengthened by words that mean nothing; what its fields hold is in no bracket."""
        if message not in _known():
            return message
        parts = _FIELD.split(message)
        parts[::2] = [_bracketed(words) for words in parts[::2]]
        return "".join(parts)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The same of a plural."""
        return self.gettext(msgid1 if n == 1 else msgid2)


@functools.cache
def _known() -> frozenset[str]:
    ids = (message.id for message in make_messages.extracted() if message.id)
    return frozenset(id for ids_ in ids for id in ((ids_,) if isinstance(ids_, str) else ids_))


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
    return _BRACKETS.sub("\u2591", text)
