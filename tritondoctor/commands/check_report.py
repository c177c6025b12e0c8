"""A check from its facts to its files: examined, judged by the project's policy, masked, written."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Optional

from tritondoctor.checks import renamed
from tritondoctor.commands.common import complain
from tritondoctor.examination import masks, policy
from tritondoctor.examination.policy import Located, PolicyError
from tritondoctor.examination.report import Report, masked, report_of, timed

if TYPE_CHECKING:
    from rich.console import Console

    from tritondoctor.facts import Facts
    from tritondoctor.remedies.fix import Fixed
    from tritondoctor.remedies.plan import Plan
    from tritondoctor.reports.html import Planned
    from tritondoctor.target import Target

__all__ = ["UsageError", "live", "of_snapshot", "outputs", "put", "rules", "timed", "told", "write"]


class UsageError(Exception):
    """Wrong usage; the message says what was wrong."""


class Output(NamedTuple):
    """A format and its file; None: standard output."""

    format: str
    path: Optional[str]


def outputs(
    formats: Sequence[str], paths: Sequence[str], both: bool, known: Sequence[str] = ()
) -> list[Output]:
    """Formats with their files, in the order in which they were given; `known`: those that there are."""
    from tritondoctor.reports.formats import FORMATS

    known = known or FORMATS
    if both:
        raise UsageError("--json is --format json: leave one out.")
    for name in formats:
        if name not in known:
            raise UsageError(f"--format {name}: it is one of {', '.join(known)}.")
    if len(paths) > len(formats):
        raise UsageError(f"--output {paths[len(formats)]}: there is no --format for it.")
    found = [Output(name, None if path == "-" else path) for name, path in zip(formats, paths)]
    found += [Output(name, None) for name in formats[len(paths) :]]
    if sum(one.path is None for one in found) > 1:
        raise UsageError("Only one format can be printed: give the others an --output.")
    # who has all in files still wants to read how it went
    return found if any(one.path is None for one in found) else [Output("console", None), *found]


def rules(cwd: str, fail_on: str, select: Sequence[str], ignore: Sequence[str]) -> Located:
    """The project's policy with what the command line adds."""
    try:
        found = policy.find(cwd, os.environ.get("HOME", ""))
        wanted = policy.with_options(found.policy, fail_on=fail_on, select=select, ignore=ignore)
    except PolicyError as failure:
        raise UsageError(str(failure)) from None
    for id in policy.old_ids([*found.old_ids, *select, *ignore]):
        complain(renamed.note(id))
    return found._replace(policy=wanted)


def live(target: Target, gpu: str) -> Report:
    """What the facts of this machine mean; `gpu` is what is expected of it."""
    from tritondoctor import facts

    return report_of(target, facts.gather(target, wanted_gpu=gpu))  # type: ignore[arg-type]


def of_snapshot(path: str, gpu: str) -> Report:
    """The same for a snapshot; nothing of the machine that it came from is needed."""
    from tritondoctor.examination import snapshot

    try:
        read = snapshot.read(path)
        return snapshot.report(snapshot.expecting(read, gpu) if gpu else read, path)
    except snapshot.SnapshotError as failure:
        raise UsageError(str(failure)) from None


def told(report: Report, rules: Located, *, paths: bool) -> Report:
    """The report as the project judges it and others may see it."""
    return masked(policy.applied(report, rules), paths=paths)


def write_plan(target: Target, fixed: Fixed, path: str) -> None:
    """The page of a plan that was not carried out: what it finds now and would find then."""
    from tritondoctor.reports import html
    from tritondoctor.support.atomic import write as write_file

    plan = fixed.planning and (fixed.planning.plan or fixed.planning.partial)
    report = report_of(target, fixed.facts)
    planned = _masked_plan(plan, fixed.facts) if plan else None
    try:
        write_file(path, html.render(masked(report, paths=False), planned))
    except OSError as failure:
        raise UsageError(f"--html {path}: {failure.strerror}.") from None


def _masked_plan(plan: Plan, facts: Facts) -> Planned:
    from tritondoctor.reports.html import Planned

    none: Counter[str] = Counter()
    steps = [masks.mask(step.remedy, facts, paths=False, removed=none) for step in plan.steps]
    return Planned(steps, masks.mask(plan.facts, facts, paths=False, removed=none))


def write(report: Report, wanted: Sequence[Output], console: Callable[[], Console]) -> None:
    """Prints and writes the report in the formats that are wanted."""
    from tritondoctor.reports.formats import render

    def show() -> None:
        from tritondoctor.reports import console as on_console

        on_console.show(report, console())

    put(wanted, lambda format: render(format, report), show)


def put(wanted: Sequence[Output], render: Callable[[str], str], show: Callable[[], None]) -> None:
    """Prints and writes what `render` makes of each format; `show` prints it for people."""
    from tritondoctor.privacy.outlet import put as print_rendered
    from tritondoctor.support.atomic import write as write_file

    for format, path in wanted:
        if path is not None:
            try:
                write_file(path, render(format))
            except OSError as failure:
                raise UsageError(f"--output {path}: {failure.strerror}.") from None
        elif format == "console":
            show()
        else:
            print_rendered(render(format))
