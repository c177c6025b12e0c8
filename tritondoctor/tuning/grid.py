"""Which configurations race, and which are tried around the leader.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Optional

from tritondoctor.tuning.model import DEFAULT, Contender

#: what fits into three minutes
MOST = 12
_DELAY_US = 2000
_FIRST_DELAY_US = 500
_LONGEST_DELAY_US = 32_000
_LARGEST_BATCH = 1024
_MOST_NEIGHBOURS = 3


def first(
    clients: Sequence[int], most_instances: int, threads: Sequence[Optional[int]]
) -> list[Contender]:
    """The field at the start, PyTriton's default first; at most 12."""
    field = dict.fromkeys([DEFAULT, *_crossed(clients, most_instances, threads)])
    return list(field)[:MOST]


def _crossed(
    clients: Sequence[int], most_instances: int, threads: Sequence[Optional[int]]
) -> Iterator[Contender]:
    """Those that tell most come first: what is cut off at the end is a delay, or a number in between."""
    batches, instances = batch_sizes(max(clients)), instance_counts(most_instances)
    for count in (instances[0], instances[-1]) if len(instances) > 1 else instances:
        for batch in batches:
            for number in threads:
                yield Contender(batch, 0, count, number)
    for count in instances:
        for batch in batches:
            for number in threads:
                yield Contender(batch, 0, count, number)
                if batch > 1:
                    yield Contender(batch, _DELAY_US, count, number)


def batch_sizes(most_clients: int) -> tuple[int, ...]:
    """No batching, as large a batch as so many clients fill, and one in between; powers of two."""
    largest = 1 << max(1, (most_clients - 1).bit_length())
    middle = 1 << max(1, largest.bit_length() // 2)
    return tuple(sorted({1, middle, largest}))


def instance_counts(most: int) -> tuple[int, ...]:
    """Powers of two up to the most, and the most."""
    return tuple(sorted({count for count in (1, 2, 4, 8, 16, 32) if count < most} | {most}))


def neighbours(leader: Contender, field: Sequence[Contender], most_instances: int) -> list[Contender]:
    """Configurations around the leader that were not in the race yet, at most three."""
    new = [candidate for candidate in _around(leader, most_instances) if candidate not in field]
    return new[:_MOST_NEIGHBOURS]


def _around(leader: Contender, most_instances: int) -> Iterator[Contender]:
    batch, delay, instances, threads = (
        leader.max_batch_size, leader.delay_us, leader.instances, leader.threads,
    )  # fmt: skip
    if batch > 1:
        yield Contender(batch // 2, delay if batch > 2 else 0, instances, threads)
    if batch < _LARGEST_BATCH:
        yield Contender(batch * 2, delay, instances, threads)
    if batch > 1 and delay:
        yield Contender(batch, delay // 4, instances, threads)
        if delay < _LONGEST_DELAY_US:
            yield Contender(batch, delay * 4, instances, threads)
    elif batch > 1:
        yield Contender(batch, _FIRST_DELAY_US, instances, threads)
    if instances < most_instances:
        yield Contender(batch, delay, min(instances * 2, most_instances), threads)


def compared(leader: Contender, field: Sequence[Contender]) -> list[Contender]:
    """Those of the field that differ from the leader in one thing: batching, delay, or instances."""

    def differences(other: Contender) -> int:
        batching = (other.max_batch_size > 1) != (leader.max_batch_size > 1)
        same_batch = other.max_batch_size == leader.max_batch_size
        return (
            (batching or not same_batch)
            + (same_batch and other.delay_us != leader.delay_us)
            + (other.instances != leader.instances)
            + (other.threads != leader.threads)
        )

    near = [candidate for candidate in field if differences(candidate) == 1]
    return [candidate for candidate in near if candidate.max_batch_size in (1, leader.max_batch_size)]
