"""Sentences that several formats share."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from tritondoctor.checks import of_gpu
from tritondoctor.checks.gpu.rules import stops_pytriton
from tritondoctor.examination.report import Report
from tritondoctor.facts.model import Facts
from tritondoctor.privacy.printable import one_line
from tritondoctor.support.invocation import typed
from tritondoctor.support.messages import Quoted, _, mark, mark_plural, plural

if TYPE_CHECKING:
    from tritondoctor.examination.snapshot import Snapshot

_SEVERITIES = {"error": mark("error"), "warning": mark("warning"), "info": mark("info")}
_REMOVED = {
    "private-key": mark_plural("{count} private key", "{count} private keys"),
    "url-credentials": mark_plural("{count} password in a URL", "{count} passwords in URLs"),
    "url-token": mark_plural("{count} token in a URL", "{count} tokens in URLs"),
    "jwt": mark_plural("{count} JSON web token", "{count} JSON web tokens"),
    "known-token": mark_plural("{count} access token", "{count} access tokens"),
    "authorization": mark_plural("{count} authorization header", "{count} authorization headers"),
    "assignment": mark_plural(
        "{count} value named as a key or password", "{count} values named as keys or passwords"
    ),
    "random-text": mark_plural("{count} random-looking text", "{count} random-looking texts"),
}


def severity(name: str) -> str:
    """The severity as a word on the screen."""
    return _(_SEVERITIES[name])


def heading(facts: Facts) -> str:
    """What was examined, in one line."""
    interpreter, installed = facts.interpreter, facts.pytriton
    version = f"Python {interpreter.version}" if interpreter.version else _("Python (did not answer)")
    if installed is None:
        release = _("no PyTriton")
    elif installed.version:
        release = f"PyTriton {installed.version}"
    else:
        release = _("PyTriton of unknown release")
    found = _(
        "{python}, {pytriton}, {system}",
        python=version,
        pytriton=release,
        system=Quoted(facts.host.distribution),
    )
    return one_line(found)


def chosen_option(chosen_by: str, python: str) -> str:
    """What chose the environment, without a path that stands beside it."""
    option, sign, named = chosen_by.partition("=" if "=" in chosen_by else " ")
    known = (
        sign and python.startswith(named.rstrip("/")) and option.startswith(("--", "VIRTUAL", "CONDA"))
    )
    return option if known else chosen_by


def verdict(report: Report) -> str:
    """The verdict in one sentence."""
    errors = [finding for finding in report.findings if finding.severity == "error"]
    required = sum(error.id == "requirement-not-met" for error in errors)
    if errors and len(errors) == required:
        return plural(
            "PyTriton would start here; {count} requirement of the project is not met",
            "PyTriton would start here; {count} requirements of the project are not met",
            required,
        )
    if errors:
        return _failure(report, len(errors), all(of_gpu(error) for error in errors))
    ignored = sum(ignored.finding.severity == "error" for ignored in report.ignored)
    if ignored:
        return plural(
            "No error that counts here; {count} error ignored",
            "No error that counts here; {count} errors ignored",
            ignored,
        )
    if report.selected:
        return _("None of the selected findings is an error")
    warnings = sum(finding.severity == "warning" for finding in report.findings)
    if warnings:
        return plural(
            "PyTriton will start and answer here; {count} warning",
            "PyTriton will start and answer here; {count} warnings",
            warnings,
        )
    return _("PyTriton will start and answer here")


def _failure(report: Report, causes: int, only_gpu: bool) -> str:
    if only_gpu and not stops_pytriton(report.facts.gpu):
        return plural(
            "A model on the GPU will not work here: {count} cause",
            "A model on the GPU will not work here: {count} causes",
            causes,
        )
    return plural(
        "PyTriton will not start here: {count} cause",
        "PyTriton will not start here: {count} causes",
        causes,
    )


def set_aside(report: Report) -> Iterator[str]:
    """Which policies do not hold, and why."""
    for policy in report.policies_set_aside:
        yield _("This policy was not used: {file_and_reason}.", file_and_reason=policy)


def footer(report: Report) -> Iterator[str]:
    """What is not shown, and by which rule."""
    yield from set_aside(report)
    yield from _redacted(report.removed, len(report.facts.hidden_variables))
    home, user = report.removed.get("home"), report.removed.get("user")
    if home and user:
        yield _("~ stands for the home folder and $USER for the user name (--show-paths keeps paths).")
    elif home:
        yield _("~ stands for the home folder (--show-paths keeps paths).")
    elif user:
        yield _("$USER stands for the user name (--show-paths keeps paths).")


def _redacted(removed: Mapping[str, int], variables: int) -> Iterator[str]:
    parts = []
    if variables:
        parts.append(
            plural(
                "the value of {count} environment variable (not on the allow-list)",
                "values of {count} environment variables (not on the allow-list)",
                variables,
            )
        )
    for rule, (singular, several) in _REMOVED.items():
        if removed.get(rule):
            parts.append(f"{plural(singular, several, removed[rule])} ({rule})")
    if parts:
        yield _("Redacted: {parts}.", parts=", ".join(parts))


def snapshot_lines(taken: Snapshot, file: str) -> Iterator[str]:
    """What was written, what is not in it, and how to read it."""
    yield f"{file}: {heading(taken.facts)}"
    yield from _redacted(taken.removed, len(taken.facts.hidden_variables))
    if taken.removed.get("home") or taken.removed.get("user"):
        yield _(
            "The home folder and the user name are replaced by names of the same length "
            "(--show-paths keeps them)."
        )
    command = typed(f"tritondoctor check --from {shlex.quote(file)}")
    yield _("To read it: {command}", command=command)
