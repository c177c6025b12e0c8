"""Evidence from NVML that a model computed on a card."""

from __future__ import annotations

from typing import NamedTuple, Optional

from tritondoctor.checks.gpu import rules, words
from tritondoctor.facts.gpu import driver_query
from tritondoctor.facts.gpu.model import GpuProcess, Nvml
from tritondoctor.facts.model import Facts
from tritondoctor.selftest.model import Proof, Strength
from tritondoctor.target import Target

_MIB = 1 << 20
#: other programs may take and free less; the smallest context takes more
_GROWN_MIB = 32


def nvml_now(target: Target, facts: Optional[Facts]) -> Optional[Nvml]:
    """Return NVML's current answer; None if it could not be asked."""
    found = rules.library(facts.gpu, rules.LIBNVML) if facts is not None else None
    path = found.path if found is not None else rules.LIBNVML
    allowed_s = facts.gpu.allowed_s if facts is not None else driver_query.allowed(1)
    return driver_query.nvml(
        driver_query.Query("nvml", path, target.variables, target.cwd, again=True), allowed_s
    )


class _Use(NamedTuple):
    """The memory in use on a card (MiB) and the processes on it, as far as NVML reports them."""

    used: Optional[int]
    processes: tuple[GpuProcess, ...]


def _use(nvml: Optional[Nvml], uuid: str) -> Optional[_Use]:
    """Return the use of the card or MIG instance with that UUID; None if NVML does not know it."""
    for card in nvml.cards if nvml is not None else ():
        for instance in card.instances:
            if instance.uuid == uuid:
                processes = instance.processes or card.processes
                return _Use(_used(instance.memory, instance.memory_free), processes)
        if card.uuid == uuid:
            return _Use(_used(card.memory_total, card.memory_free), card.processes)
    return None


def _used(total: Optional[int], free: Optional[int]) -> Optional[int]:
    return None if total is None or free is None else (total - free) // _MIB


def proof(
    uuid: str, pid: int, result_device: str, facts: Optional[Facts], after: Optional[Nvml]
) -> Proof:
    """Return how strong the evidence is that the process used that card.

    No answer from NVML is no failure.  `facts` hold NVML's answer from before the start.  A pid that it
    listed is another process's.
    """
    before = _use(facts.gpu.nvml if facts is not None else None, uuid)
    now = _use(after, uuid)
    driver = after.driver if after is not None else None
    if now is None:
        return Proof(result_device, "none", f"NVML gives no evidence: {_silence(after)}", driver)
    strangers = {process.pid for process in before.processes} if before is not None else set()
    ours = next(
        (process for process in now.processes if process.pid == pid and pid not in strangers), None
    )
    grown = _grown(before, now)
    strength: Strength
    process_mib = ours.memory // _MIB if ours is not None and ours.memory is not None else None
    if ours is not None:
        size = f", with {process_mib} MiB" if process_mib is not None else ""
        strength, how = "strong", f"NVML lists this process on the card{size}"
    elif grown is not None and grown >= _GROWN_MIB:
        strength, how = "weak", f"NVML does not list this process; memory in use grew by {grown} MiB"
    else:
        memory = "it reports no memory" if now.used is None else "memory in use did not grow"
        strength, how = "none", f"NVML does not list this process; {memory}"
    return Proof(result_device, strength, how, driver, process_mib, grown, now.used, len(now.processes))


def _grown(before: Optional[_Use], now: _Use) -> Optional[int]:
    if before is None or before.used is None or now.used is None:
        return None
    return now.used - before.used


def _silence(nvml: Optional[Nvml]) -> str:
    if nvml is None:
        return "it could not be queried"
    if nvml.problem:
        return str(words.problem(nvml))
    return f"it returned {nvml.code}, {nvml.message}" if nvml.code else "it does not know the card"
