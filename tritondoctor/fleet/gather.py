"""From a stream of reports to the summary of a fleet; only what the summary needs is kept."""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple, Optional

from tritondoctor import __version__
from tritondoctor.examination.diff import Folders
from tritondoctor.fleet import cards
from tritondoctor.fleet.answers import HostAnswer, UnreadableError, read_answer
from tritondoctor.fleet.causes import Causes
from tritondoctor.fleet.model import (
    SCHEMA,
    Cards,
    FleetSummary,
    HostSummary,
    Outlier,
    Repeated,
    Silent,
    Unread,
    Verdict,
)
from tritondoctor.fleet.outliers import outliers_of
from tritondoctor.fleet.profiles import Profiles, places_of
from tritondoctor.fleet.reading import Piece
from tritondoctor.fleet.record import Status
from tritondoctor.support.numbers import whole

_LONGEST_MESSAGE = 500


class _Kept(NamedTuple):
    """A host; `variant` is the number of its causes, `sections` are the numbers of its facts."""

    role: Optional[str]
    status: Status
    message: str
    variant: int
    sections: array[int]
    cards: tuple[str, str]


class Gathering:
    """Collects the reports of a fleet, one after the other."""

    def __init__(self, role_from: Optional[re.Pattern[str]]) -> None:
        self._role_from = role_from
        self._hosts: dict[str, _Kept] = {}
        self._sources: dict[str, list[str]] = {}
        self._unread: list[Unread] = []
        self._causes = Causes()
        self._profiles = Profiles()
        self._cards: dict[tuple[str, str], tuple[str, str]] = {}

    def add(self, piece: Piece) -> None:
        """Read a report; note it as unread if that fails."""
        try:
            report = read_answer(piece)
            self._hosts[report.host] = self._kept(report)
        except UnreadableError as failure:
            self._unread.append(Unread(piece.source, str(failure)))
        except (ValueError, LookupError, TypeError, AttributeError) as failure:
            why = f"damaged, or of another release: its facts are inconsistent ({failure})"
            self._unread.append(Unread(piece.source, why))
        else:
            self._sources.setdefault(report.host, []).append(piece.source)

    def _kept(self, report: HostAnswer) -> _Kept:
        role, places = self._role(report), Folders()
        sections, cards_and_driver = array("I"), ("", "")
        if report.facts is not None:
            places = places_of(report.facts)
            sections = self._profiles.add(report.facts, places)
            cards_and_driver = cards.of(report.facts["gpu"])
        variant = self._causes.add(report.host, report.causes, places)
        cards_and_driver = self._cards.setdefault(cards_and_driver, cards_and_driver)
        return _Kept(
            role, report.status, report.message[:_LONGEST_MESSAGE], variant, sections, cards_and_driver
        )

    def _role(self, report: HostAnswer) -> Optional[str]:
        if self._role_from is None:
            return report.role
        found = self._role_from.search(report.host)
        return found[self._role_from.groups and 1] if found else report.role

    def fleet(self, seconds: float) -> FleetSummary:
        """Return the summary of all hosts."""
        known = {name: self._hosts[name] for name in sorted(self._hosts, key=_naturally)}
        hosts = [self._host(name, host) for name, host in known.items()]
        reporting = {name: host for name, host in known.items() if host.status == "report"}
        silent = [
            Silent(name, host.role, host.status, host.message)
            for name, host in known.items()
            if host.status != "report"
        ]
        return FleetSummary(
            SCHEMA,
            __version__,
            _verdict(hosts, bool(self._unread)),
            self._causes.groups((name, host.variant) for name, host in reporting.items()),
            self._outliers(reporting, {host.host for host in hosts if host.verdict == "fail"}),
            silent,
            self._unread,
            [Repeated(name, sources) for name, sources in self._sources.items() if len(sources) > 1],
            _gpus(reporting),
            hosts,
            round(seconds, 3),
        )

    def _host(self, name: str, host: _Kept) -> HostSummary:
        if host.status != "report":
            return HostSummary(name, host.role, host.status, None, ())
        causes = self._causes.variants[host.variant]
        severities = {cause.severity for cause in causes}
        verdict: Verdict = "fail" if "error" in severities else "warn" if severities else "ok"
        return HostSummary(name, host.role, host.status, verdict, self._causes.ids(host.variant))

    def _outliers(self, reporting: dict[str, _Kept], failing: set[str]) -> list[Outlier]:
        roles: dict[Optional[str], dict[str, array[int]]] = defaultdict(dict)
        for name, host in reporting.items():
            roles[host.role][name] = host.sections
        outliers: list[Outlier] = []
        for role in sorted(roles, key=lambda role: (role is not None, role or "")):
            outliers += outliers_of(role, roles[role], failing, self._profiles)
        return outliers


def gather(pieces: Iterable[Piece], role_from: Optional[re.Pattern[str]]) -> Gathering:
    """Collect all pieces.  Raises ReadingError as `pieces` does."""
    gathering = Gathering(role_from)
    for piece in pieces:
        gathering.add(piece)
    return gathering


def _verdict(hosts: list[HostSummary], unread: bool) -> Verdict:
    verdicts = {host.verdict for host in hosts}
    if unread or not verdicts.isdisjoint(("fail", None)):
        return "fail"
    return "warn" if "warn" in verdicts else "ok"


def _gpus(reporting: dict[str, _Kept]) -> list[Cards]:
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, host in reporting.items():
        alike[host.cards].append(name)
    groups = [Cards(*cards_and_driver, hosts) for cards_and_driver, hosts in alike.items()]
    return sorted(
        groups, key=lambda group: (not group.cards, -len(group.hosts), group.cards, group.driver)
    )


def _naturally(name: str) -> list[tuple[bool, int, str]]:
    """Sort `node9` before `node10`."""
    return [
        (part.isdecimal(), whole(part) if part.isdecimal() else 0, part)
        for part in re.findall(r"[0-9]+|[^0-9]+", name)
    ]
