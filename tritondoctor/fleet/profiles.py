"""Facts of many hosts, stored once where hosts share them."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from tritondoctor.examination import diff
from tritondoctor.examination.diff import Folders
from tritondoctor.fleet.answers import Parts
from tritondoctor.support import structs

Fact = tuple[str, str]
#: the part that is split, because its inner parts vary independently
LAUNCH = "launch"
PROGRAMS = f"{LAUNCH}.programs"
#: texts that are remembered; a fleet has a few dozen of each part
_MOST_SEEN = 50_000


class Section(NamedTuple):
    """A part of the facts (`host`, `launch.ports`) as some hosts have it: name -> value."""

    part: str
    facts: dict[str, str]


class Profiles:
    """Sections by number; a host is stored as the numbers of its sections."""

    def __init__(self) -> None:
        self.sections: list[Section] = []
        self._known: dict[tuple[str, tuple[Fact, ...]], int] = {}
        self._seen: dict[bytes, int] = {}
        self._texts: dict[str, str] = {}

    def add(self, facts: Parts, places: Folders) -> array[int]:
        """Return the numbers of a host's sections."""
        written = list(_as_json(places))
        return array("I", (self._number(part, bytes(raw), written) for part, raw in _parts(facts)))

    def _number(self, part: str, text: bytes, places: list[tuple[bytes, bytes]]) -> int:
        for folder, name in places:
            text = text.replace(folder, name)
        key = blake2b(b"%b\0%b" % (part.encode(), text), digest_size=16).digest()
        number = self._seen.get(key)
        if number is None:
            if len(self._seen) >= _MOST_SEEN:
                self._seen.clear()
            number = self._seen[key] = self._section(part, _flat(part, text))
        return number

    def _section(self, part: str, facts: dict[str, str]) -> int:
        once = self._texts.setdefault
        facts = {once(name, name): once(value, value) for name, value in facts.items()}
        number = self._known.setdefault((part, tuple(facts.items())), len(self.sections))
        if number == len(self.sections):
            self.sections.append(Section(part, facts))
        return number


def places_of(facts: Parts) -> Folders:
    """Return the folders of the environment.  Raises structs.Unfit if the facts lack them."""
    return diff.folders({name: msgspec.json.decode(facts[name]) for name in ("interpreter", "variables")})


def _parts(facts: Parts) -> Iterator[tuple[str, msgspec.Raw]]:
    for name, raw in facts.items():
        if name == LAUNCH and bytes(raw) != b"null":
            inner = structs.decode(raw, type=Parts)
            yield from ((f"{name}.{part}", inner_part) for part, inner_part in inner.items())
        else:
            yield name, raw


def _as_json(places: Folders) -> Iterator[tuple[bytes, bytes]]:
    """Yield places as JSON writes them, so that equal texts are recognised before they are decoded."""
    for folder, name in places:
        for text in {json.dumps(folder), json.dumps(folder, ensure_ascii=False)}:
            yield text[1:-1].encode("utf-8", "replace"), name.encode()


def _flat(part: str, text: bytes) -> dict[str, str]:
    decoded = msgspec.json.decode(text)
    if part == PROGRAMS:
        answers, _ = diff.answers(decoded, ())
        return {": ".join(key): value for key, value in answers.items()}
    return diff.flat(decoded, part, ())
