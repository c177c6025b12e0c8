"""Text that a terminal prints and does not obey, in which nothing is hidden or turned round."""

from __future__ import annotations

import re

from tritondoctor.privacy.patterns import compiled

#: Cc but line break and tab, Cf (bidirectional, zero width, tags), Zl, Zp, what is drawn as nothing
#: (fillers, joiners, variation selectors of the supplement), lone surrogates and non-characters
_UNPRINTABLE = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufeff\uffa0"
    "\ufff9-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
#: `::error::` begins a line (GitHub); `##[error]`, `##vso[` (Azure) and `##teamcity[` stand in one
_COMMANDS = r"(?m)^(?P<blank>[ \t]*):(?=:[A-Za-z][\w-]*(?:[ \t][^\n]*)?::)|#(?=#(?:\[|vso\[|teamcity\[))"


def printable(text: object) -> str:
    """The text with what cannot be printed, and what a CI runner obeys, spelt out.

    Tabs and line breaks stay.
    """
    words = str(text)
    if not (words.isascii() and words.isprintable()):
        words = compiled(_UNPRINTABLE).sub(lambda found: _spelt(found[0]), words)
    return _disobeyed(words) if "::" in words or "##" in words else words


def one_line(text: object) -> str:
    """The same in one line, so that no line of it can pass for one of ours."""
    return " ".join(printable(text).split())


def as_line(text: object) -> str:
    """The same with its blanks, and its line breaks spelt out."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def in_json(text: str) -> str:
    """JSON of the same value, in ASCII where a character cannot be printed or would command a runner."""
    if not text.isascii() or "\x7f" in text:
        text = compiled(_UNPRINTABLE).sub(lambda found: _escaped(found[0]), text)
    return compiled(_COMMANDS).sub(_escaped_command, text) if "##" in text else text


def _spelt(letter: str) -> str:
    code = ord(letter)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escaped(letter: str) -> str:
    code = ord(letter)
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"


def _disobeyed(text: str) -> str:
    return compiled(_COMMANDS).sub(
        lambda found: f"{found['blank'] or ''}\\x{ord(found[0][-1]):02x}", text
    )


def _escaped_command(found: re.Match[str]) -> str:
    return "\\u0023" if found[0] == "#" else found[0]
