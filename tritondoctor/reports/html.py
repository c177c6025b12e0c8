"""One self-contained page: no script, no request, dark and light, printable."""

from __future__ import annotations

import html
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from typing import NamedTuple, Optional

from tritondoctor import __version__
from tritondoctor.checks import Finding
from tritondoctor.checks.model import Remedy
from tritondoctor.examination.report import Report
from tritondoctor.facts.model import Facts, LinkProblem, Program
from tritondoctor.privacy.printable import one_line, printable
from tritondoctor.remedies.link_map_diff import link_maps
from tritondoctor.reports import gpus
from tritondoctor.reports.contests import contests
from tritondoctor.reports.linkpicture import picture
from tritondoctor.reports.words import footer, heading, verdict

SIGNS = {"fail": "✗", "warn": "!", "ok": "✓"}
_NOTHING_ELSE = "default-src 'none'; style-src 'unsafe-inline'"
MARKS = {"error": "✗ error", "warning": "! warning", "info": "i info"}
_MAIN = ("tritonserver", "python backend", "stub")
_LEGEND = (
    ("path", "LD_LIBRARY_PATH"), ("own", "rpath or runpath"), ("preload", "LD_PRELOAD"),
    ("", "cache and default folders"), ("broken", "broken"),
)  # fmt: skip


class Planned(NamedTuple):
    """A plan that is not carried out yet, and the facts that there would be then."""

    steps: Sequence[Remedy]
    after: Facts


def render(report: Report, planned: Optional[Planned] = None) -> str:
    """The page, with a plan where there is one."""
    parts = [
        *_verdict(report), *_chains(report), *_findings(report), *_gpus(report.facts),
        *_search(report.facts), *_maps(report.facts), *_plan(report.facts, planned), *_footer(report),
    ]  # fmt: skip
    return document(verdict(report), parts)


