"""NVML and CUDA, each asked in a process of its own that can be cut off.

A driver may hang where no signal reaches the process that called it; it is then left behind.
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

import msgspec

from tritondoctor.facts.gpu.model import Cuda, Nvml
from tritondoctor.support import own_files

#: cards whose state the driver does not keep (no persistence mode) take seconds each to come up
DEADLINE_S, MORE_FOR_A_CARD_S = 10.0, 4.0
_NOT_FOR_CHILDREN = ("LD_TRACE_LOADED_OBJECTS", "LD_DEBUG", "LD_DEBUG_OUTPUT")

Subject = Literal["nvml", "cuda"]


def allowed(cards: int) -> float:
    """The seconds that a question may take."""
    return DEADLINE_S + MORE_FOR_A_CARD_S * cards


#: a driver does not change its mind while the doctor runs (a plan is tried on many views of a machine)
_ANSWERED: dict[object, Optional[dict[str, Any]]] = {}


class Asking:
    """A question in progress; `again` puts it though it was answered (memory and processes change)."""

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
        """All that it said; `problem` and `cut_off` where it did not come to its end.

        None where it came to ask nothing, which tells nothing of the driver.
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
        told = _merged(out)
        doing = told.pop("asking", "")
        if cut_off:
            told.update(problem=doing, cut_off=True)
        elif self.process.returncode:
            told.setdefault("problem", f"{doing}: {_ending(self.process.returncode)}")
        return told if doing else None

    def _computes(self) -> bool:
        """Whether it wants the processor: on a busy machine it is late, and hangs in no call."""
        assert self.process is not None
        try:
            with open(f"/proc/{self.process.pid}/stat", encoding="ascii", errors="replace") as file:
                return file.read().rpartition(")")[2].split()[0] == "R"
        except (OSError, IndexError):
            return False


def _ending(code: int) -> str:
    return f"ended by signal {-code}" if code < 0 else f"ended with code {code}"


def _merged(out: bytes) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for line in out.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        for name, several in (("card", "cards"), ("device", "devices")):
            if name in said:
                told.setdefault(several, []).append(said.pop(name))
        told.update(said)
    return told


def nvml(asking: Asking, allowed_s: float) -> Optional[Nvml]:
    """NVML's answer."""
    told = asking.answer(allowed_s)
    return None if told is None else msgspec.convert(told, Nvml)


def cuda(asking: Asking, allowed_s: float) -> Optional[Cuda]:
    """CUDA's answer."""
    told = asking.answer(allowed_s)
    return None if told is None else msgspec.convert(told, Cuda)
