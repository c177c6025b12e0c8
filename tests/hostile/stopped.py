"""Runs in a sandbox: a PyTriton that serves, its server stopped, the Python killed; then `clean`.

Arguments: the target's python, the doctor's python.  Prints the answers of the doctor as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PYTHON, DOCTOR = sys.argv[1:3]


def main() -> None:
    code = Path("linear_quick_start.py").read_text()
    line = 'print("SERVED", flush=True)'
    Path("long.py").write_text(code.replace(line, f'{line}\n        __import__("time").sleep(300)'))
    with open("log", "wb") as log:
        process = subprocess.Popen([PYTHON, "long.py"], stdout=log, stderr=log)
    until = time.monotonic() + 90
    while "SERVED" not in Path("log").read_text(errors="replace"):
        if time.monotonic() > until or process.poll() is not None:
            raise SystemExit(Path("log").read_text(errors="replace"))
        time.sleep(0.1)
    alive = doctor("clean", "--json", "--yes")
    server = next(pid for pid in pids() if os.path.basename(program(pid)) == "tritonserver")
    where = program(server)
    os.kill(server, signal.SIGSTOP)
    process.kill()
    process.wait()
    time.sleep(1)
    shown = doctor("clean", "--json")
    cleaned = doctor("clean", "--json", "--yes")
    print(json.dumps({
        "alive": alive, "shown": shown, "cleaned": cleaned, "program": where,
        "there": os.path.exists(where), "server": server, "living": program(server) != "",
        "again": doctor("clean", "--json"),
    }))  # fmt: skip


def pids() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def program(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


def doctor(*words: str) -> Any:
    done = subprocess.run(
        [DOCTOR, "-I", "-m", "tritondoctor", *words], capture_output=True, text=True, check=False
    )
    return json.loads(done.stdout or json.dumps(done.stderr))


main()
