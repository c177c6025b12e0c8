"""English sentences found again in a catalogue: those of stored reports, of facts, and of errors.

A template is recognised by its words; its fields hold what stands between them.
"""

from __future__ import annotations

import gettext
import io
import re
import struct
from collections.abc import Iterator
from typing import NamedTuple, Optional

_FIELD = re.compile(r"(?<!\{)\{([^\W\d]\w*)(?:![rsa])?(?::[^{}]*)?\}(?!\})")
#: a word and something behind it; whatever has no more than a word is a name
_PROSE = re.compile(r"[a-z]{2,} \S")
_WORDS = re.compile(r"[A-Za-z]{2}")
#: letters in the words of a template that no other sentence has by chance
_STRONG = 10
_LONGEST, _DEEPEST = 2000, 3
#: where one sentence ends and another begins
_BETWEEN = re.compile(r"(?<=[.:;]) ")


class _Form(NamedTuple):
    """One form of a message: its literal parts and the names of the fields between them."""

    literals: tuple[str, ...]
    names: tuple[str, ...]
    singular: str
    many: str

    def fields(self, sentence: str) -> Optional[dict[str, str]]:
        """What its fields hold in a sentence, each up to where the next literal first begins."""
        first, *others, last = self.literals
        if not sentence.startswith(first) or not sentence.endswith(last):
            return None
        at, end = len(first), len(sentence) - len(last)
        found: dict[str, str] = {}
        for name, literal in zip(self.names, [*others, None]):
            until = end if literal is None else sentence.find(literal, at + 1, end) if literal else -1
            value = sentence[at:until]
            if until <= at or found.setdefault(name, value) != value:
                return None
            at = until + len(literal or "")
        return None if self._is_weak and any(map(_PROSE.search, found.values())) else found

    @property
    def _is_weak(self) -> bool:
        """Whether it has so few words that it could stand in anybody's sentence: "{a} is {b}"."""
        return sum(map(str.isalpha, "".join(self.literals))) < _STRONG


class Catalogue(gettext.GNUTranslations):
    """gettext's own, which also translates sentences whose fields are filled in."""

    content = b""
    _templates: Optional[list[tuple[str, str, str, str]]] = None

    def shown(self, sentence: str, depth: int = 0) -> str:
        """The sentence in this language; as it is where no template makes it."""
        if len(sentence) > _LONGEST or depth > _DEEPEST or not _PROSE.search(sentence):
            return sentence
        exact: str = self.gettext(sentence)
        if exact != sentence:
            return exact
        whole = self._filled(sentence, depth)
        if whole is not None:
            return whole
        parts = _BETWEEN.split(sentence)
        return " ".join(self.shown(part, depth + 1) for part in parts) if len(parts) > 1 else sentence

    def _filled(self, sentence: str, depth: int) -> Optional[str]:
        fitting = ((form, form.fields(sentence)) for form in self._candidates(sentence))
        found = [(form, fields) for form, fields in fitting if fields is not None]
        if not found:
            return None
        form, fields = max(found, key=lambda pair: sum(map(len, pair[0].literals)))
        fields = {name: self.shown(value, depth + 1) for name, value in fields.items()}
        # what the fields hold has its form already
        return _FIELD.sub(lambda field: f"{{{field[1]}}}", self._words(form, fields)).format(**fields)

    def _words(self, form: _Form, fields: dict[str, str]) -> str:
        if not form.many:
            return str(self.gettext(form.singular))
        number = fields.get("count", fields.get("n", "")).replace(",", "")
        return str(self.ngettext(form.singular, form.many, int(number) if number.isdigit() else 2))

    def _candidates(self, sentence: str) -> Iterator[_Form]:
        if self._templates is None:
            self._templates = list(_templates(self.content))
        for head, tail, singular, many in self._templates:
            if sentence.startswith(head) and sentence.endswith(tail):
                for template in filter(None, (singular, many)):
                    parts = _FIELD.split(template)
                    literals = tuple(map(_unbraced, parts[::2]))
                    yield _Form(literals, tuple(parts[1::2]), singular, many)


def catalogue_of(content: bytes) -> Catalogue:
    """The catalogue of a compiled file (.mo)."""
    made = Catalogue(io.BytesIO(content))
    made.content = content
    return made


def _templates(content: bytes) -> Iterator[tuple[str, str, str, str]]:
    """The messages of a .mo file that have fields: how each begins and ends, it, and its plural.

    The format is described in gettext's manual, `MO Files`.
    """
    order = "<" if content[:4] == b"\xde\x12\x04\x95" else ">"
    count, at = struct.unpack_from(f"{order}2I", content, 8)
    for number in range(count):
        length, offset = struct.unpack_from(f"{order}2I", content, at + 8 * number)
        singular, _, many = content[offset : offset + length].decode().partition("\0")
        if "{" not in singular or not _WORDS.search(_FIELD.sub("", singular)):
            continue
        if many:
            yield "", "", singular, many
        else:
            yield singular.partition("{")[0], singular.rpartition("}")[2], singular, ""


def _unbraced(words: str) -> str:
    return words.replace("{{", "{").replace("}}", "}")
