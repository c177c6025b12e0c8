"""What `check` says of the environment of a server's process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from tritondoctor.support.errors import UsageError

if TYPE_CHECKING:
    from tritondoctor.checks import Finding
    from tritondoctor.running.model import RunningServer

#: a server that runs holds its own ports and memory: what a new start would meet says nothing about it
_OF_A_START = ("network", "leftovers", "limits", "workspace", "shared-memory")


def findings(server: RunningServer) -> Optional[tuple[Finding, ...]]:
    """Return the findings about the interpreter and packages that it runs; None where they are not
    visible.
    """
    if server.pid is None or "program" in server.hidden:
        return None
    from tritondoctor import facts
    from tritondoctor.checks import CATALOGUE
    from tritondoctor.commands.owner import as_owner
    from tritondoctor.examination.report import report_of
    from tritondoctor.target.process import of_process

    try:
        target = as_owner(of_process(server.pid), acting=False, notify=lambda line: None)
    except UsageError:
        return None
    report = report_of(target, facts.gather(target))
    return tuple(
        finding for finding in report.findings if CATALOGUE[finding.id].subject not in _OF_A_START
    )
