"""What dead PyTriton processes have left on the machine."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.model import CheckResult, Remedy, Text, check, text
from tritondoctor.facts.model import Facts, Leftover
from tritondoctor.support.errors import errno_words

_KINDS = {
    "server": ("server without its PyTriton", "servers without their PyTriton"),
    "segment": ("segment of shared memory", "segments of shared memory"),
    "workspace": ("workspace", "workspaces"),
    "model-files": ("folder with a model's files", "folders with a model's files"),
    "environment-folder": ("empty folder of tritonserver", "empty folders of tritonserver"),
}
_KEPT = {
    "installed": "a package manager installed it",
    "other-name": "PyTriton does not name its workspaces so",
    "other-place": "it is in no home of PyTriton's",
    "home-of-another-user": "the folder above it belongs to another user",
    "no-server": "it holds no {name} of this user's",
    "more-than-a-model": "it holds {name}",
    "another-user": "{name} belongs to another user",
    "mount-point": "{name} is a mount point",
    "too-deep": "{name} has folders too deep",
    "not-a-folder": "{name} is a link or no folder",
    "changed": "{name} changed meanwhile",
    "no-proc": "{name} cannot be told from a mount point here",
    "not-absolute": "{name} is no whole path",
    "error": "{error}",
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
    found = facts.surroundings.leftovers if facts.surroundings else ()
    if not found:
        return
    counts = {kind: [one for one in found if one.kind == kind] for kind in _KINDS}
    what = ", ".join(
        f"{len(some)} {words[len(some) > 1]}"
        + (f" ({megabytes(size)})" if (size := sum(one.size for one in some)) else "")
        for (kind, words), some in zip(_KINDS.items(), counts.values())
        if some
    )
    harm = " A server that lives on holds its ports and its memory." if counts["server"] else ""
    yield CheckResult({"what": what, "harm": harm}, tuple(_evidence(facts)), (CLEAN,))


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
    """Evidence and remedy for a place that leftovers fill; nothing where there are none."""
    found = facts.surroundings.leftovers if facts.surroundings else ()
    some = [one for one in found if one.kind == kind]
    if not some:
        return (), ()
    said = text("{size} are held by {count} {what} that dead PyTritons left",
                size=megabytes(sum(one.size for one in some)), count=len(some),
                what=_KINDS[kind][len(some) > 1])  # fmt: skip
    return (said,), (CLEAN,)


def why_kept(leftover: Leftover) -> Text:
    """Say why a leftover is not removed."""
    nameless = "more than a model" if leftover.kept == "more-than-a-model" else "it"
    return text(
        _KEPT[leftover.kept],
        name=leftover.kept_name or nameless,
        error=errno_words(leftover.kept_name),
    )


def megabytes(size: int) -> str:
    """A size in words."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"


RULES = (orphaned_resources,)
