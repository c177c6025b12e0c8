"""The program's entrance: it keeps what surrounds the patient out of the doctor's own imports."""

from __future__ import annotations

import gc
import os
import signal
import site
import sys


def _shield() -> None:
    """Takes PYTHONPATH and the working directory off `sys.path`, unless the doctor lives there.

    They are the patient's; a package of theirs in place of one of ours would stop the doctor.
    """
    own = {os.path.dirname(os.path.dirname(os.path.abspath(__file__))), *site.getsitepackages()}
    try:
        foreign = {os.getcwd(), ""}
    except OSError:
        foreign = {""}
    foreign |= {os.path.abspath(part) for part in os.environ.get("PYTHONPATH", "").split(":") if part}
    sys.path[:] = [path for path in sys.path if path in own or path not in foreign]


def main() -> None:
    """Runs the command line (cli.py)."""
    gc.disable()  # a short life: what is collected at its end costs nothing
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # ignored by who starts us, it hides exit codes
    _shield()
    from tritondoctor import cli

    cli.main()


if __name__ == "__main__":
    main()
