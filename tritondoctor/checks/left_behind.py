"""What dead PyTriton processes left on the machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tritondoctor.checks.model import CheckResult, Remedy, Text, check, counted, listed, text
from tritondoctor.facts.model import Facts, Leftover

#: kind -> how one and how many of it are called
_KINDS = {
    "server": ("{n} server without its PyTriton", "{n} servers without their PyTriton"),
    "segment": ("{n} shared memory segment", "{n} shared memory segments"),
    "workspace": ("{n} workspace", "{n} workspaces"),
    "model-files": ("{n} folder with a model's files", "{n} folders with a model's files"),
    "environment-folder": ("{n} empty folder of tritonserver", "{n} empty folders of tritonserver"),
}
CLEAN = Remedy("clean", text("List them and remove them"), ("tritondoctor clean",))


@check(
    "orphaned-resources",
    "warning",
    title="Dead PyTriton processes left resources behind: {what}",
    explanation="PyTriton removes these on exit, but not if it was killed.{harm}",
    means="PyTriton was killed (kill -9, out of memory, docker kill), or hung: its server then ignores "
    "SIGTERM and keeps running without it.",
    verified="A PyTriton killed while serving leaves its workspace of 21 MB. One killed before its "
    "stub started also leaves tritonserver, which holds the gRPC and metrics ports. Live servers, and "
    "segments of other programs, are not reported.",
    by_hand="tritondoctor clean",
    reads=("surroundings.leftovers",),
)
def orphaned_resources(facts: Facts) -> Iterator[CheckResult]:
    leftovers = facts.surroundings.leftovers if facts.surroundings else ()
    if not leftovers:
        return
    kinds = {kind: [leftover for leftover in leftovers if leftover.kind == kind] for kind in _KINDS}
    what = listed([_summary(kind, some) for kind, some in kinds.items() if some])
    harm: object = ""
    if kinds["server"]:
        harm = text(" A server that keeps running holds its ports and its memory.")
    yield CheckResult({"what": what, "harm": harm}, tuple(_evidence(facts)), (CLEAN,))


def _summary(kind: str, leftovers: Sequence[Leftover]) -> Text:
    one, many = _KINDS[kind]
    count = counted(one, many, len(leftovers))
    size = sum(leftover.size for leftover in leftovers)
    return text("{count} ({size})", count=count, size=megabytes(size)) if size else count


def _evidence(facts: Facts) -> Iterator[Text]:
    for leftover in facts.surroundings.leftovers if facts.surroundings else ():
        if leftover.kind == "server":
            yield text(
                "process {pid} (tritonserver, user {user})", pid=leftover.where, user=leftover.user
            )
        else:
            yield text("{path} ({size}, user {user})", path=leftover.where, size=megabytes(leftover.size),
                       user=leftover.user)  # fmt: skip


def left_behind(facts: Facts, kind: str) -> tuple[tuple[Text, ...], tuple[Remedy, ...]]:
    """Return evidence and remedy for a folder that leftovers fill; nothing if there are none."""
    leftovers = facts.surroundings.leftovers if facts.surroundings else ()
    some = [leftover for leftover in leftovers if leftover.kind == kind]
    if not some:
        return (), ()
    evidence = text("left behind by dead PyTriton processes: {what}", what=_summary(kind, some))
    return (evidence,), (CLEAN,)


def megabytes(size: int) -> str:
    """Format a size."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"


RULES = (orphaned_resources,)
