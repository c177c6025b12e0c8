"""The language of what is shown: `--lang`, or what the user's locale says."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Optional

from tritondoctor.support import messages
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _

_OPTION = "--lang"


def choose(words: Sequence[str]) -> list[str]:
    """Uses the language that the command line or the environment names; returns the words without it.

    What programs read (`--json`) is English.  Raises UsageError where there is no such language.
    """
    rest, wanted = _taken(words)
    if wanted is not None:
        language = messages.plain(wanted)
        if language != "en" and not messages.translates(language):
            messages.use(messages.language_of(os.environ))
            names = ", ".join(["en", *messages.languages()])
            message = _("There is no language {name!r}. There are: {names}.", name=wanted, names=names)
            raise UsageError(message)
    else:
        language = messages.language_of(os.environ)
    if language not in ("", "en") and "--json" not in rest and _can_show():
        messages.use(language)
    return rest


def _taken(words: Sequence[str]) -> tuple[list[str], Optional[str]]:
    end = words.index("--") if "--" in words else len(words)
    rest, language = [], None
    remaining = iter(words[:end])
    for word in remaining:
        if word == _OPTION:
            language = next(remaining, "")
        elif word.startswith(f"{_OPTION}="):
            language = word.partition("=")[2]
        else:
            rest.append(word)
    return [*rest, *words[end:]], language


def _can_show() -> bool:
    """Whether the terminal's encoding has other letters than ASCII's."""
    try:
        "\u4e2d".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
