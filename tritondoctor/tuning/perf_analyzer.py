"""perf_analyzer as the load generator: NVIDIA's own, where it is on PATH and runs.

Its input and its CSV go through memory (memfd_create(2)), so that nothing is left behind when it or the
doctor is killed.  Its options: docs/cli.md of triton-inference-server/perf_analyzer.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import platform
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from tritondoctor.selftest import processes
from tritondoctor.selftest.generator import LoadAnswer, LoadOrder, Stuck
from tritondoctor.selftest.watch import Watch
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _
from tritondoctor.target.programs import on_path

NAME = "perf_analyzer"
_VERSION_S, _GRACE_S, _SLICE_S = 20.0, 20.0, 0.1
#: windows of an order; it wants three that agree, and -s 999 lets any three do
_WINDOWS = 3
_SHORTEST_MS = 100
_TOKEN = "triton-access-token"


def program() -> str:
    """Its path.  Raises UsageError where there is none, or none that runs."""
    found = on_path(NAME, os.environ.get("PATH"))
    if found is None:
        glibc = platform.libc_ver()[1] or _("an unknown release")
        raise UsageError(
            _("--generator perf_analyzer: it is not on PATH. `pip install perf-analyzer` brings it with "
              "glibc 2.38 or newer; below that, pip installs an empty placeholder (0.1.0). Here is glibc "
              "{glibc}.", glibc=glibc)
        )  # fmt: skip
    try:
        done = subprocess.run(
            [found, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", timeout=_VERSION_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise _does_not_run(found, str(failure)) from None
    if done.returncode:
        raise _does_not_run(found, done.stderr or done.stdout)
    return found


def _does_not_run(path: str, words: str) -> UsageError:
    why = next((line.strip() for line in words.splitlines() if line.strip()), _("it says nothing"))
    return UsageError(
        _("--generator perf_analyzer: {path} does not run: {why}", path=path, why=why[:300])
    )


class Service(NamedTuple):
    """Whom it asks and with what: `samples` are rows as its input file has them (tuning/samples.py)."""

    host: str
    port: int
    protocol: str
    token: str
    samples: Sequence[Mapping[str, Any]]


class PerfAnalyzer:
    """Runs it once for each load."""

    def __init__(self, watch: Watch, mark: str, service: Service) -> None:
        self._watch, self._mark, self._service = watch, mark, service
        self._program = program()

    def load(self, order: LoadOrder) -> LoadAnswer:
        """Put load on a model.  Raises Stuck, and Ended if PyTriton ends meanwhile."""
        with _memory("input") as given, _memory("csv") as result:
            os.write(given, json.dumps({"data": [dict(row) for row in self._service.samples]}).encode())
            command = [self._program, *self._options(order, given, result)]
            failure = self._run(command, (given, result), order.seconds)
            rows = list(csv.DictReader(io.StringIO(_read(result))))
        if not rows:
            return LoadAnswer(0.0, 0, 0.0, 0.0, 0.0, 0.0, failure or "perf_analyzer gave no figures", 0.0)
        return answer(rows[0], order.seconds)

    def _options(self, order: LoadOrder, given: int, result: int) -> list[str]:
        service = self._service
        window = max(_SHORTEST_MS, round(order.seconds * 1000 / _WINDOWS))
        return [
            "-m", order.model, "-u", f"{service.host}:{service.port}", "-i", service.protocol,
            "--concurrency-range", str(order.clients), "-p", str(window), "-s", "999",
            "-r", str(_WINDOWS), "--verbose-csv", "-f", f"/proc/self/fd/{result}",
            "--input-data", f"/proc/self/fd/{given}", "-H", f"{_TOKEN}: {service.token}",
        ]  # fmt: skip

    def _run(self, command: Sequence[str], files: tuple[int, ...], seconds: float) -> str:
        """Run it to its end; return its last line where it failed."""
        with _memory("output") as output:
            process = subprocess.Popen(
                command, env={**os.environ, processes.MARK: self._mark}, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, pass_fds=files, preexec_fn=processes.die_with_parent,
            )  # fmt: skip
            deadline = time.monotonic() + seconds * _WINDOWS + _GRACE_S
            try:
                while process.poll() is None:
                    self._watch.listen(_SLICE_S)
                    if time.monotonic() > deadline:
                        raise Stuck(f"perf_analyzer did not end within {_GRACE_S:.0f} s")
            finally:
                process.kill()
                process.wait()
            lines = [line.strip() for line in _read(output).splitlines() if line.strip()]
        return "" if process.returncode == 0 else (lines or ["perf_analyzer failed"])[-1]

    def close(self) -> None:
        """Nothing runs between two loads."""


def answer(row: Mapping[str, str], seconds: float) -> LoadAnswer:
    """A row of its CSV; its latencies are microseconds."""
    per_second = float(row["Inferences/Second"])
    p50, p95, p99 = (float(row[f"p{part} latency"]) / 1000 for part in (50, 95, 99))
    mean = float(row.get("Avg latency") or row["p50 latency"]) / 1000
    return LoadAnswer(per_second, round(per_second * seconds), mean, p50, p95, p99, "", 0.0)


@contextlib.contextmanager
def _memory(name: str) -> Iterator[int]:
    descriptor = os.memfd_create(f"tritondoctor-{name}")
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _read(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    parts = []
    while part := os.read(descriptor, 1 << 16):
        parts.append(part)
    return b"".join(parts).decode("utf-8", "replace")
