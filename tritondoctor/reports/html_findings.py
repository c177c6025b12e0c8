"""The findings on a page: the chain from PyTriton to what breaks, what to type, evidence on demand."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from tritondoctor.checks import Finding
from tritondoctor.checks.links import ProblemGroup, groups
from tritondoctor.checks.model import Remedy
from tritondoctor.examination.report import Report
from tritondoctor.facts.interpreter.model import LinkProblem, Program
from tritondoctor.facts.model import Facts
from tritondoctor.reports import gpus as gpu_table
from tritondoctor.reports.finding import way
from tritondoctor.reports.html_parts import commands, folded, numbered, section, table, text
from tritondoctor.support.messages import _, mark, plural

MARKS = {"error": mark("✗ error"), "warning": mark("! warning"), "info": mark("i info")}
_LONGEST_CHAIN = 20
#: what a box of a chain says in small letters, and its words
_Step = tuple[str, str]


def findings(report: Report) -> Iterator[str]:
    """A card for each finding, ignored ones last."""
    yield section(_("Findings"))
    if not report.findings:
        yield f"<p>{text(_('None.'))}</p>"
    for anchor, finding in numbered(report.findings):
        sign = _(MARKS[finding.severity])
        yield f'<section class="card {finding.severity}" id="{text(anchor)}">'
        yield from _card(finding, sign, _chains(finding, report.facts))
    for ignored in report.ignored:
        yield '<section class="card ignored">'
        reason = _("Reason: {reason}", reason=ignored.because)
        yield from _card(ignored.finding, _("ignored"), [f"<p>{text(reason)}</p>"])


def _card(finding: Finding, sign: str, middle: Iterator[str] | Sequence[str]) -> Iterator[str]:
    yield f"<h3><b>{text(sign)}</b> {text(finding.title)}</h3>"
    yield f"<p>{text(finding.explanation)}</p>"
    yield from middle
    yield from _remedies(finding.remedies)
    yield from evidence(finding.evidence)
    yield f'<p class="soft"><code>tritondoctor explain {text(finding.id)}</code></p></section>'


def _remedies(remedies: Sequence[Remedy]) -> Iterator[str]:
    for number, remedy in enumerate(remedies):
        head = way(number, len(remedies), remedy)
        yield f"<p>{text(_('{title}:', title=head) if remedy.commands else head)}</p>"
        if remedy.commands:
            yield commands(remedy.commands)


def evidence(lines: Sequence[object]) -> Iterator[str]:
    """The evidence of a finding, folded."""
    if lines:
        items = "".join(f"<li><code>{text(line)}</code></li>" for line in lines)
        words = plural("Evidence: {count} line", "Evidence: {count} lines", len(lines))
        yield from folded(words, [f"<ul>{items}</ul>"], "evidence")


def _chains(finding: Finding, facts: Facts) -> Iterator[str]:
    """A chain for each file at fault that the finding names."""
    if finding.severity != "error":
        return
    found = groups(facts, finding.id)
    words = "\n".join(map(str, (finding.title, *finding.evidence)))
    for group in [group for group in found if group.name in words] or found:
        yield '<ol class="chain">'
        steps = list(_steps(group, facts))
        for kind, words in steps[:-1]:
            yield f'<li class="step"><small>{text(kind)}</small><span>{text(words)}</span></li>'
        kind, words = steps[-1]
        yield f'<li class="step end"><small>{text(kind)}</small><span>{text(words)}</span></li>'
        effect = text(_("PyTriton does not answer"))
        yield f'<li class="step end"><small>{text(_("so"))}</small>{effect}</li></ol>'


def _steps(group: ProblemGroup, facts: Facts) -> Iterator[_Step]:
    """From what PyTriton starts to what breaks."""
    first = group.sightings[0]
    launched = facts.launch.programs if facts.launch else ()
    program = next((program for program in launched if program.role == first.role), None)
    yield _("PyTriton starts"), str(group.who)
    if program is not None:
        yield from _between(program, first.problem)
    yield from _end(group, program)


def _between(program: Program, problem: LinkProblem) -> Iterator[_Step]:
    """The libraries between the program and the one that needs what is not there."""
    parents = {loaded.path: loaded.needed_by for loaded in reversed(program.objects)}
    rules = {loaded.path: loaded.found_by for loaded in program.objects}
    path, steps = problem.needed_by, list[_Step]()
    if path and path != program.path and path not in parents:
        steps.append((_("which imports"), path))
    while path in parents and len(steps) < _LONGEST_CHAIN:
        steps.insert(0, (_("needs, found by {rule}", rule=rules[path]), path))
        path = parents[path]
    yield from steps


def _end(group: ProblemGroup, program: Program | None) -> Iterator[_Step]:
    problem = group.first
    if problem.provider and problem.version:
        loaded = program.objects if program else ()
        rules = {library.path: library.found_by for library in loaded}
        rule = rules.get(problem.provider) or _("the loader")
        name = posixpath.basename(problem.name)
        yield _("needs {name}, found by {rule}", name=name, rule=rule), problem.provider
        yield _("which does not have"), ", ".join(filter(None, group.versions))
    elif problem.name and problem.kind == "not-found":
        yield _("needs"), problem.name
        yield _("which is"), _("not found")
    elif problem.name:
        yield _("needs {name}", name=problem.name), problem.message
    else:
        yield _("fails"), problem.message


def gpus(facts: Facts) -> Iterator[str]:
    """The table of the cards, where a driver reports some."""
    rows = gpu_table.cells(facts)
    if not rows and not facts.gpu.present:
        return
    yield section(_("GPUs"))
    if not rows:
        yield f"<p>{text(_('No GPU reported by a driver.'))}</p>"
        return
    yield table("", *map(_, gpu_table.HEAD))
    for row in rows:
        yield "<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in row) + "</tr>"
    yield "</table></div>"
