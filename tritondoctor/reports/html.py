"""One self-contained page: no script, no request, dark and light, printable."""

from __future__ import annotations

import html
import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple, Optional

from tritondoctor import __version__
from tritondoctor.checks import Finding
from tritondoctor.checks.model import Remedy
from tritondoctor.examination import masks
from tritondoctor.examination.report import Report
from tritondoctor.facts.model import Facts, LinkProblem, Program
from tritondoctor.privacy.printable import one_line, printable
from tritondoctor.remedies.link_map_diff import link_maps
from tritondoctor.reports import gpus
from tritondoctor.reports.contests import RESULTS, Contest, contests
from tritondoctor.reports.linkpicture import picture
from tritondoctor.reports.words import footer, heading, verdict
from tritondoctor.support.messages import _, mark, plural

if TYPE_CHECKING:
    from tritondoctor.remedies.plan import Plan

SIGNS = {"fail": "✗", "warn": "!", "ok": "✓"}
_NOTHING_ELSE = "default-src 'none'; style-src 'unsafe-inline'"
MARKS = {"error": mark("✗ error"), "warning": mark("! warning"), "info": mark("i info")}
_LONGEST_CHAIN = 20
_MAIN = ("tritonserver", "python backend", "stub")
_LEGEND = (
    ("path", mark("LD_LIBRARY_PATH")),
    ("own", mark("rpath or runpath")),
    ("preload", mark("LD_PRELOAD")),
    ("", mark("cache and default folders")),
    ("broken", mark("broken")),
)


class Planned(NamedTuple):
    """A plan that is not carried out yet, and the facts that there would be then."""

    steps: Sequence[Remedy]
    after: Facts


def planned(plan: Plan, facts: Facts) -> Planned:
    """A plan as others may see it."""
    uncounted: Counter[str] = Counter()
    steps = [masks.mask(step.remedy, facts, paths=False, removed=uncounted) for step in plan.steps]
    return Planned(steps, masks.mask(plan.facts, facts, paths=False, removed=uncounted))


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
    """Words as HTML shows them literally."""
    return html.escape(printable(words))


def _verdict(report: Report) -> Iterator[str]:
    yield f'<header class="verdict {report.verdict}">'
    yield f"<h1>{SIGNS[report.verdict]} {text(verdict(report))}</h1>"
    yield f"<p>{text(heading(report.facts))}</p>"
    chosen = _("{kind}; chosen by {option}", kind=report.kind, option=report.chosen_by)
    yield f'<p class="soft"><code>{text(report.python)}</code> ({text(chosen)})</p></header>'


def _chains(report: Report) -> Iterator[str]:
    errors = [finding for finding in report.findings if finding.severity == "error"]
    if not errors:
        return
    yield _heading(_("Why"))
    programs = report.facts.launch.programs if report.facts.launch else ()
    chains = [chain for program in programs for chain in _broken(program)]
    for steps in chains or [[(_("finding"), str(error.title))] for error in errors]:
        yield '<ol class="chain">'
        for kind, words in steps:
            end = " end" if (kind, words) == steps[-1] else ""
            yield f'<li class="step{end}"><small>{text(kind)}</small><span>{text(words)}</span></li>'
        effect = text(_("PyTriton does not answer"))
        yield f'<li class="step end"><small>{text(_("so"))}</small>{effect}</li></ol>'


def _broken(program: Program) -> Iterator[list[tuple[str, str]]]:
    """From the program to what breaks, a chain for each library in question."""
    parents = {loaded.path: loaded.needed_by for loaded in reversed(program.objects)}
    rules = {loaded.path: loaded.found_by for loaded in program.objects}
    seen = set()
    for problem in program.problems:
        if (problem.name, problem.provider) in seen:
            continue
        seen.add((problem.name, problem.provider))
        middle: list[tuple[str, str]] = []
        path = problem.needed_by
        while path in parents and len(middle) < _LONGEST_CHAIN:
            middle.insert(0, (_("needs, found by {rule}", rule=rules[path]), path))
            path = parents[path]
        start = (_("PyTriton starts {program}", program=program.role), posixpath.basename(program.path))
        yield [start, *middle, *_end(problem, rules)]


def _end(problem: LinkProblem, rules: dict[str, str]) -> list[tuple[str, str]]:
    if problem.provider and problem.version:
        rule = rules.get(problem.provider) or _("the loader")
        how = _("needs {name}, found by {rule}", name=problem.name, rule=rule)
        return [(how, problem.provider), (_("which does not have"), problem.version)]
    if problem.name and problem.kind == "not-found":
        return [(_("needs"), problem.name), (_("which is"), _("not found"))]
    if problem.name:
        return [(_("needs {name}", name=problem.name), problem.message)]
    return [(_("fails"), problem.message)]


