"""Runs in a sandbox: starts PyTriton, kills it, asks the doctor before and after, and cleans.

Arguments: the target's python, the doctor's python, and whether Linear's stub can start.  Prints what
was seen as one JSON object.
"""

from __future__ import annotations

import glob
import json
import mmap
import os
import subprocess
import sys
import time
from multiprocessing import shared_memory

PYTHON, DOCTOR, CAN_START = sys.argv[1], sys.argv[2], sys.argv[3] == "yes"
SERVED, STUCK = "SERVED", "cannot open shared object file"
SHM = "/dev/shm"


def main() -> None:
    """The whole course; whatever the doctor says is kept."""
    seen: dict[str, object] = {}
    process = start()
    time.sleep(1)
    age()
    others = make_others()
    seen["alive"] = doctor("clean", "--json", "--yes")
    seen["alive-segments"] = segments()
    seen["alive-folders"] = folders()
    process.kill()
    process.wait()
    for _ in range(
        600 if CAN_START else 40
    ):  # a server that served ends by itself, on a busy machine late
        if not servers():
            break
        time.sleep(0.1)
    age()
    seen["servers"] = servers()
    seen["checked"] = doctor("check", "--json", "--python", PYTHON)
    seen["shown"] = doctor("clean", "--json")
    seen["asked"] = doctor("clean")
    seen["still-there"] = segments() + workspaces()
    seen["cleaned"] = doctor("clean", "--json", "--yes")
    seen["after"] = [
        *folders(),
        *workspaces(),
        *(segment for segment in segments() if segment not in others),
    ]
    seen["others"] = [segment for segment in segments() if segment in others]
    seen["made"] = others
    seen["servers-after"] = servers()
    seen["again"] = doctor("clean", "--json", "--yes")
    print(json.dumps(seen))


def start() -> subprocess.Popen[bytes]:
    """A PyTriton that serves, or whose stub cannot start; it lives on after that."""
    with open("linear_quick_start.py") as file:
        text = file.read()
    said = 'print("SERVED", flush=True)'
    with open("long.py", "w") as file:
        file.write(text.replace(said, f'{said}\n        __import__("time").sleep(300)'))
    with open("log", "wb") as log:
        process = subprocess.Popen([PYTHON, "long.py"], stdout=log, stderr=log)
    for _ in range(600):
        with open("log", errors="replace") as file:
            if (SERVED if CAN_START else STUCK) in file.read():
                return process
        time.sleep(0.1)
    with open("log", errors="replace") as file:
        raise SystemExit(file.read())


def make_others() -> list[str]:
    """Segments that are not to be touched: of another program, and one that a living process maps."""
    foreign = shared_memory.SharedMemory(create=True, size=5000, name="psm_foreign")
    assert foreign.buf is not None
    foreign.buf[:5] = b"hello"
    with open(f"{SHM}/pytrtion99999-0badcafe-x", "wb+") as file:
        file.write(bytes(5000))
        file.flush()
        kept.append(mmap.mmap(file.fileno(), 5000))
    return ["psm_foreign", "pytrtion99999-0badcafe-x"]


kept: list[mmap.mmap] = []


def age() -> None:
    """Makes the workspaces older than a start takes."""
    for name in workspaces():
        for part in ("", "/tritonserver", "/tritonserver/backends/python"):
            if os.path.exists(name + part):
                os.utime(name + part, (1e9, 1e9))
    for name in folders():
        os.utime(name, (1e9, 1e9))


def folders() -> list[str]:
    """The folders that tritonserver's python backend has made for environments."""
    return glob.glob("/tmp/python_env_??????")


def workspaces() -> list[str]:
    """The workspaces that are there."""
    home = os.path.expanduser("~/.cache/pytriton")
    return sorted(f"{home}/{name}" for name in os.listdir(home)) if os.path.isdir(home) else []


def segments() -> list[str]:
    """The segments of shared memory that are there."""
    return sorted(os.listdir(SHM))


def servers() -> list[int]:
    """The pids of living tritonservers."""
    found = []
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/stat") as file:
                if "(tritonserver) " in (text := file.read()) and ") Z" not in text:
                    found.append(int(entry))
        except (OSError, ValueError):
            continue
    return found


def doctor(*words: str) -> object:
    """What the doctor says: its JSON, or its words, and the exit code."""
    done = subprocess.run(
        [DOCTOR, "-I", "-m", "tritondoctor", *words], capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        return json.loads(done.stdout)
    except ValueError:
        return [done.returncode, done.stdout, done.stderr]


main()
