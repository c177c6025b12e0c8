"""What else the machine did during a race: the load average, whose processor time was used."""

from __future__ import annotations

import os
from collections.abc import Iterable

import psutil

from tritondoctor.tuning.model import MachineLoad


class Watcher:
    """Compares the machine at the end of the race with what it was when it began."""

    def __init__(self) -> None:
        self._load = os.getloadavg()[0]
        self._before = psutil.cpu_times()
        self._own_s = 0.0
        self.generator_cpu = 0.0

    def count(self, pids: Iterable[int]) -> None:
        """Add the processor time of processes of the race that are about to end."""
        for pid in pids:
            try:
                times = psutil.Process(pid).cpu_times()
            except psutil.Error:
                continue
            self._own_s += times.user + times.system

    def surroundings(self) -> MachineLoad:
        """What was seen since."""
        cores = os.cpu_count() or 1
        now = psutil.cpu_times()
        idle = now.idle + now.iowait - self._before.idle - self._before.iowait
        passed = max(sum(now[:8]) - sum(self._before[:8]), 1e-9)
        mine = os.times()
        own = self._own_s + mine.user + mine.system
        busy = min(1.0, max(0.0, 1 - idle / passed))
        return MachineLoad(
            cores,
            round(self._load, 1),
            round(os.getloadavg()[0], 1),
            round(busy, 2),
            round(max(0.0, busy - own / passed), 2),
            round(self.generator_cpu, 2),
        )
