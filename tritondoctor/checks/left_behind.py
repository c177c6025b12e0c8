"""What dead PyTriton processes left on the machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tritondoctor.checks.model import CheckResult, Remedy, Text, check, counted, listed, text
from tritondoctor.facts.machine.model import Leftover
from tritondoctor.facts.model import Facts
from tritondoctor.support.errno_names import errno_words
from tritondoctor.support.messages import mark

#: kind -> how one and how many of it are called
_KINDS = {
    "server": ("{n} server without its PyTriton", "{n} servers without their PyTriton"),
    "stub": ("{n} model process without its server", "{n} model processes without their server"),
    "segment": ("{n} shared memory segment", "{n} shared memory segments"),
    "workspace": ("{n} workspace", "{n} workspaces"),
    "model-files": ("{n} folder with a model's files", "{n} folders with a model's files"),
    "environment-folder": ("{n} empty folder of tritonserver", "{n} empty folders of tritonserver"),
}
_SERVER = mark("process {pid} (tritonserver, user {user})")
_STUB = mark("process {pid} (triton_python_backend_stub, user {user})")
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
    "info",
    title="Dead PyTriton processes left resources behind: {what}",
    explanation="PyTriton removes these on exit, but not if it was killed.{harm}",
    means="PyTriton was killed (kill -9, out of memory, docker kill), or hung: its server then ignores "
    "SIGTERM and keeps running without it.",
    verified="A PyTriton killed while serving leaves its workspace of 21 MB. One killed before its "
    "stub started also leaves tritonserver, which holds the gRPC and metrics ports. One whose server "
    "never answered over HTTP (HTTP_THREAD_COUNT=0) leaves the model's process. Live servers, and "
    "segments of other programs, are not reported.",
    by_hand="tritondoctor clean lists each of them, and removes them once you agree.",
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
    elif kinds["stub"]:
        harm = text(" A model's process that keeps running holds its memory.")
    evidence = (*_processes(_SERVER, kinds["server"]), *_processes(_STUB, kinds["stub"]))
    yield CheckResult({"what": what, "harm": harm}, evidence, (CLEAN,))


def _summary(kind: str, leftovers: Sequence[Leftover]) -> Text:
    singular, many = _KINDS[kind]
    count = counted(singular, many, len(leftovers))
    size = sum(leftover.size for leftover in leftovers)
    return text("{count} ({size})", count=count, size=megabytes(size)) if size else count


def _processes(template: str, leftovers: Sequence[Leftover]) -> tuple[Text, ...]:
    """Those that still run; of files the sum is enough, `tritondoctor clean` lists them."""
    return tuple(text(template, pid=leftover.where, user=leftover.user) for leftover in leftovers)


def left_behind(facts: Facts, kind: str) -> tuple[tuple[Text, ...], tuple[Remedy, ...]]:
    """Return evidence and remedy for a folder that leftovers fill; nothing if there are none."""
    leftovers = facts.surroundings.leftovers if facts.surroundings else ()
    some = [leftover for leftover in leftovers if leftover.kind == kind]
    if not some:
        return (), ()
    evidence = text("left behind by dead PyTriton processes: {what}", what=_summary(kind, some))
    return (evidence,), (CLEAN,)


def why_kept(leftover: Leftover) -> Text:
    """Say why a leftover is not removed."""
    nameless = "more than a model" if leftover.kept == "more-than-a-model" else "it"
    return text(
        _KEPT[leftover.kept],
        name=leftover.kept_name or nameless,
        error=errno_words(leftover.kept_name),
    )


def megabytes(size: int) -> str:
    """Format a size."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB"


RULES = (orphaned_resources,)
