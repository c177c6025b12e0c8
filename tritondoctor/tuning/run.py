"""`tune`: start the user's function, race its configurations, and say what follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Optional

from tritondoctor.support.messages import _
from tritondoctor.target import Target
from tritondoctor.tuning import decide, plan
from tritondoctor.tuning.measure import Died
from tritondoctor.tuning.model import (
    DEFAULT,
    Contender,
    ContenderFigures,
    FailedContender,
    MachineLoad,
    OpenLoop,
    TuneResult,
)
from tritondoctor.tuning.race import Race
from tritondoctor.tuning.track import Progress, Track, Wishes

_OPEN_LOOP_S = 3.0


def tune(
    target: Target,
    wishes: Wishes,
    *,
    predicted: bool = False,
    progress: Progress = lambda words, left: None,
) -> TuneResult:
    """Tune the function.  Raises UsageError for what its file lacks, Ended where PyTriton does not start.

    `predicted`: the checks say that it will not.
    """
    track = Track(target, wishes, predicted)
    try:
        progress(_("starting the server"), wishes.seconds)
        track.start(DEFAULT)
        race = Race(
            track, wishes.clients, wishes.most_instances, wishes.budget_ms, progress, wishes.seconds
        )  # fmt: skip
        race.run(wishes.threads or (None,))
        measured, noise = race.all_figures(race.finalists), race.noise(race.finalists)
        decision = race.decision()
        default = next((contender for contender in measured if contender.configuration == DEFAULT), None)
        open_loop = tuple(_open_loop(track, wishes, progress, decision.recommended, default))
        progress(_("stopping the server"), plan.END_S)
    finally:
        surroundings = track.close()
    return _result(
        wishes, race, measured, decision, noise, default, open_loop, surroundings, track.elapsed()
    )


def _result(
    wishes: Wishes,
    race: Race,
    measured: list[ContenderFigures],
    decision: decide.Decision,
    noise: float,
    default: Optional[ContenderFigures],
    open_loop: tuple[OpenLoop, ...],
    surroundings: MachineLoad,
    seconds: float,
) -> TuneResult:
    return TuneResult(
        file=wishes.file,
        function=wishes.function,
        protocol=wishes.protocol,
        generator=wishes.generator,
        clients=wishes.clients,
        budget_ms=wishes.budget_ms,
        configurations=tuple(sorted(measured, key=decide.score, reverse=True)),
        failed=tuple(
            FailedContender(**_fields(runner.configuration), problem=runner.problem)
            for runner in race.runners.values()
            if runner.problem
        ),
        default=default,
        recommended=decision.recommended,
        nearest=decision.nearest,
        equal=decision.equal,
        reason=decision.reason,
        noise=noise,
        gain=decide.gain(decision.recommended, default),
        open_loop=open_loop,
        left_out=race.left_out,
        surroundings=surroundings,
        seconds=round(seconds, 1),
    )


def _open_loop(
    track: Track, wishes: Wishes, progress: Progress, *measured: Optional[ContenderFigures]
) -> Iterator[OpenLoop]:
    """The recommended one and the default at each rate of --rate."""
    configurations = dict.fromkeys(
        contender.configuration for contender in measured if contender is not None
    )
    for rate in wishes.rates:
        for configuration in configurations:
            progress(_("{rate} requests a second", rate=f"{rate:g}"), _OPEN_LOOP_S)
            try:
                yield track.open_loop(configuration, rate, _OPEN_LOOP_S)
            except Died:
                return


def _fields(configuration: Contender) -> dict[str, Any]:
    return {name: getattr(configuration, name) for name in configuration.__struct_fields__}
