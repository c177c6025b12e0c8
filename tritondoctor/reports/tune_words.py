"""The sentences of a race: what is recommended, what was gained, why nothing is claimed."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tritondoctor.reports.picture import short
from tritondoctor.support.messages import _, plural
from tritondoctor.tuning.model import (
    MOST_NOISE,
    Contender,
    ContenderFigures,
    FailedContender,
    MachineLoad,
    TuneResult,
)

#: part of one core that the generator may take, of all cores that the machine may be busy
_GENERATOR_FULL, _MACHINE_FULL, _OTHERS_MATTER = 0.85, 0.9, 0.15


def verdict(result: TuneResult) -> str:
    """The first sentence."""
    best = result.recommended
    if best is None:
        return _("No configuration is recommended for {function}.", function=result.function)
    return _(
        "{function} serves best with {configuration}.",
        function=result.function, configuration=described(best.configuration),
    )  # fmt: skip


def described(configuration: Contender) -> str:
    """A configuration in words."""
    instances = plural("{count} instance", "{count} instances", configuration.instances)
    words = _(
        "batches of up to {batch}, delay {delay} ms, {instances}",
        batch=configuration.max_batch_size, delay=f"{configuration.delay_us / 1000:g}",
        instances=instances,
    )  # fmt: skip
    if configuration.threads is None:
        return words
    threads = plural("{count} thread", "{count} threads", configuration.threads)
    return _("{configuration}, {threads}", configuration=words, threads=threads)


def reasons(result: TuneResult) -> Iterator[str]:
    """Why nothing is claimed, or what was gained; then what surrounds the figures."""
    if result.recommended is not None:
        yield from _gained(result)
    elif result.reason == "noise":
        yield _noise(result)
    elif result.reason == "budget" and result.nearest is not None:
        yield _(
            "No configuration keeps the p95 within {budget} ms. The nearest: {configuration}, with "
            "{p95} ms and {clients} clients.",
            budget=f"{result.budget_ms:g}", configuration=described(result.nearest.configuration),
            p95=short(result.nearest.p95), clients=result.nearest.clients,
        )  # fmt: skip
        if result.noise > MOST_NOISE:
            yield _noise(result)
    elif result.reason == "too-few-rounds":
        yield _("There was not enough time for three rounds, so no winner is claimed.")
    else:
        yield _("Every configuration died.")
    yield from limits(result.surroundings)
    if result.left_out:
        yield plural(
            "There was no time for {count} more configuration: give the race more --seconds.",
            "There was no time for {count} more configurations: give the race more --seconds.",
            result.left_out,
        )  # fmt: skip


def _noise(result: TuneResult) -> str:
    return _(
        "The same configuration differs by {noise} from round to round; above {most} no winner is "
        "claimed. Load average: {before} before, {after} after, on {cores} cores. Run it again on a "
        "quieter machine.",
        noise=f"{result.noise:.0%}", most=f"{MOST_NOISE:.0%}",
        before=result.surroundings.load_before, after=result.surroundings.load_after,
        cores=result.surroundings.cores,
    )  # fmt: skip


def _gained(result: TuneResult) -> Iterator[str]:
    best = result.recommended
    assert best is not None
    yield _(
        "{rate} requests a second with {clients} clients; p50 {p50} ms, p95 {p95} ms, p99 {p99} ms.",
        rate=short(best.requests_per_second), clients=best.clients, p50=short(best.p50),
        p95=short(best.p95), p99=short(best.p99),
    )  # fmt: skip
    if result.gain is not None and result.default is not None:
        yield gain(result.gain, result.noise, result.default)
    noise = f"{result.noise:.0%}"
    if len(result.equal) > 1:
        yield plural(
            "{count} configuration is equal as far as can be told (noise {noise} a round); this is the "
            "simplest.",
            "{count} configurations are equal as far as can be told (noise {noise} a round); this is the "
            "simplest.",
            len(result.equal), noise=noise,
        )  # fmt: skip
    else:
        yield _("No other configuration is equal. The noise is {noise} a round.", noise=noise)


def gain(factor: float, noise: float, default: ContenderFigures) -> str:
    """What was gained over PyTriton's default, in a sentence."""
    rate = short(default.requests_per_second)
    if abs(factor - 1) <= noise:
        return _("PyTriton's default serves as many within the noise ({rate}).", rate=rate)
    if default.meets_budget is False:
        return _(
            "PyTriton's default misses the budget: p95 {p95} ms at {rate} a second.",
            p95=short(default.p95), rate=rate,
        )  # fmt: skip
    return _(
        "That is {factor} times PyTriton's default ({rate}), measured in the same minutes.",
        factor=f"{factor:.2g}" if factor < 10 else f"{factor:.0f}", rate=rate,
    )  # fmt: skip


