"""The pages of the findings and their index by symptom, from the code alone."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from docs.examples import example, has_fields
from tritondoctor.checks import CATALOGUE, Rule
from tritondoctor.logs.signs import SIGNS
from tritondoctor.reports.page import signs_of, unbraced

_SEVERITIES = {
    "error": "Error: PyTriton does not start or does not answer.",
    "warning": "Warning: it starts, but this causes trouble under the conditions described here.",
    "info": "Information: worth knowing.",
}
_WITNESSES = {
    "log": "a log shows it: `tritondoctor explain LOG`",
    "selftest": "a start shows it: `tritondoctor selftest`",
    "attach": "a running server shows it: `tritondoctor attach`",
}
#: what a person sees -> the subjects of the findings that lead to it
_SYMPTOMS = {
    "`Waiting for server to be ready timed out`, `TimeoutError: timed out`": (
        "libpython", "libraries", "packages", "versions", "startup-code", "variables", "bash",
        "unexplained", "start",
    ),
    "PyTriton cannot be imported, or its Python does not start": (
        "interpreter", "machine", "installation",
    ),
    "The server ends at once, or cannot write": (
        "kernel", "permissions", "workspace", "shared-memory", "limits", "settings",
    ),
    "The server runs, but nobody reaches it, or it does not go on": ("network", "running server", "log"),
    "The GPU is not used": ("gpu",),
    "It works here, but not in another shell, or not tomorrow": ("shell", "conda", "leftovers"),
    "The check itself says so": ("requirements", "files"),
}  # fmt: skip
_OTHERS = "Other findings"
_MARKUP = re.compile(r"(`[^`]*`)|([<*|])")


def pages() -> dict[str, str]:
    """File name -> text."""
    files = {f"{id}.md": _page(rule) for id, rule in sorted(CATALOGUE.items())}
    return {**files, "README.md": "\n".join(_index()) + "\n"}


def _page(rule: Rule) -> str:
    title, explanation = example(rule)
    parts = [
        f"# {rule.id}",
        f"*{escaped(title)}*" + (" (an example)" if has_fields(rule) else ""),
        _SEVERITIES[rule.severity],
        "## What it is",
        escaped(unbraced(rule.means)),
        "## Why it matters",
        escaped(explanation),
        "## How to fix it",
        escaped(unbraced(rule.by_hand)),
        "## How it looks in a log",
        *_log(rule),
        "## How tritondoctor finds it",
        _found(rule),
        "## How it was verified",
        escaped(unbraced(rule.verified)),
    ]
    return "\n\n".join(_wrapped(part) for part in parts) + "\n"


def _log(rule: Rule) -> Iterator[str]:
    signs = signs_of(rule.id)
    if not signs:
        yield "No known log line shows this and nothing else."
    for sign in signs:
        others = ", ".join(f"[{id}]({id}.md)" for id in sign.others)
        yield f"    {sign.line}"
        yield f"Seen in: {escaped(sign.source)}." + (f" It may also mean {others}." if others else "")


def _found(rule: Rule) -> str:
    if not rule.reads:
        ways = [words for witness, words in _WITNESSES.items() if witness in rule.seen_by]
        return f"`tritondoctor check` cannot see it; {' or '.join(ways)}."
    reads = ", ".join(f"`{name}`" for name in rule.reads)
    return f"`tritondoctor check` reads {reads} (facts/model.py) before anything is started."


def _index() -> Iterator[str]:
    yield from (
        "# Findings by symptom",
        "",
        "Built from the code by `make docs`. `tritondoctor check` names",
    )
    yield from ("the finding; where you have only a symptom, start here.", "")
    shown = set[str]()
    for symptom, subjects in _SYMPTOMS.items():
        rules = [rule for rule in CATALOGUE.values() if rule.subject in subjects]
        shown.update(rule.id for rule in rules)
        yield from _table(symptom, rules)
    rest = [rule for rule in CATALOGUE.values() if rule.id not in shown]
    if rest:
        yield from _table(_OTHERS, rest)
    yield from ("## A line in the log", "", "| line | finding |", "| --- | --- |")
    for sign in SIGNS:
        if sign.role == "cause":
            yield f"| {_cell(sign.line)} | [{sign.id}]({sign.id}.md) |"


def _table(symptom: str, rules: list[Rule]) -> Iterator[str]:
    yield from (
        f"## {symptom}",
        "",
        "| finding | severity | it says, for example |",
        "| --- | --- | --- |",
    )
    for rule in rules:
        yield f"| [{rule.id}]({rule.id}.md) | {rule.severity} | {escaped(example(rule)[0])} |"
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
