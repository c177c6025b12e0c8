"""Words that several formats say alike."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from tritondoctor.checks import of_gpu
from tritondoctor.checks.gpu.rules import stops_pytriton
from tritondoctor.examination.report import Report
from tritondoctor.facts.model import Facts
from tritondoctor.privacy.printable import one_line

if TYPE_CHECKING:
    from tritondoctor.examination.snapshot import Snapshot

_RULES = {
    "private-key": ("private key", "private keys"),
    "url-credentials": ("password in an address", "passwords in addresses"),
    "url-token": ("token in an address", "tokens in addresses"),
    "jwt": ("JSON web token", "JSON web tokens"),
    "known-token": ("access token", "access tokens"),
    "authorization": ("authorization header", "authorization headers"),
    "assignment": (
        "value of what is called a key or password",
        "values of what is called a key or password",
    ),
    "random-text": ("text that looks random", "texts that look random"),
}


def heading(facts: Facts) -> str:
    """What was examined, in one line."""
    asked, installed = facts.interpreter, facts.pytriton
    version = f"Python {asked.version}" if asked.version else "Python (did not answer)"
    release = f"PyTriton {installed.version or 'of unknown release'}" if installed else "no PyTriton"
    return one_line(f"{version}, {release}, {facts.host.distribution}")


def verdict(report: Report) -> str:
    """The verdict in one sentence."""
    counts = {
        severity: sum(finding.severity == severity for finding in report.findings)
        for severity in ("error", "warning")
    }
    required = sum(finding.id == "requirement-not-met" for finding in report.findings)
    if counts["error"] and counts["error"] == required:
        return f"PyTriton would start here; {counted(required, 'requirement')} of the project not met"
    if counts["error"]:
        errors = [finding for finding in report.findings if finding.severity == "error"]
        serves = all(of_gpu(error) for error in errors) and not stops_pytriton(report.facts.gpu)
        what = "A model on the GPU" if serves else "PyTriton"
        return f"{what} will not work here: {counted(counts['error'], 'cause')}"
    passed_over = sum(one.finding.severity == "error" for one in report.ignored)
    if passed_over:
        return f"No error that counts here; {counted(passed_over, 'error')} ignored"
    if report.selected:
        return "None of the findings that were asked for is an error"
    if counts["warning"]:
        return f"PyTriton will start and answer here; {counted(counts['warning'], 'warning')}"
    return "PyTriton will start and answer here"


def counted(number: int, word: str) -> str:
    """`1 cause`, `2 causes`."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def footer(report: Report) -> Iterator[str]:
    """What is not told, and by which rule."""
    for aside in report.policies_set_aside:
        yield f"This policy is not obeyed: {aside}."
    yield from _left_out(report.removed, len(report.facts.hidden_variables))
    hidden = {"home": "~ stands for the home folder", "user": "$USER for the user's name"}
    told = [words for rule, words in hidden.items() if report.removed.get(rule)]
    if told:
        words = " and ".join(told)
        yield f"{words[:1].upper()}{words[1:]} (--show-paths keeps paths)."


def _left_out(removed: Mapping[str, int], untold: int) -> Iterator[str]:
    parts = [f"the values of {counted(untold, 'variable')} (by name)"] if untold else []
    for rule, (one, many) in _RULES.items():
        number = removed.get(rule, 0)
        if number:
            parts.append(f"{number} {one if number == 1 else many} ({rule})")
    if parts:
        yield f"Left out: {', '.join(parts)}."


def snapshot_lines(taken: Snapshot, file: str) -> Iterator[str]:
    """What was written, what is not in it, and what to do with it."""
    yield f"{file}: {heading(taken.facts)}"
    untold = len(taken.facts.hidden_variables)
    yield from _left_out(taken.removed, untold)
    if taken.removed.get("home") or taken.removed.get("user"):
        yield "Home folder and user have other names of the same length in it (--show-paths keeps them)."
    yield f"To read it: tritondoctor check --from {shlex.quote(file)}"