def _heading(words: str) -> str:
    return f"<h2>{text(words)}</h2>"


def _findings(report: Report) -> Iterator[str]:
    yield _heading(_("Findings"))
    if not report.findings:
        yield f"<p>{text(_('None.'))}</p>"
    for finding in report.findings:
        yield from _finding(finding, finding.severity, _(MARKS[finding.severity]), "")
    for ignored in report.ignored:
        yield from _finding(ignored.finding, "ignored", _("ignored"), ignored.because)


def _finding(finding: Finding, tone: str, sign: str, reason: str) -> Iterator[str]:
    yield f'<section class="card {tone}"><h3><b>{text(sign)}</b> {text(finding.title)}</h3>'
    if reason:
        yield f"<p>{text(_('Reason: {reason}', reason=reason))}</p>"
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
    yield _heading(_("GPUs"))
    if not rows:
        yield f"<p>{text(_('No GPU reported by a driver.'))}</p>"
        return
    head = "".join(f"<th>{text(_(name))}</th>" for name in gpus.HEAD)
    yield f'<div class="table"><table><tr>{head}</tr>'
    for row in rows:
        yield "<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>"
    yield "</table></div>"


def _search(facts: Facts) -> Iterator[str]:
    searches = list(contests(facts))
    if searches or facts.library_path:
        yield _heading(_("Where the loader looks"))
    if facts.library_path:
        yield from _library_path(facts)
    for contest in searches:
        yield from _contest(contest)


def _table(caption: str, *heads: str) -> str:
    cells = "".join(f"<th>{text(head)}</th>" for head in heads)
    return f'<div class="table"><table><caption>{text(caption)}</caption><tr>{cells}</tr>'


def _library_path(facts: Facts) -> Iterator[str]:
    yield _table(_("LD_LIBRARY_PATH, in this order"), "#", _("element"), _("is"), _("conda prefix"))
    for number, element in enumerate(facts.library_path, 1):
        path = element.text or _("(empty: the working directory)")
        yield (
            f'<tr><td>{number}</td><td class="path">{text(path)}</td><td>{text(element.state)}</td>'
            f'<td class="path">{text(element.conda_prefix or "")}</td></tr>'
        )
    yield "</table></div>"


def _contest(contest: Contest) -> Iterator[str]:
    caption = _("{library}, needed by {program}", library=contest.name, program=contest.role)
    yield _table(caption, "", _("location"), _("rule"), _("result"))
    for place in contest.places:
        bad = " bad" if place.result in ("won", "none") and not contest.good else ""
        kind = "won" if place.result == "none" else place.result
        yield (
            f'<tr class="{kind}{bad}"><td class="why">{text(_(RESULTS[place.result]))}</td>'
            f'<td class="path">{text(place.path)}</td><td>{text(place.rule)}</td>'
            f"<td>{text(place.why)}</td></tr>"
        )
    yield "</table></div>"


def _plan(before: Facts, planned: Optional[Planned]) -> Iterator[str]:
    if planned is None:
        return
    after = planned.after
    yield _heading(_("The plan, and what the loader will find"))
    for step in planned.steps:
        yield f'<section class="card ok"><h3>{text(step.title)}</h3>'
        if step.commands:
            yield f"<pre>{text(chr(10).join(one_line(line) for line in step.commands))}</pre>"
        yield "</section>"
    changes = link_maps(before, after)
    if changes:
        yield _table(
            _("Libraries that will be loaded from another file"),
            _("program"), _("library"), _("before"), _("after"), _("rule"),
        )  # fmt: skip
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
    programs.sort(key=lambda program: (not program.problems, program.role not in _MAIN))
    yield _heading(_("What each program loads"))
    items = "".join(f'<li><i class="{kind}"></i>{text(_(words))}</li>' for kind, words in _LEGEND)
    yield f'<ul class="legend">{items}</ul>'
    yield from _pictures(programs, "zoom")


def _pictures(programs: Sequence[Program], name: str) -> Iterator[str]:
    for number, program in enumerate(programs):
        shown = program.problems or (number == 0 and program.role in _MAIN)
        state = text(_("loads"))
        if program.problems:
            state = f'<b class="broken">{text(_("✗ does not load"))}</b>'
        count = plural("{count} object", "{count} objects", len(program.objects))
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
            f'{text(count)} <code class="soft">{text(program.path)}</code></summary>'
            f'<div class="zoom">{text(_("Size:"))}{sizes}</div>'
            f'<div class="picture">{picture(program)}</div></details>'
        )


def _footer(report: Report) -> Iterator[str]:
    yield "<footer>"
    yield from (f"<p>{text(line)}</p>" for line in footer(report))
    unchanged = _("nothing was changed, PyTriton was not started")
    yield f"<p>tritondoctor {text(__version__)}; {text(unchanged)}.</p></footer>"
