"""What the commands share and needs no typer: the target that is named, and ways to print."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Optional

from tritondoctor.support import detail
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _
from tritondoctor.support.variables import of_user
from tritondoctor.target import DEADLINE_S, Named

#: a blank at which no line is broken
_UNBROKEN = "\u00a0"

if TYPE_CHECKING:
    from rich.console import Console

    from tritondoctor.reports.layout import Line
    from tritondoctor.target import Target


def target_of(
    named: Named,
    *,
    timeout: float = DEADLINE_S,
    trust_owner: bool = False,
    acting: bool = False,
) -> Target:
    """Return the target that the options name.  Raises UsageError where they name none.

    Where root names a target of another user, it is examined as that user; with `acting` this process
    becomes that user for good.
    """
    from tritondoctor import target

    require_seconds(timeout)
    chosen = target.find_target(of_user(), working_directory(), named, deadline_s=timeout)
    if trust_owner or os.geteuid() != 0:
        return chosen
    from tritondoctor.commands.owner import as_owner

    return as_owner(chosen, acting=acting, notify=complain)


def require_seconds(timeout: float) -> None:
    """Raise UsageError for a --timeout that is no time to wait."""
    if not 0 < timeout < 86400:
        raise UsageError(
            _("--timeout {seconds}: give a number of seconds above 0.", seconds=f"{timeout:g}")
        )


def working_directory() -> str:
    """Where the command was typed.  Raises UsageError where it is gone, or where no program of this user
    can be started: a shell that changed its user (sudo -u, su) stands in the folder of the one before.
    """
    try:
        here = os.getcwd()
    except OSError:
        raise UsageError(_("The working directory no longer exists. Change to another one.")) from None
    if not os.access(here, os.X_OK):
        raise UsageError(
            _("This user may not enter the working directory, {path}. Change to another one.", path=here)
        )
    return here


def console_of(*, stderr: bool = False, asks: bool = False) -> Console:
    """A console that shows every text literally and safely; with -q nothing, unless it `asks`."""
    from tritondoctor.privacy.console import SafeConsole

    return SafeConsole(stderr=stderr, quiet=detail.quiet() and not asks)


def say(text: str, parts: Optional[Iterable[str]] = None) -> None:
    """Print text, unless -q wants less.

    `parts` are all that it quotes, of printable text: where they hold no secret, the whole, which is much
    longer, is not searched again.
    """
    if detail.quiet():
        return
    from tritondoctor.privacy import outlet, scrub

    if parts is None or scrub.changes(parts):
        print_text(text)
    else:
        outlet.put(text.rstrip("\n") + "\n")


def print_text(text: str) -> None:
    """Print the text that a command was called for."""
    sys.stdout.write(text.rstrip("\n") + "\n")


def conclude(lines: Iterable[Line]) -> None:
    """Print, with -q, the lines that are the result; otherwise they stand in what has been printed."""
    if detail.quiet():
        from tritondoctor.privacy.console import SafeConsole
        from tritondoctor.reports.layout import print_lines

        print_lines(SafeConsole(), lines)


def print_json(data: object) -> None:
    """Print one JSON object."""
    import msgspec

    from tritondoctor.examination import masks
    from tritondoctor.privacy.outlet import put
    from tritondoctor.reports.json import text_of

    put(text_of(masks.json_without_secrets(msgspec.to_builtins(data, str_keys=True))) + "\n")


def complain(message: str) -> None:
    """Print an error; text that it quotes cannot begin a line."""
    text = "tritondoctor: " + message.replace("\n", "\n    ")
    sys.stderr.write((_fitted(text) if os.isatty(2) else text) + "\n")


def _fitted(text: str) -> str:
    """The text for the width of the terminal; a command between backquotes stays in one piece."""
    import re
    import shutil

    from tritondoctor.reports.layout import filled

    whole = re.sub(r"`[^`\n]+`", lambda command: command[0].replace(" ", _UNBROKEN), text)
    width = shutil.get_terminal_size().columns
    rows = [row for line in whole.split("\n") for row in filled(line, width, indent="    ")]
    return "\n".join(rows).replace(_UNBROKEN, " ")
