"""The charts of a race, each with a sentence, also where it shows nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Optional

from tritondoctor.reports.picture import Picture, Series, short
from tritondoctor.support.messages import _, plural
from tritondoctor.tuning.model import Contender, ContenderFigures, TuneResult


def pictures(result: TuneResult) -> Iterator[Picture]:
    """All of them; none where nothing was measured."""
    if not result.configurations:
        return
    yield _batching(result)
    yield from _delays(result)
    yield _instances(result)
    yield _curve(result)


def _leader(result: TuneResult) -> ContenderFigures:
    return result.recommended or result.configurations[0]


def _peak(measured: ContenderFigures) -> float:
    """The most requests a second that the picture shows, whatever the budget."""
    return max(load.requests_per_second for load in measured.loads)


def _rates(measured: ContenderFigures, name: str) -> Series:
    points = ((float(load.clients), load.requests_per_second) for load in measured.loads)
    return Series(name, tuple(points))


def _batching(result: TuneResult) -> Picture:
    """Throughput over clients, without and with batching."""
    many = [contender for contender in result.configurations if contender.max_batch_size > 1]
    leader = _leader(result)
    on = leader if leader.max_batch_size > 1 else (many or [leader])[0]
    off = _alike(result.configurations, on, max_batch_size=1, delay_us=0)
    series: tuple[Series, ...] = ()
    if off is None or on.max_batch_size == 1:
        sentence = _("Batching off was not measured beside batching on.")
    else:
        ratio = _peak(on) / max(_peak(off), 1e-9)
        if ratio > 1 + result.noise:
            sentence = _("Batching serves {factor} times as many requests.", factor=f"{ratio:.1f}")
        elif ratio < 1 - result.noise:
            sentence = _("Batching costs: {part} of the requests without it.", part=f"{ratio:.0%}")
        else:
            sentence = _(
                "Batching makes no difference within the noise ({noise}).", noise=f"{result.noise:.0%}"
            )
        on_name = _("batches of up to {count}", count=on.max_batch_size)
        series = _rates(off, _("batching off")), _rates(on, on_name)
    return Picture(_("Throughput over clients"), sentence, "lines", _("clients"), _("requests/s"), series)


def _delays(result: TuneResult) -> Iterator[Picture]:
    """Throughput and latency over the delay, for the batch with most of them."""
    groups: dict[tuple[int, int, Optional[int]], list[ContenderFigures]] = {}
    for contender in result.configurations:
        if contender.max_batch_size > 1:
            groups.setdefault(
                (contender.max_batch_size, contender.instances, contender.threads), []
            ).append(contender)
    most = max(groups.values(), key=lambda group: len(group), default=[])
    chosen = sorted(most, key=lambda contender: contender.delay_us)
    name = _name_without_delay(chosen[0].configuration) if chosen else ""
    series = len(chosen) > 1
    yield Picture(
        _("Throughput over the queue delay"), _throughput_over_delay(chosen, result.noise), "lines",
        _("delay in ms"), _("requests/s"),
        (Series(name, tuple((row.delay_us / 1000, row.requests_per_second) for row in chosen)),)
        if series else (),
    )  # fmt: skip
    if series:
        least, last = chosen[0], chosen[-1]
        sentence = _(
            "From {least} to {most} ms of delay the p95 goes from {low} to {high} ms.",
            least=f"{least.delay_us / 1000:g}", most=f"{last.delay_us / 1000:g}",
            low=short(least.p95), high=short(last.p95),
        )  # fmt: skip
        points = tuple((contender.delay_us / 1000, contender.p95) for contender in chosen)
        yield Picture(
            _("Latency over the queue delay"), sentence, "lines", _("delay in ms"), _("p95 ms"),
            (Series(name, points),), *_budget(result),
        )  # fmt: skip


def _throughput_over_delay(chosen: Sequence[ContenderFigures], noise: float) -> str:
    if len(chosen) < 2:
        return _("Only one delay was measured.")
    best, none = max(chosen, key=lambda contender: contender.requests_per_second), chosen[0]
    if best.requests_per_second > none.requests_per_second * (1 + noise):
        return _(
            "A delay of {delay} ms serves {factor} times as many as {least} ms.",
            delay=f"{best.delay_us / 1000:g}", least=f"{none.delay_us / 1000:g}",
            factor=f"{best.requests_per_second / none.requests_per_second:.1f}",
        )  # fmt: skip
    return _("A delay gains nothing here: requests queue up by themselves while a call runs.")


def _budget(result: TuneResult) -> tuple[Optional[float], str]:
    """The line of the budget and its label."""
    if result.budget_ms is None:
        return None, ""
    return result.budget_ms, _("budget {budget} ms", budget=f"{result.budget_ms:g}")


def _instances(result: TuneResult) -> Picture:
    """Throughput over clients for each number of instances."""
    same = _with_most_instances(result)
    title = _("Instances side by side")
    if same and same[0].max_batch_size > 1:
        title = _("Instances side by side, batches of up to {count}", count=same[0].max_batch_size)
    series = tuple(
        _rates(contender, plural("{count} instance", "{count} instances", contender.instances))
        for contender in same
    )
    if len(same) < 2:
        sentence = _("Only one number of instances was measured with this batch and delay.")
        return Picture(title, sentence, "lines", _("clients"), _("requests/s"), series)
    least, most = same[0], max(same[1:], key=_peak)
    ratio = _peak(most) / max(_peak(least), 1e-9)
    if ratio > 1 + result.noise:
        sentence = plural(
            "{count} instance serves {factor} times as many as {least}.",
            "{count} instances serve {factor} times as many as {least}.",
            most.instances, factor=f"{ratio:.1f}", least=least.instances,
        )  # fmt: skip
    else:
        around = result.surroundings
        sentence = plural(
            "{count} instance does not help: {cores} cores, load {load}.",
            "{count} instances do not help: {cores} cores, load {load}.",
            most.instances, cores=around.cores, load=around.load_after,
        )  # fmt: skip
    return Picture(title, sentence, "lines", _("clients"), _("requests/s"), series)


def _with_most_instances(result: TuneResult) -> list[ContenderFigures]:
    """Those that differ in their instances alone: the leader and others, or else the best that do."""
    groups: dict[tuple[int, int, Optional[int]], list[ContenderFigures]] = {}
    for contender in [_leader(result), *result.configurations]:
        group = groups.setdefault((contender.max_batch_size, contender.delay_us, contender.threads), [])
        if contender not in group:
            group.append(contender)
    several = (group for group in groups.values() if len(group) > 1)
    return sorted(next(several, [_leader(result)]), key=lambda contender: contender.instances)


def _curve(result: TuneResult) -> Picture:
    """p95 over throughput, of the leader and of the default; the budget as a line."""
    leader, default = _leader(result), result.default
    series = [_latencies(leader, _name(leader.configuration))]
    if default is not None and default.configuration != leader.configuration:
        name = _("default: {configuration}", configuration=_name(default.configuration))
        series.append(_latencies(default, name))
    budget = result.budget_ms
    if budget is None:
        few, many = leader.loads[0], leader.loads[-1]
        sentence = _(
            "From {few} to {many} clients the p95 goes from {low} to {high} ms.",
            few=few.clients, many=many.clients, low=short(few.p95), high=short(many.p95),
        )  # fmt: skip
    elif leader.meets_budget:
        sentence = _(
            "Within {budget} ms it serves {rate} requests a second.",
            budget=f"{budget:g}", rate=short(leader.requests_per_second),
        )  # fmt: skip
    else:
        sentence = _("No number of clients keeps it within {budget} ms.", budget=f"{budget:g}")
    return Picture(
        _("Latency over throughput"), sentence, "curve", _("requests/s"), _("p95 ms"), tuple(series),
        *_budget(result),
    )  # fmt: skip


def _latencies(measured: ContenderFigures, name: str) -> Series:
    return Series(name, tuple((load.requests_per_second, load.p95) for load in measured.loads))


def _name(configuration: Contender) -> str:
    instances = plural("{count} instance", "{count} instances", configuration.instances)
    return _(
        "batch {batch}, delay {delay} ms, {instances}",
        batch=configuration.max_batch_size, delay=f"{configuration.delay_us / 1000:g}",
        instances=instances,
    )  # fmt: skip


def _name_without_delay(configuration: Contender) -> str:
    instances = plural("{count} instance", "{count} instances", configuration.instances)
    return _("batch {batch}, {instances}", batch=configuration.max_batch_size, instances=instances)


def _alike(
    field: Iterable[ContenderFigures], model: ContenderFigures, **changes: int
) -> Optional[ContenderFigures]:
    """The configuration that differs from the model in these settings alone."""
    from msgspec.structs import replace

    wanted = replace(model.configuration, **changes)
    return next((contender for contender in field if contender.configuration == wanted), None)
