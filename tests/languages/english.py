"""English sentences on a screen that should hold none."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: commands, names and other people's words between quotes, and text in a foreign bracket
_QUOTED = re.compile(
    r"`[^`]*`|\"[^\"\n]*\"|\u201c[^\u201d]*\u201d|(?<!\w)'[^'\n]*'(?!\w)|<[^<>]*>|https?://\S+"
)
#: a word of prose; a path, an option, a version or a name with capitals inside is none
_WORD = r"(?<![\w./\\=@$+-])[A-Za-z]?[a-z']+(?![\w/\\=@+-]|\.\w)"
_SENTENCE = re.compile(rf"{_WORD}(?:[,;:]? +{_WORD}){{2,}}")
_PROGRAM = re.compile(r"tritondoctor(?: [\w./~-]+)+")


def sentences(text: str, quoted: Iterable[str] = ()) -> list[str]:
    """Runs of three words and more outside of quotes and commands; `quoted` are lines that stay as they are."""
    text = " ".join(text.split())
    for line in quoted:
        text = text.replace(" ".join(line.split()), "\u2591")
    text = _PROGRAM.sub("\u2591", _QUOTED.sub("\u2591", text))
    return [found[0] for found in _SENTENCE.finditer(text)]
