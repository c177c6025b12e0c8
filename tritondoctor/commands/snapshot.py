"""`tritondoctor snapshot` and `tritondoctor diff`."""

from typing import Annotated

import typer

from tritondoctor.commands.common import (
    CondaEnv,
    Json,
    Pid,
    Prefix,
    Python,
    ShowPaths,
    Timeout,
    TrustOwner,
    conclude,
    console_of,
    print_json,
    print_text,
    say,
    target_of,
)
from tritondoctor.support.errors import UsageError
from tritondoctor.target import DEADLINE_S, Named


def snapshot(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Where to write it; - prints it.")],
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    pid: Pid = None,
    show_paths: ShowPaths = False,
    timeout: Timeout = DEADLINE_S,
    trust_owner: TrustOwner = False,
) -> None:
    """Record all facts about an environment, without secrets, for `check --from` and `diff`."""
    from tritondoctor import facts
    from tritondoctor.examination import snapshot
    from tritondoctor.reports.layout import filled, width_of
    from tritondoctor.reports.words import snapshot_lines
    from tritondoctor.support.atomic import write_named

    target = target_of(
        Named(None, python, prefix, conda_env, pid), timeout=timeout, trust_owner=trust_owner
    )
    taken = snapshot.take(target, facts.gather(target), paths=show_paths)
    text = snapshot.as_text(taken)
    if file == "-":
        print_text(text)
        return
    try:
        write_named(file, text)
    except OSError as failure:
        raise UsageError(f"{file}: {failure.strerror}.") from None
    *sentences, command = snapshot_lines(taken, file)
    width = width_of(console_of())
    rows = [row for sentence in sentences for row in filled(sentence, width, indent="    ")]
    say("\n".join([*rows, command]))


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A snapshot.")],
    after: Annotated[str, typer.Argument(metavar="B", help="Another snapshot.")],
    json: Json = False,
) -> None:
    """Show what differs between two snapshots, most relevant first. Exit code 1 where something does."""
    from tritondoctor.examination import diff, snapshot
    from tritondoctor.reports import difference as difference_report

    first, second = snapshot.read(before), snapshot.read(after)
    differences = diff.between(
        first, snapshot.report(first, before), second, snapshot.report(second, after)
    )
    if json:
        print_json(difference_report.as_json(differences))
    else:
        say(difference_report.as_text(differences, before, after, console_of().width))
        conclude(difference_report.conclusion(differences, before, after))
    raise typer.Exit(int(bool(differences)))
