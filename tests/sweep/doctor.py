"""Every variable that the doctor's own libraries read: none stops it, nor changes its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.sweep.groups import Setting, Settings, batches, culprits
from tests.sweep.names import LISTENING, NAME, Named, of_modules
from tests.sweep.trials import Trials
from tests.sweep.variables import settings_of

#: what rich, click and typer read of terminals, and Python of its own, to be tried beside what is found
MORE = ("TERM", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE",
        "COLORTERM", "JUPYTER_COLUMNS", "JUPYTER_LINES", "_TYPER_STANDARD_TRACEBACK", "TYPER_USE_RICH",
        "_TRITONDOCTOR_COMPLETE", "LANG", "LC_ALL", "LANGUAGE", "TZ", "GETTEXT", "PAGER", "EDITOR",
        "PYTHONINSPECT", "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONWARNINGS", "HOME", "PATH",
        "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "SHELL", "USER", "ENV",
        "BASH_ENV", "SHELLOPTS", "BASHOPTS", "IFS", "PS4", "CDPATH", "POSIXLY_CORRECT",
        "TMOUT")  # fmt: skip
_QUESTION = """
import json, os, sys
sys.argv = ["tritondoctor", "check"]
from tritondoctor import cli
import rich.console, rich.table, rich.text
rich.console.Console().print("x")
for module in ("tritondoctor.commands.check", "tritondoctor.reports.console", "psutil", "pynvml"):
    __import__(module)
files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
sys.stderr.write(json.dumps([sorted(filter(None, files)), sorted(asked)]))
"""


def names(python: str) -> list[Named]:
    """The variables that the doctor's process reads or may read."""
    done = subprocess.run(
        [python, "-I", "-c", LISTENING + _QUESTION], capture_output=True, text=True, check=True
    )
    files, asked = json.loads(done.stderr)
    found = {name: Named(name, "asked", "the doctor") for name in (*asked, *MORE) if NAME.fullmatch(name)}
    for named in of_modules(path for path in files if path.endswith(".py")):
        found.setdefault(named.name, named)
    return list(found.values())


def run(python: str, release: str, store: Path, doctor: str) -> int:
    """Tries them all; 1 where a setting stops the doctor."""
    settings = settings_of(names(sys.executable))
    trials = Trials(python, release, store, doctor)
    try:
        stopped = list(_stopped(trials, settings))
    finally:
        trials.close()
    print(f"{len(settings)} settings, {trials.checks} checks, {len(stopped)} stop the doctor")
    return 1 if stopped else 0


def _stopped(trials: Trials, settings: list[Setting]) -> Iterator[Settings]:
    for group in batches(settings, 40):
        for culprit in culprits(group, lambda some: trials.check(some)[0] != "none"):
            print(culprit, trials.check(culprit)[1], flush=True)
            yield culprit
