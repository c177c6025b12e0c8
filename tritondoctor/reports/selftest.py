"""The self-test as a person reads it: phases as they pass, then the answer, the cause, the bench."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, Optional

import msgspec
from rich.console import Console
from rich.status import Status
from rich.text import Text

from tritondoctor.examination.report import Report, as_json, finding_json
from tritondoctor.reports import console as report_console
from tritondoctor.selftest.model import Bench, Device, Load, Phase, SelfTest

_BAR = 18
_PROOFS = {"strong": "Proof", "weak": "Weak proof", "none": "Note"}
_TAIL = 8


class StageProgress:
    """Tells each phase: on a terminal while it runs, and a plain line once it is over."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Optional[Status] = None

    def __enter__(self) -> StageProgress:
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def _clear(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def __call__(self, name: str, phase: Optional[Phase]) -> None:
        self._clear()
        if phase is not None:
            mark, style = ("ok", "green") if phase.passed else ("x", "bold red")
            line = Text(f"  {f'[{mark}]':<5}", style=style)
            line.append(f"{name:<22}{phase.seconds:>6.1f} s", style="")
            self._console.print(line, soft_wrap=True)
        elif self._console.is_terminal:
            self._status = self._console.status(Text(name), spinner="line")
            self._status.start()


def show(result: SelfTest, console: Console) -> None:
    """Prints what came of it; fits any width."""
    for line, style in _lines(result, min(console.width, 100)):
        console.print(Text(line, style=style), soft_wrap=True)


def selftest_json(result: SelfTest) -> dict[str, Any]:
    """What stands under `selftest` in the report."""
    found: dict[str, Any] = msgspec.to_builtins(result, str_keys=True)
    found["findings"] = [finding_json(finding) for finding in result.findings]
    if result.bench is not None:
        for one, load in zip(found["bench"]["loads"], result.bench.loads):
            one["mean_batch"] = round(load.mean_batch, 2)
    return found


def with_selftest(report: Report, result: SelfTest) -> Report:
    """The report with what a real start has shown: it goes before what was predicted."""
    predicted = tuple(finding for finding in report.findings if finding.severity != "error")
    return msgspec.structs.replace(report, findings=(*result.findings, *predicted))


def report_json(report: Report, result: SelfTest) -> dict[str, Any]:
    """The contract's object with the self-test in it."""
    return {**as_json(report), "selftest": selftest_json(result)}


def _lines(result: SelfTest, width: int) -> Iterator[tuple[str, str]]:
    yield "", ""
    if result.device is not None and result.checks:
        yield from _device(result.device, width)
    for check in result.checks:
        mark, style = ("[ok]", "") if check.passed else ("[x]", "bold red")
        said = _said(check.got, check.worst, check.tolerance) if check.passed else check.got
        for line, _ in _wrapped(f"  {mark:<5}{check.name}: {said}", width, " " * 7):
            yield line, style
    if result.checks:
        yield "", ""
    if result.bench is not None:
        yield from _bench(result.bench, width)
        yield "", ""
    for finding in result.findings:
        yield from report_console.finding_lines(finding, width)
        yield "", ""
    if result.findings and result.findings[0].id == "selftest-no-answer" and result.log_tail:
        yield "The end of the log:", ""
        for line in result.log_tail[-_TAIL:]:
            yield f"    {line[: max(width - 4, 20)]}", "dim"
        yield "", ""
    for path in result.left_behind:
        yield f"Could not be removed: {path}", "bold red"
    if result.passed:
        yield f"PyTriton serves Linear here ({result.seconds:.1f} s).", "bold green"
    else:
        yield f"PyTriton does not serve Linear here ({result.seconds:.1f} s).", "bold red"


def _wrapped(words: str, width: int, indent: str = "  ") -> Iterator[tuple[str, str]]:
    for line in textwrap.wrap(words, width, subsequent_indent=indent, break_on_hyphens=False):
        yield line, ""


def _said(got: str, worst: Optional[float], tolerance: Optional[float]) -> str:
    if worst is None:
        return got
    return f"right (off by {worst:.1g}, allowed {tolerance:.0e})"


def _device(device: Device, width: int) -> Iterator[tuple[str, str]]:
    why = f" ({device.why})" if device.why else ""
    if device.kind == "cuda":
        driver = (device.proof and device.proof.driver) or "not known"
        yield from _wrapped(f"  On the GPU with {device.library}{why}: {device.name}", width)
        yield f"  compute capability {device.compute_capability}, driver {driver}", "dim"
        if device.proof is not None:
            yield from _wrapped(f"  {_PROOFS[device.proof.strength]}: {device.proof.how}", width)
    else:
        yield from _wrapped(f"  On the CPU with {device.library}{why}", width)


def _bench(bench: Bench, width: int) -> Iterator[tuple[str, str]]:
    yield from _wrapped(f"Under load, {bench.seconds_each} s each: {bench.what}", width)
    most = max(load.per_second for load in bench.loads)
    models = list(dict.fromkeys(load.model for load in bench.loads))
    for model in models:
        loads = [load for load in bench.loads if load.model == model]
        instances = "1 instance" if loads[0].instances == 1 else f"{loads[0].instances} instances"
        yield "", ""
        yield f"  Batching {'on' if loads[0].batching else 'off'}, {instances}", "bold"
        yield "  clients  requests/s   p50 ms   p95 ms   p99 ms  rows/call", "dim"
        for load in loads:
            yield _row(load, most), ""
        yield f"  batches of {_histogram(loads[-1])} ({loads[-1].clients} clients)", "dim"
    yield "", ""
    yield f"Dynamic batching serves {bench.ratio:.1f} times as many requests (1 instance).", "bold"


def _row(load: Load, most: float) -> str:
    bar = "#" * max(1, round(load.per_second / most * _BAR))
    return (
        f"  {load.clients:>7}  {load.per_second:>10.1f}  {load.p50:>7.1f}  {load.p95:>7.1f}  "
        f"{load.p99:>7.1f}  {load.mean_batch:>9.1f}  {bar}"
    )


def _histogram(one: Load) -> str:
    calls = sum(one.batches.values()) or 1
    common = sorted(one.batches.items(), key=lambda item: -item[1])[:6]
    return ", ".join(f"{size}: {round(100 * count / calls)}%" for size, count in sorted(common))
