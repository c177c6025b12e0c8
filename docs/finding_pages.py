"""The pages of the findings and their index by symptom, from the code alone."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from docs.examples import example, has_fields
from tritondoctor.checks import CATALOGUE, Rule
from tritondoctor.logs.signs import SIGNS
from tritondoctor.reports.page import signs_of, unbraced
from tritondoctor.reports.words import severity
from tritondoctor.support.messages import Quoted, _, mark

_SEVERITIES = {
    "error": mark("Error: PyTriton does not start or does not answer."),
    "warning": mark("Warning: it starts, but this causes trouble under the conditions described here."),
    "info": mark("Information: worth knowing."),
}
_WITNESSES = {
    "log": mark("a log shows it: `tritondoctor explain LOG`"),
    "selftest": mark("a start shows it: `tritondoctor selftest`"),
    "attach": mark("a running server shows it: `tritondoctor attach`"),
}
#: what a person sees -> the subjects of the findings that lead to it
_SYMPTOMS = {
    mark("`Waiting for server to be ready timed out`, `TimeoutError: timed out`"): (
        "libpython", "libraries", "packages", "versions", "startup-code", "variables", "bash",
        "unexplained", "start",
    ),
    mark("PyTriton cannot be imported, or its Python does not start"): (
        "interpreter", "machine", "installation",
    ),
    mark("The server ends at once, or cannot write"): (
        "kernel", "permissions", "workspace", "shared-memory", "limits", "settings",
    ),
    mark("The server runs, but nobody reaches it, or it does not go on"): (
        "network", "running server", "log",
    ),
    mark("The GPU is not used"): ("gpu",),
    mark("It works here, but not in another shell, or not tomorrow"): ("shell", "conda", "leftovers"),
    mark("The check itself says so"): ("requirements", "files"),
}  # fmt: skip
_OTHERS = mark("Other findings")
_MARKUP = re.compile(r"(`[^`]*`)|([<*|])")


def pages() -> dict[str, str]:
    """File name -> text."""
    files = {f"{id}.md": _page(rule) for id, rule in sorted(CATALOGUE.items())}
    return {**files, "README.md": "\n".join(_index()) + "\n"}


def _page(rule: Rule) -> str:
    title, explanation = example(rule)
    parts = [
        f"# {rule.id}",
        f"*{escaped(title)}*" + (f" {_('(an example)')}" if has_fields(rule) else ""),
        _(_SEVERITIES[rule.severity]),
        f"## {_('What it is')}",
        escaped(unbraced(_(rule.means))),
        f"## {_('Why it matters')}",
        escaped(explanation),
        f"## {_('How to fix it')}",
        escaped(unbraced(_(rule.by_hand))),
        f"## {_('How it looks in a log')}",
        *_log(rule),
        f"## {_('How tritondoctor finds it')}",
        _found(rule),
        f"## {_('How it was verified')}",
        escaped(unbraced(_(rule.verified))),
    ]
    return "\n\n".join(_wrapped(part) for part in parts) + "\n"


def _log(rule: Rule) -> Iterator[str]:
    signs = signs_of(rule.id)
    if not signs:
        yield _("No known log line shows this and nothing else.")
    for sign in signs:
        others = _(", ").join(f"[{id}]({id}.md)" for id in sign.others)
        yield f"    {sign.line}"
        seen = _("Seen in: {source}.", source=Quoted(escaped(sign.source)))
        yield f"{seen} {_('It may also mean {ids}.', ids=others)}" if others else seen


def _found(rule: Rule) -> str:
    if not rule.reads:
        ways = [_(words) for witness, words in _WITNESSES.items() if witness in rule.seen_by]
        return _("`tritondoctor check` cannot see it; {ways}.", ways=_(" or ").join(ways))
    reads = _(", ").join(f"`{name}`" for name in rule.reads)
    return _(
        "`tritondoctor check` reads {facts} (facts/model.py) before anything is started.", facts=reads
    )


def _index() -> Iterator[str]:
    yield from (f"# {_('Findings by symptom')}", "")
    words = _(
        "Built from the code by `make docs`. `tritondoctor check` names the finding; where you have only "
        "a symptom, start here."
    )
    yield from (_wrapped(words), "")
    shown = set[str]()
    for symptom, subjects in _SYMPTOMS.items():
        rules = [rule for rule in CATALOGUE.values() if rule.subject in subjects]
        shown.update(rule.id for rule in rules)
        yield from _table(_(symptom), rules)
    rest = [rule for rule in CATALOGUE.values() if rule.id not in shown]
    if rest:
        yield from _table(_(_OTHERS), rest)
    yield from (f"## {_('A line in the log')}", "", _("| line | finding |"), "| --- | --- |")
    for sign in SIGNS:
        if sign.role == "cause":
            yield f"| {_cell(sign.line)} | [{sign.id}]({sign.id}.md) |"


def _table(symptom: str, rules: list[Rule]) -> Iterator[str]:
    yield from (
        f"## {symptom}",
        "",
        _("| finding | severity | it says, for example |"),
        "| --- | --- | --- |",
    )
    for rule in rules:
        yield f"| [{rule.id}]({rule.id}.md) | {severity(rule.severity)} | {escaped(example(rule)[0])} |"
    yield ""


def _cell(line: str) -> str:
    """A line of a log as code in a table; one backtick in it needs two around it."""
    line = line.strip().replace("|", "\\|")
    return f"`` {line} ``" if "`" in line else f"`{line}`"


def escaped(words: str) -> str:
    """Words as Markdown shows them literally; what stands in backticks is code."""
    return _MARKUP.sub(lambda match: match[1] or {"<": "&lt;"}.get(match[2], f"\\{match[2]}"), words)


def _wrapped(part: str) -> str:
    if part.startswith(("#", "    ", "|")):
        return part
    return textwrap.fill(part, 100, break_long_words=False, break_on_hyphens=False)
