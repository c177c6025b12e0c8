"""Many self-tests in a row, some of them killed at random moments; counts what is there before and after.

Run in a sandbox of its own (test_nothing_left.py), where all processes, segments and ports are the
self-test's: `python -I stress.py ROOT '{"order": …, "starts": 50, "kills": 20, "seed": 1}'`.
Prints one JSON object.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from typing import Any

DRIVE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "drive.py")
#: what is killed: the doctor that was started, a process of that name, or of that command line
VICTIMS = (
    "doctor", "tritonserver", "triton_python_b", "python of the target", "supervisor",
    "doctor, Ctrl-C", "doctor, SIGTERM",
)  # fmt: skip
_SIGNALS = {"doctor, Ctrl-C": signal.SIGINT, "doctor, SIGTERM": signal.SIGTERM}
_GONE_WITHIN_S = 30.0
#: how long after it appears a victim may live on
_LATER_S = {"tritonserver": 2.5, "triton_python_b": 0.5, "python of the target": 3.0, "supervisor": 4.0}


def processes() -> dict[int, tuple[str, str]]:
    """Number -> name and command line of every process but this one and the sandbox's first."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) not in (1, os.getpid()):
            try:
                with open(f"/proc/{entry}/comm") as file:
                    name = file.read().strip()
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    command = file.read().replace(b"\0", b" ").decode(errors="replace")
                found[int(entry)] = (name, command)
            except OSError:
                continue
    return found


def listening() -> list[str]:
    """Ports that somebody listens on (/proc/net/tcp, state 0A)."""
    found = []
    for table in ("tcp", "tcp6"):
        with open(f"/proc/net/{table}") as file:
            rows = [line.split() for line in file.readlines()[1:]]
        found += [row[1].rpartition(":")[2] for row in rows if row[3] == "0A"]
    return found


def count(home: str) -> dict[str, list[str]]:
    """Everything that a start could leave behind."""
    cache = os.path.join(home, ".cache")
    return {
        "processes": [command or name for name, command in processes().values()],
        "segments": os.listdir("/dev/shm"),
        "workspaces": [os.path.join(where, name) for where, names, _ in os.walk(cache) for name in names],
        "temporary": [name for name in os.listdir("/tmp") if name not in _BEFORE],
        "ports": listening(),
    }


def victim(kind: str, doctor: int, target: str) -> int:
    """The process to kill; 0 where it is not there (yet)."""
    if kind.startswith("doctor"):
        return doctor
    for pid, (name, command) in processes().items():
        if (
            name == kind
            or (kind == "python of the target" and command.startswith(target + " -u"))
            or (kind == "supervisor" and "selftest.supervisor" in command)
        ):
            return pid
    return 0


def start_and_kill(root: str, order: dict[str, Any], kind: str, chance: random.Random) -> dict[str, Any]:
    """One self-test, killed or not; how it ended."""
    began = time.monotonic()
    doctor = subprocess.Popen(
        [sys.executable, "-I", DRIVE, root, json.dumps(order)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    hit = False
    if kind:
        if kind.startswith("doctor"):
            time.sleep(chance.uniform(0.2, 4))
        pid = 0
        while not pid and doctor.poll() is None:
            pid = victim(kind, doctor.pid, order["python"])
            time.sleep(0.02)
        time.sleep(chance.uniform(0, _LATER_S.get(kind, 0.0)))
        try:
            if doctor.poll() is None and pid:
                os.kill(pid, _SIGNALS.get(kind, signal.SIGKILL))
                hit = True
        except ProcessLookupError:
            pass
    assert doctor.stdout
    output = doctor.stdout.read()
    status = doctor.wait()
    answered = time.monotonic() - began
    deadline = time.monotonic() + _GONE_WITHIN_S
    while processes() and time.monotonic() < deadline:
        time.sleep(0.05)
    passed = json.loads(output)["passed"] if output else None
    return {
        "kind": kind, "hit": hit, "status": status, "passed": passed,
        "seconds": round(answered, 2), "gone_after": round(time.monotonic() - began - answered, 2),
    }  # fmt: skip


_BEFORE = set(os.listdir("/tmp"))


def main() -> None:
    """Starts, kills, counts."""
    root, plan = sys.argv[1], json.loads(sys.argv[2])
    chance = random.Random(plan["seed"])
    order, home = plan["order"], plan["order"]["variables"]["HOME"]
    kinds = [VICTIMS[n % len(VICTIMS)] for n in range(plan["kills"])]
    kinds += [""] * (plan["starts"] - plan["kills"])
    chance.shuffle(kinds)
    before, runs = count(home), []
    for kind in kinds:
        run = start_and_kill(root, order, kind, chance)
        run["left"] = {what: found for what, found in count(home).items() if found != before[what]}
        runs.append(run)
        print(run, file=sys.stderr, flush=True)
    print(json.dumps({"before": before, "after": count(home), "runs": runs}))


if __name__ == "__main__":
    main()
