"""`tritondoctor snapshot` and `tritondoctor diff`."""

from typing import Annotated

import typer

from tritondoctor.commands.common import (
    CondaEnv,
    Json,
    Prefix,
    Python,
    ShowPaths,
    Timeout,
    TrustOwner,
    console_of,
    print_json,
    say,
    target_of,
    usage,
)
from tritondoctor.target import DEADLINE_S


def snapshot(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Where to write it; - prints it.")],
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    show_paths: ShowPaths = False,
    timeout: Timeout = DEADLINE_S,
    trust_owner: TrustOwner = False,
) -> None:
    """Record all facts about an environment, without secrets, for `check --from` and `diff`."""
    from tritondoctor import facts
    from tritondoctor.examination import snapshot
    from tritondoctor.support.atomic import write

    found = target_of(python, prefix, conda_env, timeout=timeout, trust_owner=trust_owner)
    taken = snapshot.take(found, facts.gather(found), paths=show_paths)
    text = snapshot.as_text(taken)
    if file == "-":
        say(text)
        return
    try:
        write(file, text)
    except OSError as failure:
        usage(f"{file}: {failure.strerror}.")
    from tritondoctor.reports.words import snapshot_lines

    for line in snapshot_lines(taken, file):
        say(line)


def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A snapshot.")],
    after: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    json: Json = False,
) -> None:
    """Say what differs between two snapshots, the relevant first. Exit code 1 where something does."""
    from tritondoctor.examination import diff, snapshot
    from tritondoctor.reports import difference as told

    try:
        one, other = snapshot.read(before), snapshot.read(after)
        found = diff.between(one, snapshot.report(one, before), other, snapshot.report(other, after))
    except snapshot.SnapshotError as failure:
        usage(str(failure))
    if json:
        print_json(told.as_json(found))
    else:
        say(told.as_text(found, before, after, console_of().width))
    raise typer.Exit(int(bool(found)))
