"""English sentences found again in a catalogue: those of stored reports, of facts, and of errors.

A template is recognised by its words; its fields hold what stands between them.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import NamedTuple, Optional

from tritondoctor.support.numbers import whole

_FIELD = re.compile(r"(?<!\{)\{([^\W\d]\w*)(?:![rsa])?(?::[^{}]*)?\}(?!\})")
#: a word and something behind it; whatever has no more than a word is a name
_PROSE = re.compile(r"[a-z]{2,} [A-Za-z~/`'\"(]|(?<!\S)[a-z]{2,} \d")
_WORDS = re.compile(r"[A-Za-z]{2}")
#: letters in the words of a template that no other sentence has by chance
_STRONG = 10
_LONGEST, _DEEPEST, _KEY = 2000, 3, 3
#: where one sentence ends and another begins, and where a part of one does
_BETWEEN, _WITHIN = re.compile(r"(?<=\.) "), re.compile(r"(?<=;) ")


class _Form(NamedTuple):
    """One form of a message: its literal parts and the names of the fields between them."""

    literals: tuple[str, ...]
    names: tuple[str, ...]
    singular: str
    many: str
    longest: str

    def fields(self, sentence: str) -> Optional[dict[str, str]]:
        """What its fields hold in a sentence, each up to where the next literal first begins."""
        if not self.names or self.longest not in sentence:
            return None
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

    def swallows(self, fields: dict[str, str]) -> bool:
        """Whether it begins with a field in which another sentence ends."""
        return not self.literals[0] and bool(_BETWEEN.search(fields[self.names[0]]))

    @property
    def _is_weak(self) -> bool:
        """Whether it has so few words that it could stand in anybody's sentence: "{a} is {b}"."""
        return sum(map(str.isalpha, "".join(self.literals))) < _STRONG


class Catalogue:
    """A compiled catalogue (.mo), of which only what is asked for is read; its messages are sorted.

    The format is described in gettext's manual, `MO Files`.  It also translates sentences whose fields
    are filled in.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._order = "<" if content[:4] == b"\xde\x12\x04\x95" else ">"
        self._count, *self._tables = struct.unpack_from(f"{self._order}3I", content, 8)
        self._templates: Optional[dict[str, list[tuple[str, tuple[str, str]]]]] = None
        self._forms: dict[str, _Form] = {}
        self._known: dict[str, str] = {}

    def gettext(self, message: str) -> str:
        """The translation, or the message."""
        return self._found(message) or message

    def ngettext(self, singular: str, many: str, n: int) -> str:
        """The same for a number of things."""
        forms = (self._found(singular) or "").split("\0")
        if forms == [""]:
            return singular if n == 1 else many
        return forms[self._form(n)] if len(forms) > 1 else forms[0]

    def _form(self, n: int) -> int:
        from gettext import c2py

        rule = re.search(r"plural=([^;\n]+)", self._found("") or "")
        return int(c2py(rule[1])(n)) if rule else int(n != 1)

    def _found(self, message: str) -> Optional[str]:
        wanted = message.encode("utf-8", "surrogatepass")  # a file may have any name
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            id = self._text(0, middle).partition(b"\0")[0]
            if id == wanted:
                return self._text(1, middle).decode()
            low, high = (middle + 1, high) if id < wanted else (low, middle)
        return None

    def _text(self, table: int, number: int) -> bytes:
        place = self._tables[table] + 8 * number
        length, offset = struct.unpack_from(f"{self._order}2I", self._content, place)
        return self._content[offset : offset + length]

    def shown(self, sentence: str, depth: int = 0) -> str:
        """The sentence in this language; as it is where no template makes it."""
        if len(sentence) > _LONGEST or depth > _DEEPEST or not _PROSE.search(sentence):
            return sentence
        if sentence.startswith("tritondoctor "):  # a command, or a sentence about the program
            return self.gettext(sentence)
        if sentence not in self._known:
            self._known[sentence] = self._looked_up(sentence, depth)
        return self._known[sentence]

    def _looked_up(self, sentence: str, depth: int) -> str:
        exact = self.gettext(sentence)
        if exact != sentence:
            return exact
        translation = self._filled(sentence, depth)
        if translation is not None:
            return translation
        for border in (_BETWEEN, _WITHIN):
            parts = border.split(sentence)
            if len(parts) > 1:
                return " ".join(self.shown(part, depth + 1) for part in parts)
        return sentence

    def _filled(self, sentence: str, depth: int) -> Optional[str]:
        fitting = ((form, form.fields(sentence)) for form in self._candidates(sentence))
        found = [
            (form, fields) for form, fields in fitting if fields is not None and not form.swallows(fields)
        ]
        if not found:
            return None
        form, fields = max(found, key=lambda pair: sum(map(len, pair[0].literals)))
        fields = {name: self.shown(value, depth + 1) for name, value in fields.items()}
        # what the fields hold has its form already
        return _FIELD.sub(lambda field: f"{{{field[1]}}}", self._words(form, fields)).format(**fields)

    def _words(self, form: _Form, fields: dict[str, str]) -> str:
        if not form.many:
            return self.gettext(form.singular)
        number = fields.get("count", fields.get("n", "")).replace(",", "")
        return self.ngettext(form.singular, form.many, whole(number) if number.isdecimal() else 2)

    def _candidates(self, sentence: str) -> Iterator[_Form]:
        if self._templates is None:
            self._templates = {}
            for template, message in self._with_fields():
                self._templates.setdefault(_place(template), []).append((template, message))
        for place in (sentence[:_KEY], f"\0{sentence[-_KEY:]}", ""):
            for template, message in self._templates.get(place, ()):
                form = self._forms.get(template)
                if form is None:
                    form = self._forms[template] = _form(template, *message)
                yield form

    def _with_fields(self) -> Iterator[tuple[str, tuple[str, str]]]:
        """Each form of a message with fields, and the message."""
        table = struct.unpack_from(f"{self._order}{2 * self._count}I", self._content, self._tables[0])
        for length, offset in zip(table[::2], table[1::2]):
            id = self._content[offset : offset + length]
            if b"{" in id:
                singular, _, many = id.decode().partition("\0")
                for template in (singular, many) if many else (singular,):
                    yield template, (singular, many)


def _place(template: str) -> str:
    """Where to look for it: by how it begins, else by how it ends."""
    head, tail = template.partition("{")[0], template.rpartition("}")[2]
    if len(head) >= _KEY:
        return head[:_KEY]
    return f"\0{tail[-_KEY:]}" if len(tail) >= _KEY else ""


def _form(template: str, singular: str, many: str) -> _Form:
    parts = _FIELD.split(template)
    literals = tuple(map(_unbraced, parts[::2]))
    names = tuple(parts[1::2]) if _WORDS.search("".join(literals)) else ()
    return _Form(literals, names, singular, many, max(literals, key=len))


def _unbraced(words: str) -> str:
    return words.replace("{{", "{").replace("}}", "}")
