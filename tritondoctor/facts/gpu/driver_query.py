"""Queries NVML and CUDA, each in a child process that can be cut off.

A driver may hang where no signal reaches the process that called it; that process is then left behind.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any, Literal, Optional

from tritondoctor.facts.gpu.model import Cuda, Nvml
from tritondoctor.support import own_files, proc, structs

#: cards whose state the driver does not keep (no persistence mode) take seconds each to come up
DEADLINE_S, MORE_FOR_A_CARD_S = 10.0, 4.0
_NOT_FOR_CHILDREN = ("LD_TRACE_LOADED_OBJECTS", "LD_DEBUG", "LD_DEBUG_OUTPUT")

Subject = Literal["nvml", "cuda"]


def allowed(cards: int) -> float:
    """Return the seconds that a query may take."""
    return DEADLINE_S + MORE_FOR_A_CARD_S * cards


#: a driver stays the same while the doctor runs (a plan is tried on many views of a machine)
_ANSWERED: dict[object, Optional[dict[str, Any]]] = {}


class Query:
    """A query in progress; `again` repeats one that was answered (memory and processes change)."""

    def __init__(
        self,
        subject: Subject,
        library: str,
        variables: Mapping[str, str],
        cwd: str,
        *,
        again: bool = False,
    ) -> None:
        self.process: Optional[subprocess.Popen[bytes]] = None
        known = {name: v for name, v in variables.items() if name not in _NOT_FOR_CHILDREN}
        self._key = (subject, library, cwd, *sorted(known.items()))
        self._began = time.monotonic()
        if again:
            _ANSWERED.pop(self._key, None)
        if self._key in _ANSWERED:
            return
        spec = importlib.util.find_spec("pynvml")
        packages = os.path.dirname(spec.origin) if spec and spec.origin else ""
        try:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-S",
                    "-c",
                    own_files.source("facts/gpu/driver_child.py"),
                    subject,
                    library,
                    packages,
                ],
                env=known,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            _ANSWERED[self._key] = None

    def answer(self, allowed_s: float) -> Optional[dict[str, Any]]:
        """Return all its answers, with `problem` where it stopped short.

        None where it reached no call at all, which shows nothing of the driver.
        """
        if self._key not in _ANSWERED:
            _ANSWERED[self._key] = self._wait(self._began + allowed_s - time.monotonic())
        return _ANSWERED[self._key]

    def _wait(self, left_s: float) -> Optional[dict[str, Any]]:
        assert self.process is not None
        cut_off, left = True, max(left_s, 0.05)
        for _ in range(3):
            try:
                out = self.process.communicate(timeout=left)[0]
                cut_off = False
                break
            except subprocess.TimeoutExpired as late:
                out = late.output or b""
                if not self._computes():
                    break
        if cut_off:
            self.process.kill()  # and not waited for: it may not die
        answer = _merged(out)
        if cut_off:
            answer["problem"] = "cut-off"
        elif self.process.returncode:
            answer.setdefault("problem", "ended")
            answer["status"] = self.process.returncode
        return answer if "step" in answer else None

    def _computes(self) -> bool:
        """Whether it wants the processor: on a busy machine it is late, and hangs in no call."""
        assert self.process is not None
        process = proc.stat(self.process.pid)
        return process is not None and process.state == "R"


def _merged(out: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    for line in out.splitlines():
        try:
            part = json.loads(line)
        except ValueError:
            continue
        for name, several in (("card", "cards"), ("device", "devices")):
            if name in part:
                answer.setdefault(several, []).append(part.pop(name))
        answer.update(part)
    return answer


def nvml(query: Query, allowed_s: float) -> Optional[Nvml]:
    """Return NVML's answer."""
    answer = query.answer(allowed_s)
    return None if answer is None else structs.convert(answer, Nvml)


def cuda(query: Query, allowed_s: float) -> Optional[Cuda]:
    """Return CUDA's answer."""
    answer = query.answer(allowed_s)
    return None if answer is None else structs.convert(answer, Cuda)
