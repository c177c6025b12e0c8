"""One self-contained page: no script, no request, dark and light, printable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Optional

from tritondoctor import __version__
from tritondoctor.examination import masks
from tritondoctor.examination.report import Report
from tritondoctor.facts.model import Facts
from tritondoctor.reports import html_findings, html_loader, html_plan
from tritondoctor.reports.html_parts import SIGNS, commands, document, numbered, text
from tritondoctor.reports.html_plan import Planned
from tritondoctor.reports.words import chosen_option, footer, heading, verdict
from tritondoctor.support.messages import _

if TYPE_CHECKING:
    from tritondoctor.remedies.plan import Plan


def planned(plan: Plan, facts: Facts, *, complete: bool) -> Planned:
    """A plan as others may see it; `complete`: no error is left after it."""
    uncounted: Counter[str] = Counter()
    steps = [masks.mask(step.remedy, facts, paths=False, removed=uncounted) for step in plan.steps]
    return Planned(steps, masks.mask(plan.facts, facts, paths=False, removed=uncounted), complete)


def render(report: Report, planned: Optional[Planned] = None) -> str:
    """The page; where there is a plan, it stands before what is wrong."""
    parts = [
        *_verdict(report, planned), *html_plan.plan(report.facts, planned),
        *html_findings.findings(report), *html_findings.gpus(report.facts),
        *html_loader.search(report.facts), *html_loader.maps(report.facts), *_footer(report),
    ]  # fmt: skip
    return document(verdict(report), parts)


def _verdict(report: Report, planned: Optional[Planned]) -> Iterator[str]:
    yield f'<header class="verdict {report.verdict}">'
    yield f"<h1>{SIGNS[report.verdict]} {text(verdict(report))}</h1>"
    yield from _causes(report)
    yield f"<p>{text(heading(report.facts))}</p>"
    option = chosen_option(report.chosen_by, report.python)
    chosen = _("{kind}; chosen by {option}", kind=report.kind, option=option)
    yield f'<p class="soft"><code>{text(report.python)}</code> ({text(chosen)})</p>'
    yield f'<p class="soft">{text(_machine(report))}</p>'
    yield from _next(report, planned)
    yield "</header>"


def _causes(report: Report) -> Iterator[str]:
    """The causes with links to their findings."""
    serious = [
        (anchor, cause) for anchor, cause in numbered(report.findings) if cause.severity == "error"
    ]
    if serious:
        links = (f'<li><a href="#{text(id)}">{text(cause.title)}</a></li>' for id, cause in serious)
        yield f"<ol>{''.join(links)}</ol>"


def _machine(report: Report) -> str:
    """When and where: `Examined 2026-11-28 14:30 UTC on node7, x86_64, in docker`."""
    host = report.facts.host
    place = ", ".join(filter(None, [report.host_name, host.machine, "WSL" if host.wsl else ""]))
    if host.container:
        place = _("{machine}, in {container}", machine=place, container=host.container)
    if not report.examined:
        return _("Examined on {machine}", machine=place)
    return _("Examined {time} on {machine}", time=report.examined, machine=place)


def _next(report: Report, planned: Optional[Planned]) -> Iterator[str]:
    """The command that comes next, ready to be copied."""
    option = f" {report.chosen_by}" if report.chosen_by.startswith("--") else ""
    errors = [finding for finding in report.findings if finding.severity == "error"]
    if planned is not None:
        words, command = _("To apply the plan:"), "fix" if planned.complete else "fix --partial"
    elif any(remedy.edits for error in errors for remedy in error.remedies):
        words, command = _("To repair it (can be undone):"), "fix"
    elif report.verdict == "ok":
        words, command = _("To prove it by a real start:"), "selftest"
    else:
        return
    yield f"<p>{text(words)}</p>{commands([f'tritondoctor {command}{option}'])}"


def _footer(report: Report) -> Iterator[str]:
    yield "<footer>"
    yield from (f"<p>{text(line)}</p>" for line in footer(report))
    unchanged = _("nothing was changed, PyTriton was not started")
    yield f"<p>tritondoctor {text(__version__)}; {text(unchanged)}.</p></footer>"
