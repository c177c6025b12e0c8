"""Where a report goes: --format and --output in pairs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Optional

import msgspec

from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _


class Output(msgspec.Struct, frozen=True):
    """A format and its file; None: standard output."""

    format: str
    path: Optional[str]


def outputs(
    formats: Optional[Sequence[Enum]], paths: Optional[Sequence[str]], *, json: bool
) -> list[Output]:
    """Return formats with their files, in the order given.  Raises UsageError where they do not fit."""
    if json and formats:
        raise UsageError(_("--json is short for --format json: give only one of them."))
    names = ["json"] if json else [format.value for format in formats or ()]
    files = [None if path == "-" else path for path in paths or ()]
    if len(files) > len(names):
        raise UsageError(
            _("--output {file}: there is no --format for it.", file=(paths or ())[len(names)])
        )
    wanted = [Output(*pair) for pair in zip(names, [*files, *[None] * len(names)])]
    printed = sum(output.path is None for output in wanted)
    if printed > 1:
        raise UsageError(_("Only one format can be printed: give the others an --output."))
    # whoever has everything in files still wants to read the result
    return wanted if printed else [Output("console", None), *wanted]


def write(wanted: Sequence[Output], render: Callable[[str], str], show: Callable[[], None]) -> None:
    """Print and write what `render` makes of each format; `show` prints it for people."""
    from tritondoctor.privacy.outlet import put
    from tritondoctor.support.atomic import stamped

    for output in wanted:
        if output.path is not None:
            text = stamped(output.format, render(output.format), output.path)
            write_file("--output", output.path, text)
        elif output.format == "console":
            show()
        else:
            put(render(output.format))


def require_place(option: str, path: str) -> None:
    """Before the work of which a file holds the result.  Raises UsageError where it cannot be written."""
    from tritondoctor.support.atomic import examine

    folder = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(folder):
        raise UsageError(
            _("{option} {path}: there is no folder {folder}.", option=option, path=path, folder=folder)
        )
    try:
        examine(path)
    except OSError as failure:
        raise UsageError(f"{option} {path}: {failure.strerror}.") from None


def write_file(option: str, path: str, text: str) -> None:
    """Write a file that an option names, and say so.  Raises UsageError where that fails."""
    from tritondoctor.support.atomic import write_named

    try:
        write_named(path, text)
    except OSError as failure:
        raise UsageError(f"{option} {path}: {failure.strerror}.") from None
    sys.stderr.write(f"{_('wrote {path}', path=path)}\n")
