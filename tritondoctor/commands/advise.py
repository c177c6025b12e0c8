"""`tritondoctor advise`."""

import typer

from tritondoctor.commands.common import Json, conclude, console_of, print_json, working_directory
from tritondoctor.support.variables import of_user


def advise(json: Json = False) -> None:
    """Show which PyTriton release, Python and recipe fit this machine, and why the others do not."""
    from tritondoctor.installing import advise as advising
    from tritondoctor.installing import machine, recipe

    here = machine.look(of_user(), working_directory())
    advice = advising.advise(recipe.every(), here)
    if json:
        print_json(advising.as_json(advice, here))
    else:
        from tritondoctor.reports import advise as advise_report

        advise_report.show(advice, here, console_of())
        conclude(advise_report.conclusion(advice))
    raise typer.Exit(int(not advice.commands))
