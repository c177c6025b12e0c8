"""`tritondoctor explain`."""

import io
import os
from typing import Annotated, BinaryIO, NoReturn, Optional

import typer

from tritondoctor.commands.common import Json, complain, conclude, console_of, print_json
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _

_LIKENESS = 0.6


def explain(
    what: Annotated[
        Optional[str],
        typer.Argument(
            metavar="ID|LOGFILE|-",
            help="A finding's id, a log (-: standard input), a line of one, or a command from a post.",
        ),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List every finding, by subject.")] = False,
    json: Json = False,
) -> None:
    """Explain a finding, or name the cause of a failure in a log.

    The exit code tells what a log shows, as listed below.
    """
    from tritondoctor.checks import CATALOGUE, renamed

    if list_ or what is None:
        if what is not None or not list_:
            raise UsageError(_("Give an id, a log (- for standard input), or --list."))
        _list(json)
        return
    id = renamed.current(what)
    if what == "-" or (os.path.exists(what) and id not in CATALOGUE):
        _explain_log(what, json)
    if _is_a_line(what):
        _explain_cure(what, json)
        _show(_("the text"), io.BytesIO(os.fsencode(what)), json)
    if id not in CATALOGUE:
        raise UsageError(_unknown(what))
    if id != what:
        complain(renamed.note(what))
    rule = CATALOGUE[id]
    if json:
        from tritondoctor.reports import page

        print_json(page.as_json(rule))
    else:
        from tritondoctor.reports import catalogue, console

        console.explain(rule, console_of())
        conclude(catalogue.row(rule))


def _explain_cure(command: str, json: bool) -> None:
    """Print what a command that is passed around as a cure does; return where it is none."""
    from tritondoctor.logs import folk_cures
    from tritondoctor.reports import folk_cure

    cure = folk_cures.found(command)
    if cure is None:
        return
    if json:
        print_json(folk_cure.as_json(command, cure))
    else:
        folk_cure.show(command, cure, console_of())
        conclude(folk_cure.conclusion(cure))
    raise typer.Exit


def _list(json: bool) -> None:
    from tritondoctor.checks import CATALOGUE
    from tritondoctor.reports import catalogue

    if json:
        print_json(catalogue.as_json(CATALOGUE))
    else:
        catalogue.show(CATALOGUE, console_of())
        conclude((id, "") for id in CATALOGUE)


def _is_a_line(text: str) -> bool:
    """Whether it can only be text from a log: several words, and no path."""
    return " " in text.strip() and (": " in text or not text.startswith(("/", "./", "../", "~")))


def _unknown(what: str) -> str:
    import difflib

    from tritondoctor.checks import CATALOGUE

    if "/" in what or what.endswith((".log", ".txt", ".out")):
        return _("{path}: no such file.", path=what)
    similar = difflib.get_close_matches(what, CATALOGUE, 3, _LIKENESS)
    if similar:
        return _(
            "There is no finding and no log file {name}. Did you mean {ids}?",
            name=repr(what), ids=_(" or ").join(similar),
        )  # fmt: skip
    return _(
        "There is no finding and no log file {name}. `tritondoctor explain --list` shows all findings.",
        name=repr(what),
    )


def _explain_log(path: str, json: bool) -> NoReturn:
    from tritondoctor.support.reading import open_named

    try:
        with open_named(path) as stream:
            _show(_("standard input") if path == "-" else path, stream, json)
    except OSError as failure:
        raise UsageError(f"{path}: {failure.strerror}.") from None


def _show(source: str, stream: BinaryIO, json: bool) -> NoReturn:
    from tritondoctor.logs import read, verdict
    from tritondoctor.reports import explain

    result = verdict.explain(read.read(stream))
    if json:
        print_json(explain.as_json(source, result))
    else:
        explain.show(source, result, console_of())
        conclude(explain.conclusion(result))
    raise typer.Exit(result.exit_code())
