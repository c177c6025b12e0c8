"""Every variable that the launch can read, set to values that may stop it; PyTriton started; compared."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.sweep import published
from tests.sweep.groups import Setting, Settings, batches, culprits
from tests.sweep.names import Named, all_names
from tests.sweep.trials import SURELY_S, Trials
from tests.sweep.values import GENERAL, KNOWN, MORE, NOT_AROUND
from tests.truth.bench import Bench
from tests.truth.declare import Environment


@dataclass(frozen=True)
class Stop:
    """Settings that stop PyTriton or that the doctor believes to: what both did, the log's last line."""

    settings: tuple[tuple[str, str], ...]
    served: bool
    verdict: str
    ids: tuple[str, ...]
    last_line: str

    @property
    def agrees(self) -> bool:
        """Whether the doctor's verdict is what PyTriton does."""
        return self.verdict != "none" and self.served == (self.verdict in ("ok", "warn"))


def settings_of(named: Iterable[Named]) -> list[Setting]:
    """The settings to be tried: each value for all names, before the next value."""
    by_name = {one.name: (*GENERAL, *_particular(one)) for one in named if one.name not in NOT_AROUND}
    longest = max(map(len, by_name.values()), default=0)
    return [
        Setting(name, values[place])
        for place in range(longest)
        for name, values in by_name.items()
        if place < len(values)
    ]


def _particular(named: Named) -> list[str]:
    words = named.beside if named.kind != "string" else ()
    return [word for word in dict.fromkeys((*KNOWN.get(named.name, ()), *words)) if word not in GENERAL]


def sweep(trials: Trials, settings: Sequence[Setting], size: int) -> Iterator[Stop]:
    """What differs from the sound environment, in either's eyes.

    A variable that stopped it once is tried alone from then on, and last: groups are mostly harmless, and
    what nobody knows comes first.
    """
    later: list[Settings] = []
    suspects: set[str] = set()
    groups = batches(settings, size)
    for number, group in enumerate(groups):
        rest = tuple(setting for setting in group if setting.name not in suspects)
        suspects |= _blamed(trials, rest)
        rest = tuple(setting for setting in rest if setting.name not in suspects)
        doubted = culprits(rest, lambda some: trials.check(some)[0] in ("ok", "warn"))
        suspects |= {some[0].name for some in doubted if len(some) == 1}
        rest = tuple(setting for setting in rest if setting.name not in suspects)
        missed = culprits(rest, lambda some: trials.start(some)[0])
        suspects |= {some[0].name for some in missed if len(some) == 1}
        later += [(setting,) for setting in group if setting.name in suspects]
        print(f"group {number + 1} of {len(groups)}, {trials.starts} starts", flush=True)
        yield from (_stop(trials, some) for some in (*doubted, *missed) if len(some) > 1)
        for some in missed:
            yield _stop(trials, some)
    for number, some in enumerate(later):
        print(f"{number + 1} of {len(later)} alone, {trials.starts} starts", flush=True)
        yield _stop(trials, some)


def _blamed(trials: Trials, group: Settings) -> set[str]:
    """The variables that the doctor itself names, until it names no more of them."""
    blamed: set[str] = set()
    while True:
        rest = tuple(setting for setting in group if setting.name not in blamed)
        _, _, names = trials.check(rest)
        if not names:
            return blamed
        blamed |= set(names)


def _tell(stop: Stop) -> None:
    mark = "" if stop.agrees else "  <--"
    shown = ", ".join(f"{name}={value!r}" for name, value in stop.settings[:4])
    ids = ",".join(stop.ids)
    print(f"{shown} served={stop.served} check={stop.verdict} {ids}{mark}", flush=True)


def _stop(trials: Trials, settings: Settings) -> Stop:
    served, log = trials.start(settings)
    verdict, ids, _ = trials.check(settings)
    if not served and verdict in ("ok", "warn"):  # a busy machine may have been why
        served, log = trials.start(settings, SURELY_S)
    lines = [line for line in log.splitlines() if line.strip()]
    return Stop(
        tuple((setting.name, setting.value) for setting in settings),
        served,
        verdict,
        tuple(ids),
        lines[-1][:200] if lines else "",
    )


def result(python: str, named: Sequence[Named], settings: int, starts: int, stops: list[Stop]) -> Any:
    """The data of a sweep, compact, with its date."""
    return {
        "date": time.strftime("%F"), "python": python, "names": len(named),
        "kinds": Counter(one.kind for one in named), "settings": settings, "starts": starts,
        "stops": sum(not stop.served for stop in stops),
        "disagreements": sum(not stop.agrees for stop in stops),
        "seen": [asdict(stop) for stop in stops],
    }  # fmt: skip


def run(python: str, release: str, store: Path, doctor: str, kinds: Sequence[str], size: int) -> int:
    """Sweeps the names of these kinds; 1 where doctor and PyTriton disagree."""
    named = [one for one in _names(python, release, store) if one.kind in kinds]
    settings = settings_of(named)
    trials = Trials(python, release, store, doctor)
    stops: list[Stop] = []
    try:
        for stop in sweep(trials, settings, size):
            _tell(stop)
            if stop not in stops and not (stop.served and stop.agrees):
                stops.append(stop)
    finally:
        trials.close()
    seen = result(python, named, len(settings), trials.starts, stops)
    path = store / f"{python}-{'-'.join(kinds)}.json"
    path.write_text(published.text_of(seen))
    print(f"{path}: {len(named)} names, {len(settings)} settings, {seen['stops']} stop PyTriton, "
          f"{seen['disagreements']} disagreements")  # fmt: skip
    return 1 if seen["disagreements"] else 0


def _names(python: str, release: str, store: Path) -> list[Named]:
    """The names of the launch, found once."""
    path = store / f"{python}-{release}-names.json"
    if not path.exists():
        bench = Bench()
        try:
            with bench.build(Environment("names", (), "", python, release, lambda place: None)) as work:
                found = list(all_names(work.place).values())
        finally:
            bench.close()
        known = {one.name for one in found}
        found += [Named(name, "asked", "its manual") for name in MORE if name not in known]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps([asdict(one) for one in found]))
    return [Named(**{**one, "beside": tuple(one["beside"])}) for one in json.loads(path.read_text())]


if __name__ == "__main__":
    sys.exit("python -m tests.sweep variables")
