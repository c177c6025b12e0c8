"""/dev/shm, through which tritonserver and the stub pass requests."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.left_behind import left_behind, megabytes
from tritondoctor.checks.model import CheckResult, Remedy, Text, check, counted, text
from tritondoctor.checks.obstacles import folder_obstacle
from tritondoctor.facts.launch.model import LaunchFolder
from tritondoctor.facts.model import Facts

#: the stub's pool, and one of TensorStore's
SEGMENTS_NEEDED = 2
#: INITIAL_BACKEND_SHM_SIZE of PyTriton
POOL = 4 << 20
#: what Docker and Kubernetes give a container lets batches of about 31 MB through
SMALL_BATCH = 32 << 20


@check(
    "shared-memory-unusable",
    "error",
    title="/dev/shm cannot hold the stub's shared memory",
    explanation="The server and the stub communicate through /dev/shm; a start needs about {needed}: "
    "{why}.",
    means="/dev/shm is missing, read-only, too small or full. Docker provides 64 MB by default; "
    "segments of dead processes (pytrtion*) may fill it.",
    verified="/dev/shm of 4 MiB, and read-only: `Unable to initialize shared memory key`; 5 MB are "
    "enough.",
    by_hand="Enlarge it (docker run --shm-size=1g), or remove what dead processes left there "
    "(tritondoctor clean).",
    reads=(
        "host.container",
        "launch.shared_memory.creatable",
        "launch.shared_memory.exists",
        "launch.shared_memory.free",
        "launch.shared_memory.free_inodes",
        "launch.shared_memory.needed",
        "launch.shared_memory.path",
        "surroundings.leftovers",
    ),
)
def shared_memory_unusable(facts: Facts) -> Iterator[CheckResult]:
    place = facts.launch.shared_memory if facts.launch else None
    if place is None:
        return
    full = place.free is not None and place.free < place.needed
    names = place.free_inodes is not None and place.free_inodes < SEGMENTS_NEEDED
    if not place.creatable or place.exists != place.path or full or names:
        why = _why_unusable(place, full=full, names=names)
        evidence, first = left_behind(facts, "segment")
        remedies = (*first, enlarge_shared_memory(facts))
        yield CheckResult({"needed": megabytes(place.needed), "why": why}, evidence, remedies)


@check(
    "shared-memory-small",
    "warning",
    title="Batches larger than {batch} do not fit in /dev/shm",
    explanation="/dev/shm holds each batch twice, plus 4 MB for the stub; free: {free} of {total}. "
    "Larger requests fail with `Failed to increase the shared memory pool size`, or hang.",
    means="Docker and Kubernetes give a container 64 MB of /dev/shm by default; PyTriton starts with 4 "
    "MB and grows with the requests.",
    verified="/dev/shm of 24, 40 and 64 MiB with one model: batches a tenth below the figure are "
    "answered, batches a tenth above it fail. server#5681, server#4869.",
    by_hand="Enlarge it: docker run --shm-size=1g; in a pod, an emptyDir with medium: Memory on "
    "/dev/shm.",
    reads=(
        "host.container",
        "launch.shared_memory.free",
        "launch.shared_memory.needed",
        "surroundings.shared_memory_total",
    ),
)
def shared_memory_small(facts: Facts) -> Iterator[CheckResult]:
    place = facts.launch.shared_memory if facts.launch else None
    around = facts.surroundings
    if place is None or around is None or place.free is None or place.free < place.needed:
        return
    batch = largest_batch(place.free)
    if batch < SMALL_BATCH:
        fields = {"batch": megabytes(batch), "free": megabytes(place.free),
                  "total": megabytes(around.shared_memory_total or 0)}  # fmt: skip
        yield CheckResult(fields, (), (enlarge_shared_memory(facts),))


def _why_unusable(place: LaunchFolder, *, full: bool, names: bool) -> Text:
    if place.why_not:
        return folder_obstacle(place)
    if names:
        singular, many = "it has room for only {n} more file", "it has room for only {n} more files"
        return counted(singular, many, place.free_inodes or 0)
    if full:
        return text("only {free} are free", free=megabytes(place.free or 0))
    return text("there is no such folder")


def enlarge_shared_memory(facts: Facts) -> Remedy:
    """Return a remedy for a small /dev/shm; a container's can be enlarged from outside only."""
    container = facts.host.container
    if container in ("docker", "podman"):
        return Remedy(
            "enlarge-shm",
            text("Start the container with a larger /dev/shm"),
            (f"{container} run --shm-size=1g ...",),
        )
    if container == "kubernetes":
        return Remedy(
            "enlarge-shm",
            text("Mount a volume on /dev/shm in the pod: emptyDir with medium: Memory, sizeLimit: 1Gi"),
            (),
        )
    return Remedy("enlarge-shm", text("Enlarge /dev/shm"), ("mount -o remount,size=1g /dev/shm",))


def largest_batch(free: int) -> int:
    """Return the largest batch that fits: the stub's pool and PyTriton's TensorStore each hold a copy."""
    return max(0, (free - POOL) // 2)


RULES = (
    shared_memory_unusable,
    shared_memory_small,
)
