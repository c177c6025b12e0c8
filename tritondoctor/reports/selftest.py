"""The self-test as a person reads it: phases as they pass, then the answer, the cause, the bench."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from tritondoctor.examination.report import Report, as_json, finding_json
from tritondoctor.reports import bench
from tritondoctor.reports.console import finding_lines
from tritondoctor.reports.layout import Line, broken, padded, print_lines, width_of, wrapped
from tritondoctor.reports.shorten import ELLIPSIS
from tritondoctor.selftest import ensemble, llama, streaming
from tritondoctor.selftest.model import (
    Comparison,
    Device,
    EnsembleTime,
    LanguageModel,
    Phase,
    SelfTest,
)
from tritondoctor.support import detail
from tritondoctor.support.messages import _, mark, plural, shown

_PHASE_COLUMN = 22
_PROOFS = {"strong": mark("Proof"), "weak": mark("Weak proof"), "none": mark("Note")}
_TAIL, _ROWS_OF_A_LINE = 8, 3
#: findings of what was asked for beside Linear
_BESIDE_LINEAR = (streaming.BROKEN, ensemble.BROKEN, llama.BROKEN)
_SIGNS = {True: ("[ok]", ""), False: ("[x]", "bold red")}


def phase_line(name: str, phase: Phase, *, interrupted: bool = False) -> Text:
    """A phase that is over; `interrupted`: because the user ended the doctor."""
    sign, style = ("ok", "green") if phase.passed else ("x", "bold red")
    if interrupted:
        sign, style = "-", "yellow"
    line = Text(f"  {f'[{sign}]':<5}", style=style)
    line.append(f"{padded(shown(name), _PHASE_COLUMN)}{phase.seconds:>6.1f} s", style="")
    if interrupted:
        line.append(f"  {_('interrupted')}", style="")
    return line


def show(result: SelfTest, console: Console) -> None:
    """Print the result; it fits any width."""
    blocks = (console.encoding or "").lower().startswith("utf")
    print_lines(console, _lines(result, width_of(console), blocks=blocks))


def selftest_json(result: SelfTest) -> dict[str, Any]:
    """What stands under `selftest` in the report."""
    contract: dict[str, Any] = msgspec.to_builtins(result, str_keys=True)
    contract["findings"] = [finding_json(finding) for finding in result.findings]
    if result.bench is not None:
        for load_json, load in zip(contract["bench"]["loads"], result.bench.loads):
            load_json["mean_batch"] = round(load.mean_batch, 2)
    return contract


def with_selftest(report: Report, result: SelfTest) -> Report:
    """The report with what a real start has shown: it goes before what was predicted."""
    predicted = tuple(finding for finding in report.findings if finding.severity != "error")
    return msgspec.structs.replace(report, findings=(*result.findings, *predicted))


def report_json(report: Report, result: SelfTest) -> dict[str, Any]:
    """The contract's object with the self-test in it."""
    return {**as_json(report), "selftest": selftest_json(result)}


def _lines(result: SelfTest, width: int, *, blocks: bool) -> Iterator[Line]:
    yield "", ""
    if result.device is not None and result.checks:
        yield from _device(result.device, width)
    for check in result.checks:
        sign, style = ("[-]", "dim") if check.skipped else _SIGNS[check.passed]
        line = _("{name}: {answer}", name=check.name, answer=_answer(check))
        yield from wrapped(f"  {sign:<5}{line}", " " * 7, width, style, hang=True)
    if result.series:
        yield from _note(_series(result.series), width)
    if result.streaming is not None and result.streaming.made_for_nobody is not None:
        yield from _note(_left_alone(result.streaming.made_for_nobody), width)
    if result.language_model is not None:
        yield from _note(_spoken(result.language_model), width)
    if result.checks:
        yield "", ""
    if result.bench is not None:
        yield from bench.lines(result.bench, width, blocks=blocks)
    if result.ensemble:
        yield from _ensemble(result.ensemble)
        yield "", ""
    for finding in result.findings:
        yield from finding_lines(finding, width)
        yield "", ""
    if result.findings and result.findings[0].id == "selftest-no-answer" and result.log_tail:
        yield _("The end of the log:"), ""
        for text in result.log_tail[-detail.most(_TAIL) :]:
            yield from _of_log(text, width)
        yield "", ""
    for path in result.left_behind:
        yield _("Could not be removed: {path}", path=path), "bold red"
    yield _verdict(result)