def limits(around: MachineLoad) -> Iterator[str]:
    """Where the generator or the machine is the limit."""
    if around.generator_cpu >= _GENERATOR_FULL:
        yield _(
            "The load generator used {part} of a core: it may be the limit, not PyTriton.",
            part=f"{around.generator_cpu:.0%}",
        )  # fmt: skip
    if around.others >= _OTHERS_MATTER:
        yield _(
            "Other programs used {others} of the machine's {cores} cores meanwhile (load {load}).",
            others=f"{around.others:.0%}", cores=around.cores, load=around.load_after,
        )  # fmt: skip
    elif around.busy >= _MACHINE_FULL:
        yield plural(
            "The machine's {count} core was busy all the time: it is the limit.",
            "The machine's {count} cores were busy all the time: they are the limit.",
            around.cores,
        )  # fmt: skip


def died(failed: FailedContender) -> str:
    """A configuration that died, and how."""
    configuration = Contender(failed.max_batch_size, failed.delay_us, failed.instances, failed.threads)
    return _(
        "Died and went on without it: {configuration}: {problem}",
        configuration=described(configuration), problem=failed.problem,
    )  # fmt: skip


def lines_to_paste(result: TuneResult) -> list[str]:
    """The arguments of bind(...) for the recommended configuration."""
    best = result.recommended
    if best is None:
        return []
    config = f"max_batch_size={best.max_batch_size}"
    if best.delay_us:
        config += f", batcher=DynamicBatcher(max_queue_delay_microseconds={best.delay_us})"
    name = result.function.rpartition(".")[2]
    functions = [f"infer_func=[{name}] * {best.instances},"] if best.instances > 1 else []
    return [*functions, f"config=ModelConfig({config}),"]


def raced(result: TuneResult) -> str:
    """What was measured, in a sentence."""
    count = plural(
        "{count} configuration", "{count} configurations",
        len(result.configurations) + len(result.failed),
    )  # fmt: skip
    clients = ", ".join(map(str, result.clients))
    protocol = {"http": "HTTP", "grpc": "gRPC"}[result.protocol]
    return _(
        "{count} of {function} in {file} raced over {protocol}, with {clients} clients.",
        count=count, function=result.function, file=os.path.basename(result.file), protocol=protocol,
        clients=clients,
    )  # fmt: skip


def spending(result: TuneResult) -> Iterator[tuple[str, float]]:
    """Where a mean request of the configuration that counts spent its time: name and ms."""
    shown = result.recommended or result.nearest or result.default
    if shown is not None and shown.spending is not None:
        spent = shown.spending
        yield _("waiting for a call"), spent.queue
        yield _("in your function"), spent.function
        yield _("PyTriton and the stub"), spent.pytriton
        yield _("the way to the client"), spent.transport


def spending_sentence(result: TuneResult) -> str:
    """Which part is the largest."""
    parts = list(spending(result))
    total = sum(ms for _name, ms in parts)
    if not total:
        return _("Triton's metrics did not say where the time goes.")
    name, largest = max(parts, key=lambda part: part[1])
    return _(
        "The largest part of a request's time: {where}, {part} of {total} ms.",
        where=name, part=f"{largest / total:.0%}", total=short(total),
    )  # fmt: skip
