"""What a person reads of a server that runs: what it is, a row a model, the findings, the verdict."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Optional

from rich.cells import cell_len
from rich.console import Console

from tritondoctor.checks import Finding
from tritondoctor.privacy.printable import printable
from tritondoctor.reports.console import finding_lines, learn_more
from tritondoctor.reports.layout import Line, columns, padded, print_lines, width_of, wrapped
from tritondoctor.running.figures import ModelFigures
from tritondoctor.running.model import Hidden, RunningProcess, RunningServer
from tritondoctor.running.record import Examined
from tritondoctor.support import detail
from tritondoctor.support.invocation import typed
from tritondoctor.support.messages import _, mark, plural

_HIDDEN: dict[Hidden, str] = {
    "program": mark("which programs its processes run (they are another user's)"),
    "waits": mark("what its threads wait for (another user's)"),
    "processes": mark("its processes: by URL only metrics, configuration and health are known"),
    "network": mark("its metrics: it runs in another network namespace. Run tritondoctor in there"),
}
_ROLES = {
    "pytriton": mark("PyTriton"), "tritonserver": mark("tritonserver"), "stub": mark("stub"),
    "child": mark("other"),
}  # fmt: skip
_TONES = {"fail": "bold red", "warn": "bold yellow", "ok": "bold green"}
_NAME, _LONGEST_NAME, _MOST_PROCESSES = 16, 30, 12


def show(result: Examined, console: Console) -> None:
    """Print it; it fits any width, and says the same without colour."""
    print_lines(console, _safe(_lines(result, width_of(console))))


def show_list(servers: Sequence[RunningServer], console: Console) -> None:
    """Print the servers of this machine, and how to look at one."""
    print_lines(console, _safe(_list(servers, width_of(console))))


def short_list(servers: Sequence[RunningServer]) -> Iterator[Line]:
    """A line for each server."""
    return _safe(line for server in servers for line in islice(_server(server, sys.maxsize), 1))


def conclusion(result: Examined) -> Iterator[Line]:
    """The verdict, and the ids of what is wrong, in one line."""
    serious = [finding.id for finding in result.findings if finding.severity != "info"]
    words = _sentence(result, len(serious))
    if serious:
        words = _("{verdict}: {ids}", verdict=words, ids=", ".join(dict.fromkeys(serious)))
    yield words, _TONES[result.verdict]


def _safe(lines: Iterator[Line]) -> Iterator[Line]:
    for line, style in lines:
        yield printable(line).replace("\n", "\\n"), style


def _list(servers: Sequence[RunningServer], width: int) -> Iterator[Line]:
    if not servers:
        line = _(
            "No PyTriton server is visible on this machine. For one elsewhere: {command}",
            command=typed("tritondoctor attach URL"),
        )
        yield from wrapped(line, "", width)
        return
    yield plural("{count} PyTriton server", "{count} PyTriton servers", len(servers)), "bold"
    for server in servers:
        yield "", ""
        yield from _server(server, width)
    yield "", ""
    readable = [server for server in servers if "network" not in server.hidden] or servers
    command = typed(f"tritondoctor attach {readable[0].pid or readable[0].server_pid}")
    yield _("To look at one: {command}", command=command), ""


def _server(server: RunningServer, width: int) -> Iterator[Line]:
    pid = server.pid or server.server_pid
    if pid is None:
        yield from wrapped(_("PyTriton server at {url}", url=server.http), "  ", width, "bold", hang=True)
    else:
        age, user = _age(server.age_s), server.user or "?"
        line = _("process {pid} of {user}, up for {age}", pid=pid, user=user, age=age)
        yield from wrapped(line, "  ", width, "bold", hang=True)
    if server.pid is None and server.server_pid is not None:
        line = _("its PyTriton is gone, only tritonserver is left (tritondoctor clean)")
        yield from wrapped(line, "    ", width)
    places = ((_("HTTP"), server.http), (_("gRPC"), server.grpc), (_("metrics"), server.metrics))
    line = "  ".join(f"{name} {url.partition('//')[2]}" for name, url in places if url)
    yield from wrapped(line, "    ", width, "dim")
    if server.program:
        yield f"    {server.program}", "dim"
    for hidden in server.hidden:
        yield from wrapped(_("not seen: {what}", what=_(_HIDDEN[hidden])), "    ", width, "yellow")


def _age(seconds: Optional[float]) -> str:
    if seconds is None:
        return "?"
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _lines(result: Examined, width: int) -> Iterator[Line]:
    recording = result.recording
    yield from _server(recording.server, width)
    yield "", ""
    if result.models:
        yield from _models(result.models)
        yield "", ""
    yield from _processes(result)
    for finding in result.findings:
        yield from finding_lines(finding, width)
        yield "", ""
    yield from _environment(result, width)
    yield from _verdict(result, width)


def _models(models: Sequence[ModelFigures]) -> Iterator[Line]:
    names = [_("model"), *(model.name[:_LONGEST_NAME] for model in models)]
    column = max(_NAME, *map(cell_len, names))
    lines = columns([tuple(map(_, COLUMNS)), *map(cells_of, models)], (0,) * len(COLUMNS), "  ")
    for number, (name, line) in enumerate(zip(names, lines)):
        yield f"  {padded(name, column)}  {line}", "" if number else "dim"


COLUMNS = (mark("requests/s"), mark("rows/call"), mark("queue ms"), mark("call ms"), mark("waiting"),
           mark("failed"))  # fmt: skip


def cells_of(model: ModelFigures) -> tuple[str, ...]:
    """The figures of a model in the order of `COLUMNS`."""
    per_second = model.requests / model.seconds if model.seconds else None
    numbers = (per_second, model.rows_per_call, model.queue_ms, model.compute_ms)
    pending = "?" if model.pending is None else str(model.pending)
    return (
        *("-" if number is None else f"{number:.1f}" for number in numbers),
        pending,
        str(model.failures),
    )


def _processes(result: Examined) -> Iterator[Line]:
    first, last = result.recording.looks[0], result.recording.looks[-1]
    before = {(process.pid, process.start): process for process in first.processes}
    for process in last.processes[: detail.most(_MOST_PROCESSES)]:
        earlier = before.get((process.pid, process.start))
        yield _process(process, earlier, last.at_s - first.at_s), "dim"
    if last.processes:
        yield "", ""


def _process(process: RunningProcess, earlier: Optional[RunningProcess], seconds: float) -> str:
    used = f"{100 * (process.cpu_s - earlier.cpu_s) / seconds:.0f} %" if earlier and seconds else "-"
    memory = "?" if process.memory is None else f"{process.memory / 1e6:.0f} MB"
    name = process.instance or (process.name if process.role == "child" else "")
    role = f"{_(_ROLES[process.role])} {name}".strip()
    return f"  {padded(role, 28)} {process.pid:>8}  {used:>6} CPU  {memory:>9}"


def _environment(result: Examined, width: int) -> Iterator[Line]:
    """What `check` says of its environment, in a line."""
    found = result.environment
    if found is None:
        return
    serious = [finding for finding in found if finding.severity != "info"]
    if not serious:
        yield from wrapped(_("Its environment: nothing wrong."), "    ", width, "dim", hang=True)
        return
    ids = ", ".join(dict.fromkeys(finding.id for finding in serious))
    line = _("Its environment: {ids}. More: {command}", ids=ids,
             command=typed(f"tritondoctor check --pid {result.recording.server.pid}"))  # fmt: skip
    yield from wrapped(line, "    ", width, "yellow", hang=True)


def _verdict(result: Examined, width: int) -> Iterator[Line]:
    serious: list[Finding] = [finding for finding in result.findings if finding.severity != "info"]
    seconds = f"{result.recording.seconds:.1f}"
    how = _("({seconds} s; nothing was written, no model was asked)", seconds=seconds)
    line = _("{verdict} {how}.", verdict=_sentence(result, len(serious)), how=how)
    yield from wrapped(line, "    ", width, _TONES[result.verdict], hang=True)
    if serious:
        yield learn_more(serious[0].id), ""


def _sentence(result: Examined, serious: int) -> str:
    if result.verdict == "fail":
        return _("This server does not answer its requests")
    if result.verdict == "warn":
        return plural(
            "This server answers; {count} thing to improve",
            "This server answers; {count} things to improve",
            serious,
        )
    ids = {finding.id for finding in result.findings}
    if "no-traffic" in ids:
        return _("Nothing wrong seen, and nobody asks")
    return _("Nothing wrong seen")