def _verdict(result: SelfTest) -> Line:
    seconds = f"{result.seconds:.1f}"
    if result.passed:
        return _("PyTriton serves Linear here ({seconds} s).", seconds=seconds), "bold green"
    if result.findings and result.findings[0].id in _BESIDE_LINEAR:
        line = _(
            "PyTriton serves Linear here, but not all that was asked for ({seconds} s).", seconds=seconds
        )
        return line, "bold red"
    return _("PyTriton does not serve Linear here ({seconds} s).", seconds=seconds), "bold red"


def conclusion(result: SelfTest) -> Iterator[Line]:
    """Whether it serves, and if not, why: in one line."""
    line, style = _verdict(result)
    ids = ", ".join(dict.fromkeys(finding.id for finding in result.findings))
    yield f"{line} {ids}".rstrip() if not result.passed else line, style


def _of_log(text: str, width: int) -> Iterator[Line]:
    """A line of the log: of a long one its beginning, and its end, where the exception stands."""
    room = max(width - 4, 20)
    rows = [row[at : at + room] for row in broken(text, room) for at in range(0, max(len(row), 1), room)]
    for row in rows if len(rows) <= _ROWS_OF_A_LINE else [rows[0], ELLIPSIS, *rows[-2:]]:
        yield f"    {row}", "dim"


def _answer(check: Comparison) -> str:
    if not check.passed or check.worst is None:
        return check.got
    return _(
        "correct (off by {worst}, allowed {tolerance})",
        worst=f"{check.worst:.1g}", tolerance=f"{check.tolerance:.0e}",
    )  # fmt: skip


def _note(note: str, width: int) -> Iterator[Line]:
    yield from wrapped(f"       {note}", " " * 7, width, "dim", hang=True)


def _left_alone(made: int) -> str:
    if made == streaming.PARTS:
        return _(
            "A client that left early did not stop its stream: all {count} parts were made.", count=made
        )
    return _("A client that left early stopped its stream: {count} parts were made.", count=made)


#: what Triton measures, by how the names of the series begin (docs/user_guide/metrics.md of the server)
_SUBJECTS = {
    "nv_inference_": mark("requests"), "nv_gpu_": mark("the GPU"), "nv_energy_": mark("the GPU"),
    "nv_cpu_": mark("the CPU"), "nv_pinned_": mark("pinned memory"), "nv_cache_": mark("the cache"),
}  # fmt: skip


def _series(series: Sequence[str]) -> str:
    known = [word for begin, word in _SUBJECTS.items() if any(name.startswith(begin) for name in series)]
    subjects = ", ".join(_(word) for word in dict.fromkeys(known))
    return plural(
        "Prometheus would scrape {count} series ({subjects}).",
        "Prometheus would scrape {count} series ({subjects}).", len(series), subjects=subjects,
    )  # fmt: skip


def _spoken(model: LanguageModel) -> str:
    return _(
        "{name} on {device}: first piece after {first} ms, {rate} pieces a second; loaded in {load} s.",
        name=model.name, device=model.device, first=f"{model.first_ms:.0f}",
        rate=f"{model.pieces_per_second:.1f}", load=f"{model.load_seconds:.1f}",
    )  # fmt: skip


def _device(device: Device, width: int) -> Iterator[Line]:
    library = device.library
    if device.why:
        library = _("{title} ({risk})", title=device.library, risk=device.why)
    if device.kind != "cuda":
        line = _("On the CPU with {library}", library=library)
        yield from wrapped(f"  {line}", "  ", width, hang=True)
        return
    line = _("On the GPU with {library}: {name}", library=library, name=device.name)
    yield from wrapped(f"  {line}", "  ", width, hang=True)
    line = _(
        "compute capability {capability}, driver {driver}",
        capability=device.compute_capability,
        driver=(device.proof and device.proof.driver) or _("unknown"),
    )
    yield f"  {line}", "dim"
    if device.proof is not None:
        line = _("{state}: {reason}", state=_(_PROOFS[device.proof.strength]), reason=device.proof.how)
        yield from wrapped(f"  {line}", "  ", width, hang=True)


def _ensemble(times: Sequence[EnsembleTime]) -> Iterator[Line]:
    yield _("An ensemble of two models, and the same with two requests (median)"), "bold"
    for time in times:
        line = _(
            "{ensemble} ms and {requests} ms, with {count} numbers a row between the models",
            ensemble=f"{time.ensemble_ms:>7.1f}", requests=f"{time.requests_ms:>7.1f}",
            count=time.numbers_between,
        )  # fmt: skip
        yield f"  {line}", ""
