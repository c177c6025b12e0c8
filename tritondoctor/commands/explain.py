"""`tritondoctor explain`."""

import os
from typing import Annotated, NoReturn

import typer

from tritondoctor.commands.common import Json, complain, console_of, print_json, usage


def explain(
    what: Annotated[
        str, typer.Argument(metavar="ID|LOGFILE|-", help="A finding's id, or a log (-: standard input).")
    ],
    json: Json = False,
) -> None:
    """Tell what a finding means, or what a log says.

    For a log the exit code is 1 where a fault is recognised, 0 for a start that works, 3 where it
    cannot be told.
    """
    if what == "-" or (os.path.exists(what) and not _is_id(what)):
        _explain_log(what, json)
    from tritondoctor.checks import CATALOGUE, renamed

    if what in renamed.RENAMED:
        complain(renamed.note(what))
    one = CATALOGUE.get(renamed.current(what))
    if one is None:
        import difflib

        near = difflib.get_close_matches(what, CATALOGUE, 3, 0.4)
        hint = f"Did you mean {' or '.join(near)}?" if near else "Ids stand below each finding."
        usage(f"There is no finding and no log {what!r}. {hint} All ids: {', '.join(sorted(CATALOGUE))}")
    if json:
        from tritondoctor.reports import page

        print_json(page.as_json(one))
    else:
        from tritondoctor.reports import console

        console.explain(one, console_of())


def _is_id(what: str) -> bool:
    from tritondoctor.checks import CATALOGUE, renamed

    return renamed.current(what) in CATALOGUE


def _explain_log(path: str, json: bool) -> NoReturn:
    from tritondoctor.logs import read, verdict
    from tritondoctor.reports import explain
    from tritondoctor.support.reading import open_named

    try:
        with open_named(path) as stream:
            result = verdict.explain(read.read(stream))
    except OSError as failure:
        usage(f"{path}: {failure.strerror}.")
    source = "standard input" if path == "-" else path
    if json:
        print_json(explain.as_json(source, result))
    else:
        explain.show(source, result, console_of())
    raise typer.Exit(result.exit_code())
