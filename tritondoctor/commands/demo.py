"""`tritondoctor demo`."""

import difflib
from typing import Annotated, Optional

import typer

from tritondoctor.commands.common import ShowPaths, conclude, console_of
from tritondoctor.support import detail
from tritondoctor.support.errors import UsageError
from tritondoctor.support.invocation import program
from tritondoctor.support.messages import _
from tritondoctor.support.variables import of_user


def demo(
    scene: Annotated[
        Optional[str], typer.Argument(metavar="SCENE", help="One of them; without it they are listed.")
    ] = None,
    html: Annotated[
        Optional[str], typer.Option("--html", metavar="FILE", help="Write the page of it, too.")
    ] = None,
    show_paths: ShowPaths = False,
) -> None:
    """Show check, plan and page on recorded machines that are broken; nothing is read or changed here."""
    from tritondoctor.reports import demo as demo_report
    from tritondoctor.reports.layout import print_lines, width_of

    console = console_of()
    if scene is None:
        print_lines(console, demo_report.listed_lines(program(of_user()), width_of(console)))
        conclude((name, "") for name in demo_report.SCENES)
        return
    if scene not in demo_report.SCENES:
        similar = difflib.get_close_matches(scene, demo_report.SCENES, 1)
        names = similar or list(demo_report.SCENES)
        raise UsageError(
            _(
                "There is no scene {name}. Did you mean {names}?",
                name=repr(scene),
                names=_(" or ").join(names),
            )
        )
    _show(scene, html, paths=show_paths)


def _show(scene: str, html: Optional[str], *, paths: bool) -> None:
    from tritondoctor.commands import check_report
    from tritondoctor.commands.output import write_file
    from tritondoctor.examination.report import masked
    from tritondoctor.reports import console as console_report
    from tritondoctor.reports import demo as demo_report
    from tritondoctor.reports import html as page
    from tritondoctor.reports.layout import print_lines, width_of
    from tritondoctor.support import own_files

    recorded = own_files.path(f"data/scenes/{scene}.snapshot")
    report = masked(check_report.of_snapshot(recorded, ""), paths=paths)
    console = console_of()
    console_report.show(report, console, detail.chosen())
    conclude(console_report.conclusion(report))
    plan = own_files.source(f"data/scenes/{scene}.plan")
    print_lines(console, demo_report.plan_lines(plan, program(of_user()), width_of(console)))
    if html is not None:
        write_file("--html", html, page.render(report))
