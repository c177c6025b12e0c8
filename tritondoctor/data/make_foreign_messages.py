"""Write foreign_messages.json: python -m tritondoctor.data.make_foreign_messages FOLDER...

From the catalogues of bash and of the C library of several systems; translations change with time.  A
FOLDER is such as /usr/share/locale; those of another Debian come by `mmdebstrap --variant=extract
--include=bash,libc-l10n --dpkgopt=path-include=/usr/share/locale/* SUITE DIR`.
"""

from __future__ import annotations

import gettext
import json
import sys
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).parent
_LANGUAGES = ("zh_CN", "zh_TW", "ja", "ko", "de", "fr", "es", "pt_BR", "ru", "it")
#: what the signs of `explain` hold of their messages
_MESSAGES = {
    "bash": (
        "line %d: ", "syntax error near unexpected token `%s'", "syntax error: unexpected end of file",
        "unexpected EOF while looking for matching `%c'", "%s: command not found",
        "%s: cannot execute binary file", "Segmentation fault", "Killed", "Bus error",
        "Illegal instruction", "Bad system call", "Floating point exception", " (core dumped)",
    ),
    "libc": (
        "No such file or directory", "Permission denied", "Exec format error",
        "No space left on device", "Disk quota exceeded", "Address already in use",
        "Cannot allocate memory", "Resource temporarily unavailable", "Too many open files",
        "Read-only file system", "Operation not permitted", "Connection refused",
        "cannot open shared object file", "file too short", "invalid ELF header", "Segmentation fault",
        "Killed", "Aborted", "Bus error", "Illegal instruction",
    ),
}  # fmt: skip


def messages(folders: Iterable[Path]) -> dict[str, dict[str, str]]:
    """Return language -> (translation -> English message); OSError where a catalogue is missing."""
    places = list(folders)
    found = {language: [_of(place / language) for place in places] for language in _LANGUAGES}
    return {
        language: dict(sorted(item for of_place in all_places for item in of_place.items()))
        for language, all_places in found.items()
    }


def _of(folder: Path) -> dict[str, str]:
    found = {}
    for program, english in _MESSAGES.items():
        with (folder / "LC_MESSAGES" / f"{program}.mo").open("rb") as file:
            catalogue = gettext.GNUTranslations(file)
        found.update({catalogue.gettext(message): message for message in english})
        if program == "bash":  # its error.c puts the number and a colon behind this word
            found[f"{catalogue.gettext(' line ')}%d: "] = " line %d: "
    return {translation: message for translation, message in found.items() if translation != message}


if __name__ == "__main__":
    text = json.dumps(messages(map(Path, sys.argv[1:])), ensure_ascii=False, indent=1)
    (HERE / "foreign_messages.json").write_text(text + "\n")
