"""Runs as the first process of a container, or of a bare root: check, start, fix, start again.

The argument is one JSON object: {"python": target, "variables": {}, "cwd": "", "shell": "",
"outside": bool, "expected": bool, "deadlines": {"check": s, "fix": s, "serves": s, "fails": s}}.
Each step's outcome is printed as one line of JSON as soon as it is known.  Python 3.9, no packages.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import real  # noqa: E402

SHM = "/dev/shm"
#: after so long without its server PyTriton has no other outcome
GONE_S = 5.0
#: what is kept of a log
MOST = 60_000


def main() -> None:
    """All steps; those after a sound start are left out, for there is nothing to repair.

    Where the repair has changed nothing, it is not started again; where it leaves lines for the user's
    shell, it is started with them.
    """
    if os.getpid() != 1:
        sys.exit("this ends every process that it sees: it runs as the first process of a container")
    asked = json.loads(sys.argv[1])
    say("check", doctor(asked, "check", "--json"))
    served = start(asked, "truth", asked["expected"])
    if not served:
        fixed = doctor(asked, "fix", "--yes", "--json", "--no-selftest")
        say("fix", fixed)
        told = (fixed["report"] or {}).get("fix") or {}
        if told.get("id") or fixed["code"] == 0:
            start(asked, "after", fixed["code"] == 0)
        lines = told.get("shell")
        if lines:
            start({**asked, "variables": pasted(asked["variables"], lines)}, "pasted", True)


def say(step: str, found: dict[str, Any]) -> None:
    """One line for the runner."""
    print(json.dumps({"step": step, **found}), flush=True)


def wrap(asked: dict[str, Any]) -> list[str]:
    """A command prefix that does what the cell's shell line says."""
    line = asked["shell"]
    return ["/bin/sh", "-c", f'{line}\nexec "$@"', "sh"] if line else []


def start(asked: dict[str, Any], step: str, expected: bool) -> bool:
    """A real start of Linear; whether it served."""
    before = set(listed(SHM))
    deadline = asked["deadlines"]["serves" if expected else "fails"]
    try:
        outcome = real.serve_linear(
            asked["python"], asked["variables"], asked["cwd"], wrap(asked), deadline, server_gone()
        )
        served, seconds, log = bool(outcome.served), outcome.seconds, outcome.log
    except OSError as failure:
        served, seconds, log = False, 0.0, f"{type(failure).__name__}: {failure}"
    end_all()
    for name in set(listed(SHM)) - before:
        os.unlink(f"{SHM}/{name}")
    for home in (f"{asked['variables'].get('HOME', '/')}/.cache/pytriton",):
        for name in listed(home):
            if name.startswith("workspace_"):
                shutil.rmtree(f"{home}/{name}", ignore_errors=True)
    say(step, {"served": served, "seconds": seconds, "log": log[-MOST:]})
    return served


def server_gone() -> Callable[[str], bool]:
    """Tells whether tritonserver has been running, and has been gone for a while.

    PyTriton starts it once, and then waits in vain for two minutes.
    """
    last: dict[str, float] = {}

    def gone(_log: str) -> bool:
        now = time.monotonic()
        if runs("tritonserver"):
            last["seen"] = now
        return now - last.get("seen", now) > GONE_S

    return gone


def runs(name: str) -> bool:
    """Whether a process of that name lives."""
    for entry in listed("/proc"):
        try:
            with open(f"/proc/{entry}/stat") as file:
                text = file.read()
        except OSError:
            continue
        if f"({name}) " in text and ") Z " not in text:
            return True
    return False


def pasted(variables: dict[str, str], lines: list[str]) -> dict[str, str]:
    """The variables after these lines of shell."""
    command = ["/bin/sh", "-c", "\n".join([*lines, "exec /usr/bin/env -0"])]
    done = subprocess.run(command, env=variables, capture_output=True, check=False)
    found = dict(part.split("=", 1) for part in done.stdout.decode().split("\0") if "=" in part)
    return {name: value for name, value in found.items() if name not in ("PWD", "OLDPWD", "SHLVL", "_")}


def listed(folder: str) -> list[str]:
    """The names in a folder, none where it cannot be read."""
    try:
        return os.listdir(folder)
    except OSError:
        return []


def end_all() -> None:
    """Ends every other process: a killed PyTriton leaves its server behind."""
    try:
        os.kill(-1, signal.SIGKILL)
    except ProcessLookupError:
        pass
    try:
        while True:
            os.waitpid(-1, 0)
    except ChildProcessError:
        pass


def doctor(asked: dict[str, Any], *words: str) -> dict[str, Any]:
    """What a command of the doctor says of the target, with the target's variables."""
    variables = dict(asked["variables"])
    if words[0] == "fix":
        variables |= {
            "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }  # fmt: skip
    program = [sys.executable, "-I", f"{HERE}/doctor.py"]
    if asked["outside"]:
        command = [*wrap(asked), *program, "outside", *words]
        environment = {"PATH": "/usr/bin:/bin"}
    else:
        command = [*wrap(asked), *real.with_variables(variables), *program, *words]
        command += ["--python", asked["python"]]
        environment = {"PATH": "/usr/bin:/bin"}
    question = {"variables": variables, "cwd": asked["cwd"], "python": asked["python"]}
    began = time.monotonic()
    try:
        done = subprocess.run(
            command, env=environment, cwd=asked["cwd"], input=json.dumps(question), capture_output=True,
            text=True, errors="replace", timeout=asked["deadlines"][words[0]], check=False,
        )  # fmt: skip
        code, out, err = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        code, out, err = -1, "", "no answer in time"
    except OSError as failure:
        code, out, err = -1, "", str(failure)
    end_all()
    seconds = time.monotonic() - began
    try:
        report = json.loads(out)
        report.pop("facts", None)
    except ValueError:
        report, err = None, f"{out[-MOST:]}\n{err}"
    return {"code": code, "report": report, "said": err[-MOST:], "seconds": seconds}


main()
