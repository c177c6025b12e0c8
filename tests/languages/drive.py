"""Many commands of the doctor in one language, each in a child of a process that has imported it.

`python -m tests.languages.drive LANGUAGE < lines`: prints a JSON list of what each line showed.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.languages import pseudo
from tritondoctor.support import messages

PSEUDO = "pseudo"


def shown(language: str, lines: Sequence[str], folder: Path, columns: int) -> list[str]:
    """What each command line shows on both streams, run in a folder with a screen of so many columns."""
    variables = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", "COLUMNS": str(columns),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "tests.languages.drive", language], input="\n".join(lines), text=True,
        cwd=folder, env=variables, capture_output=True, check=True,
    )  # fmt: skip
    screens: list[str] = json.loads(done.stdout)
    return screens


def _use(language: str) -> None:
    if language == PSEUDO:
        messages._catalogue = pseudo.catalogue()
    else:
        messages.use(language)


def _run(words: Sequence[str]) -> str:
    with tempfile.TemporaryFile("w+b") as file:
        child = os.fork()
        if child == 0:
            for stream in (1, 2):
                os.dup2(file.fileno(), stream)
            _be_the_doctor(words)
        os.waitpid(child, 0)
        file.seek(0)
        return file.read().decode()


def _be_the_doctor(words: Sequence[str]) -> None:
    from tritondoctor import __main__
    from tritondoctor.commands import language

    language.choose = list  # type: ignore[assignment]  # it has been chosen
    sys.argv = ["tritondoctor", *words]
    code = 0
    try:
        __main__.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    import tritondoctor.cli  # noqa: F401  # once, for all of them

    _use(sys.argv[1])
    messages.translated("once")
    commands = sys.stdin.read().splitlines()
    devnull = os.open(os.devnull, os.O_RDONLY)
    os.dup2(devnull, 0)
    sys.stdout.write(json.dumps([_run(shlex.split(command)) for command in commands]))