def document(title: str, parts: Iterable[str]) -> str:
    """A whole page of these parts of its body."""
    title = f"{title} – tritondoctor"
    style = files("tritondoctor.data").joinpath("report.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_NOTHING_ELSE}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def text(words: object) -> str:
    return html.escape(printable(words))


def _verdict(report: Report) -> Iterator[str]:
    yield f'<header class="verdict {report.verdict}">'
    yield f"<h1>{SIGNS[report.verdict]} {text(verdict(report))}</h1>"
    yield f"<p>{text(heading(report.facts))}</p>"
    yield (
        f'<p class="soft"><code>{text(report.python)}</code> '
        f"({text(report.kind)}; chosen by <code>{text(report.chosen_by)}</code>)</p></header>"
    )


def _chains(report: Report) -> Iterator[str]:
    errors = [finding for finding in report.findings if finding.severity == "error"]
    if not errors:
        return
    yield "<h2>How it comes to that</h2>"
    programs = report.facts.launch.programs if report.facts.launch else ()
    chains = [chain for program in programs for chain in _broken(program)]
    for steps in chains or [[("finding", str(error.title))] for error in errors]:
        yield '<ol class="chain">'
        for kind, words in steps:
            end = " end" if (kind, words) == steps[-1] else ""
            yield f'<li class="step{end}"><small>{text(kind)}</small><span>{text(words)}</span></li>'
        yield '<li class="step end"><small>so</small>PyTriton does not answer</li></ol>'


def _broken(program: Program) -> Iterator[list[tuple[str, str]]]:
    """From the program to what breaks, a chain for each library in question."""
    asked_by = {one.path: one.needed_by for one in reversed(program.objects)}
    rules = {one.path: one.found_by for one in program.objects}
    told = set()
    for problem in program.problems:
        if (problem.name, problem.provider) in told:
            continue
        told.add((problem.name, problem.provider))
        middle: list[tuple[str, str]] = []
        path = problem.needed_by
        while path in asked_by and len(middle) < 20:
            middle.insert(0, (f"needs, found by {rules[path]}", path))
            path = asked_by[path]
        start = (f"PyTriton starts {program.role}", posixpath.basename(program.path))
        yield [start, *middle, *_end(problem, rules)]


def _end(problem: LinkProblem, rules: dict[str, str]) -> list[tuple[str, str]]:
    if problem.provider and problem.version:
        how = f"needs {problem.name}, found by {rules.get(problem.provider, 'the loader')}"
        return [(how, problem.provider), ("which has no", problem.version)]
    if problem.name and problem.kind == "not-found":
        return [("needs", problem.name), ("which is", "found nowhere")]
    return [(f"needs {problem.name}" if problem.name else "fails", problem.message)]


def _findings(report: Report) -> Iterator[str]:
    yield "<h2>Findings</h2>"
    if not report.findings:
        yield "<p>None.</p>"
    for finding in report.findings:
        yield from _finding(finding, finding.severity, MARKS[finding.severity], "")
    for one in report.ignored:
        yield from _finding(one.finding, "ignored", "ignored", one.because)


def _finding(finding: Finding, tone: str, mark: str, reason: str) -> Iterator[str]:
    yield f'<section class="card {tone}"><h3><b>{text(mark)}</b> {text(finding.title)}</h3>'
    if reason:
        yield f"<p>Reason: {text(reason)}</p>"
    yield f"<p>{text(finding.explanation)}</p>"
    if finding.evidence:
        yield (
            "<ul>" + "".join(f"<li><code>{text(line)}</code></li>" for line in finding.evidence) + "</ul>"
        )
    for remedy in finding.remedies:
        yield f"<p>{text(remedy.title)}{':' if remedy.commands else ''}</p>"
        if remedy.commands:
            yield f"<pre>{text(chr(10).join(one_line(line) for line in remedy.commands))}</pre>"
    yield f'<p class="soft"><code>tritondoctor explain {text(finding.id)}</code></p></section>'


def _gpus(facts: Facts) -> Iterator[str]:
    rows = gpus.cells(facts)
    yield "<h2>GPUs</h2>"
    if not rows:
        yield "<p>No card that a driver tells of.</p>"
        return
    head = "".join(f"<th>{text(name)}</th>" for name in gpus.HEAD)
    yield f'<div class="table"><table><tr>{head}</tr>'
    for row in rows:
        yield "<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>"
    yield "</table></div>"


def _search(facts: Facts) -> Iterator[str]:
    found = list(contests(facts))
    if not found and not facts.library_path:
        return
    yield "<h2>Where the loader looks</h2>"
    if facts.library_path:
        rows = [
            (one.text or "(empty: the working directory)", one.state, one.conda_prefix or "")
            for one in facts.library_path
        ]
        yield '<div class="table"><table><caption>LD_LIBRARY_PATH, in this order</caption>'
        yield "<tr><th>#</th><th>element</th><th>is</th><th>conda prefix</th></tr>"
        for number, (path, state, prefix) in enumerate(rows, 1):
            yield (
                f'<tr><td>{number}</td><td class="path">{text(path)}</td><td>{text(state)}</td>'
                f'<td class="path">{text(prefix)}</td></tr>'
            )
        yield "</table></div>"
    for contest in found:
        yield (
            f'<div class="table"><table><caption>{text(contest.name)}, '
            f"asked for by {text(contest.role)}</caption>"
            "<tr><th></th><th>place</th><th>rule</th><th>what came of it</th></tr>"
        )
        for place in contest.places:
            bad = " bad" if place.result in ("won", "none") and not contest.good else ""
            kind = "won" if place.result == "none" else place.result
            yield (
                f'<tr class="{kind}{bad}"><td class="why">{place.result}</td>'
                f'<td class="path">{text(place.path)}</td><td>{text(place.rule)}</td>'
                f"<td>{text(place.why)}</td></tr>"
            )
        yield "</table></div>"


def _plan(before: Facts, planned: Optional[Planned]) -> Iterator[str]:
    if planned is None:
        return
    after = planned.after
    yield "<h2>The plan, and what the loader finds then</h2>"
    for step in planned.steps:
        yield f'<section class="card ok"><h3>{text(step.title)}</h3>'
        if step.commands:
            yield f"<pre>{text(chr(10).join(one_line(line) for line in step.commands))}</pre>"
        yield "</section>"
    changes = link_maps(before, after)
    if changes:
        yield (
            '<div class="table"><table><caption>Libraries that another file answers to</caption>'
            "<tr><th>program</th><th>library</th><th>before</th><th>after</th><th>rule</th></tr>"
        )
        for change in changes:
            yield (
                f'<tr><td>{text(change.role)}</td><td class="path">{text(change.name)}</td>'
                f'<td class="path">{text(change.before)}</td><td class="path">{text(change.after)}</td>'
                f"<td>{text(change.rule)}</td></tr>"
            )
        yield "</table></div>"
    roles = {change.role for change in changes}
    programs = after.launch.programs if after.launch else ()
    yield from _pictures([program for program in programs if program.role in roles], "after")


def _maps(facts: Facts) -> Iterator[str]:
    programs = [
        program
        for program in (facts.launch.programs if facts.launch else ())
        if program.objects or program.problems
    ]
    if not programs:
        return
    programs.sort(key=lambda one: (not one.problems, one.role not in _MAIN))
    yield "<h2>What each program loads</h2>"
    items = "".join(f'<li><i class="{kind}"></i>{text(words)}</li>' for kind, words in _LEGEND)
    yield f'<ul class="legend">{items}</ul>'
    yield from _pictures(programs, "zoom")


def _pictures(programs: Sequence[Program], name: str) -> Iterator[str]:
    for number, program in enumerate(programs):
        shown = program.problems or (number == 0 and program.role in _MAIN)
        state = '<b class="broken">✗ does not load</b>' if program.problems else "loads"
        sizes = "".join(
            f'<label><input type="radio" name="{name}{number}" class="{kind}"{checked}>{words}</label>'
            for kind, checked, words in (
                ("half", "", "50 %"),
                ("whole", " checked", "100 %"),
                ("double", "", "200 %"),
            )
        )
        yield (
            f"<details{' open' if shown else ''}><summary><b>{text(program.role)}</b> {state}, "
            f'{len(program.objects)} objects <code class="soft">{text(program.path)}</code></summary>'
            f'<div class="zoom">Size:{sizes}</div><div class="picture">{picture(program)}</div></details>'
        )


def _footer(report: Report) -> Iterator[str]:
    yield "<footer>"
    yield from (f"<p>{text(line)}</p>" for line in footer(report))
    yield f"<p>tritondoctor {text(__version__)}; nothing was started or changed.</p></footer>"
