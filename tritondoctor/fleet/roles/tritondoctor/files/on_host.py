"""Run the doctor on a host with Python 3.9 and its standard library, without writing files there.

Standard input holds a line of JSON (the order) and then the doctor's file.  The file and the doctor's
output stay in memory, so a read-only host will do, and nothing is left behind.  The answer is a line on
standard output after MARK; other output of a login does not matter.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any, BinaryIO

MARK = "tritondoctor.answer/1 "
#: a fix or a self-test needs this time to clean up when it is stopped
_GRACE_S = 8.0
#: bytes that the doctor may print; a report has about 100 KB
_MOST_PRINTED = 16 * 1024 * 1024
_LOOK_EVERY_S = 0.5
#: characters that are kept of a failed doctor's output
_LONGEST_MESSAGE = 2000


def main() -> None:
    """Read the order, carry it out, and print the answer."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    order = json.loads(sys.stdin.buffer.readline())
    began = time.monotonic()
    try:
        answer = _examine(order, sys.stdin.buffer.read())
    except OSError as failure:
        answer = {"answer": "failed", "said": str(failure)}
    answer["seconds"] = round(time.monotonic() - began, 3)
    sys.stdout.write(f"\n{MARK}{json.dumps(answer)}\n")


def _examine(order: dict[str, Any], doctor: bytes) -> dict[str, Any]:
    with _nameless("doctor") as file, _nameless("out") as out, _nameless("err") as err:
        file.write(doctor)
        file.flush()
        path = f"/proc/{os.getpid()}/fd/{file.fileno()}"
        variables = _renamed({**os.environ, **order["environment"]})
        process = subprocess.Popen(
            [sys.executable, "-I", "-B", path, *order["arguments"]],
            env={name: value for name, value in variables.items() if value is not None},
            cwd=order["directory"] or None, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            start_new_session=True,
        )  # fmt: skip
        try:
            code = _code(process, order["deadline"], out, err)
        except subprocess.TimeoutExpired:
            message = f"the doctor did not answer within {order['deadline']} s"
            return {"answer": "timed-out", "said": message}
        except _FloodError:
            return {"answer": "failed", "said": f"it printed more than {_MOST_PRINTED >> 20} MiB"}
        return _answer(code, _text(out), _text(err))


class _FloodError(Exception):
    """The doctor prints more than any report holds."""


def _code(process: subprocess.Popen[bytes], deadline: float, *printed: BinaryIO) -> int:
    """Return the exit code; end the doctor if it takes too long, prints too much, or we are stopped."""
    end = time.monotonic() + deadline
    try:
        while True:
            try:
                return process.wait(min(_LOOK_EVERY_S, max(end - time.monotonic(), 0)))
            except subprocess.TimeoutExpired:
                if time.monotonic() >= end:
                    raise
            if any(os.fstat(file.fileno()).st_size > _MOST_PRINTED for file in printed):
                raise _FloodError
    except BaseException:
        _end(process)
        raise


def _renamed(variables: dict[str, Any]) -> dict[str, Any]:
    """Rename the loader's variables, as starter/tritondoctor does: they are for the examined program."""
    return {
        f"_{name[1:]}" if name.startswith("LD_") or name == "GLIBC_TUNABLES" else name: value
        for name, value in variables.items()
    }


def _nameless(name: str) -> BinaryIO:
    """Open a file without a name: in memory, else in a temporary folder."""
    try:
        return open(os.memfd_create(name), "w+b")
    except OSError:
        return tempfile.TemporaryFile()


def _text(file: BinaryIO) -> str:
    file.seek(0)
    return file.read(_MOST_PRINTED).decode(errors="replace").strip()


def _answer(code: int, printed: str, errors: str) -> dict[str, Any]:
    try:
        return {"answer": "report", "said": errors[-_LONGEST_MESSAGE:], "report": json.loads(printed)}
    except ValueError:
        last = (errors or printed or "it printed nothing")[-_LONGEST_MESSAGE:]
        return {"answer": "failed", "said": f"the doctor ended with code {code}: {last}"}


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the doctor and its children; a process that is stuck in the kernel is left."""
    for number, grace_s in ((signal.SIGTERM, _GRACE_S), (signal.SIGKILL, 2.0)):
        try:
            os.killpg(process.pid, number)
            process.wait(grace_s)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            return


main()
