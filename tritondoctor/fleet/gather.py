"""From a stream of pieces to a fleet: of each host is kept what is told of it, and no more."""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple, Optional

import msgspec

from tritondoctor import __version__
from tritondoctor.examination.diff import Folders
from tritondoctor.fleet import cards
from tritondoctor.fleet.answers import Heard, UnreadableError, heard
from tritondoctor.fleet.causes import Causes
from tritondoctor.fleet.model import (
    SCHEMA,
    Cards,
    FleetSummary,
    HostRecord,
    Odd,
    Repeated,
    Silent,
    Unread,
    Verdict,
)
from tritondoctor.fleet.outliers import odd_ones
from tritondoctor.fleet.profiles import Profiles, places_of
from tritondoctor.fleet.reading import Piece
from tritondoctor.fleet.record import Answer

_MOST_SAID = 500


class _Kept(NamedTuple):
    """One host; the numbers are those of its causes' variant and of its facts' sections."""

    role: Optional[str]
    answer: Answer
    said: str
    variant: int
    sections: array[int]
    cards: tuple[str, str]


class Gathering:
    """Takes pieces one by one."""

    def __init__(self, role_from: Optional[re.Pattern[str]]) -> None:
        self._role_from = role_from
        self._hosts: dict[str, _Kept] = {}
        self._sources: dict[str, list[str]] = {}
        self._unread: list[Unread] = []
        self._causes = Causes()
        self._profiles = Profiles()
        self._cards: dict[tuple[str, str], tuple[str, str]] = {}

    def add(self, piece: Piece) -> None:
        """Reads one; what cannot be read is kept as such."""
        try:
            told = heard(piece)
            self._hosts[told.host] = self._kept(told)
        except UnreadableError as failure:
            self._unread.append(Unread(piece.source, str(failure)))
        except (msgspec.MsgspecError, LookupError, TypeError, AttributeError) as failure:
            why = f"damaged, or of another release: its facts do not go together ({failure})"
            self._unread.append(Unread(piece.source, why))
        else:
            self._sources.setdefault(told.host, []).append(piece.source)

    def _kept(self, told: Heard) -> _Kept:
        role, places = self._role(told), Folders()
        sections, some = array("I"), ("", "")
        if told.facts is not None:
            places = places_of(told.facts)
            sections = self._profiles.add(told.facts, places)
            some = cards.of(told.facts["gpu"])
        variant = self._causes.add(told.host, told.causes, places)
        some = self._cards.setdefault(some, some)
        return _Kept(role, told.answer, told.said[:_MOST_SAID], variant, sections, some)

    def _role(self, told: Heard) -> Optional[str]:
        if self._role_from is None:
            return told.role
        found = self._role_from.search(told.host)
        return found[self._role_from.groups and 1] if found else told.role

    def fleet(self, seconds: float) -> FleetSummary:
        """What is to be said of all of them."""
        known = {name: self._hosts[name] for name in sorted(self._hosts, key=_naturally)}
        hosts = [self._host(name, one) for name, one in known.items()]
        there = {name: one for name, one in known.items() if one.answer == "report"}
        silent = [
            Silent(name, one.role, one.answer, one.said)
            for name, one in known.items()
            if one.answer != "report"
        ]
        return FleetSummary(
            SCHEMA,
            __version__,
            _verdict(hosts, bool(self._unread)),
            self._causes.groups((name, one.variant) for name, one in there.items()),
            self._odd(there, {host.host for host in hosts if host.verdict == "fail"}),
            silent,
            self._unread,
            [Repeated(name, some) for name, some in self._sources.items() if len(some) > 1],
            _gpus(there),
            hosts,
            round(seconds, 3),
        )

    def _host(self, name: str, one: _Kept) -> HostRecord:
        if one.answer != "report":
            return HostRecord(name, one.role, one.answer, None, ())
        causes = self._causes.told[one.variant]
        severities = {cause.severity for cause in causes}
        verdict: Verdict = "fail" if "error" in severities else "warn" if severities else "ok"
        return HostRecord(name, one.role, one.answer, verdict, self._causes.ids(one.variant))

    def _odd(self, there: dict[str, _Kept], failing: set[str]) -> list[Odd]:
        roles: dict[Optional[str], dict[str, array[int]]] = defaultdict(dict)
        for name, one in there.items():
            roles[one.role][name] = one.sections
        found: list[Odd] = []
        for role in sorted(roles, key=lambda one: (one is not None, one or "")):
            found += odd_ones(role, roles[role], failing, self._profiles)
        return found


def gather(pieces: Iterable[Piece], role_from: Optional[re.Pattern[str]]) -> Gathering:
    """All of them; raises ReadingError as `pieces` does."""
    gathering = Gathering(role_from)
    for piece in pieces:
        gathering.add(piece)
    return gathering


def _verdict(hosts: list[HostRecord], unread: bool) -> Verdict:
    verdicts = {host.verdict for host in hosts}
    if unread or not verdicts.isdisjoint(("fail", None)):
        return "fail"
    return "warn" if "warn" in verdicts else "ok"


def _gpus(there: dict[str, _Kept]) -> list[Cards]:
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, one in there.items():
        alike[one.cards].append(name)
    found = [Cards(*some, hosts) for some, hosts in alike.items()]
    return sorted(found, key=lambda one: (not one.cards, -len(one.hosts), one.cards, one.driver))


def _naturally(name: str) -> list[tuple[bool, int, str]]:
    """`node9` before `node10`."""
    return [
        (part.isdigit(), int(part) if part.isdigit() else 0, part)
        for part in re.findall(r"[0-9]+|[^0-9]+", name)
    ]
