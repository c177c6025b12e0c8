"""A command of the doctor in a language that no user can choose: `python -m tests.languages.drive WORDS`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tests.languages.pseudo import Pseudo
from tritondoctor.commands import language
from tritondoctor.support import messages


def _choose(words: Sequence[str]) -> list[str]:
    messages._catalogue = Pseudo()
    return list(words)


if __name__ == "__main__":
    Pseudo().gettext("")  # before the doctor changes its own process
    language.choose = _choose  # what cli.py and quick.py call
    from tritondoctor import __main__

    sys.argv[0] = "tritondoctor"
    __main__.main()
