"""Fleets of any size made from real reports: the recorded environments, each host a little different.

`python -m tests.fleet.synthetic 1000 > fleet.jsonl` writes one.
"""

from __future__ import annotations

import functools
import json
import random
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import msgspec

from tests.reports.make_cases import CASES
from tritondoctor.examination import report, snapshot
from tritondoctor.facts.gpu.model import Card, Gpu, KernelModule, Nvml, PciDevice

DRIVER, OLD_DRIVER = "550.54.15", "535.54.03"
#: more than any prefix has that matter; with them a report is as large as the largest that were seen
_CONDA_PACKAGES = 600
Report = dict[str, Any]


@functools.cache
def real(case: str) -> Report:
    """The report on a recorded environment."""
    read = snapshot.read(str(CASES / f"{case}.snapshot"))
    told = report.masked(snapshot.report(read, case), paths=False)
    made: Report = json.loads(json.dumps(report.as_json(told)))
    return made


def host(number: int, case: str, *, cards: int = 0, driver: str = DRIVER) -> Report:
    """A report of host `number`: its user, home, memory, free space and cards are its own."""
    chance = random.Random(number)
    home = f"/home/user{number:05}"
    text = json.dumps(real(case)).replace("/srv/case", f"{home}/case")
    made: Report = json.loads(text)
    facts = made["facts"]
    facts["host"].update(user=f"user{number:05}", memory=chance.randrange(10**11, 10**12))
    facts["variables"]["HOME"] = home
    facts["conda"] = [_conda(home)]
    facts["gpu"] = _gpu(chance, cards, driver)
    if facts["surroundings"]:
        facts["surroundings"]["memory_left"] = chance.randrange(10**10, 10**11)
    if facts["launch"]:
        facts["launch"]["workspace"]["free"] = chance.randrange(10**10, 10**12)
    made["seconds"] = round(chance.uniform(0.3, 1.0), 3)
    return made


def _gpu(chance: random.Random, cards: int, driver: str) -> Any:
    if not cards:
        return msgspec.to_builtins(Gpu())
    found = tuple(
        Card(
            number,
            "NVIDIA H100 80GB HBM3",
            f"GPU-{uuid.UUID(int=chance.getrandbits(128))}",
            f"00000000:{number:02X}:00.0",
            "9.0",
            85520809984,
            chance.randrange(10**10, 8 * 10**10),
        )
        for number in range(cards)
    )
    pci = tuple(
        PciDevice(f"0000:{number:02x}:00.0", "0x2330", "gpu", "nvidia") for number in range(cards)
    )
    nvml = Nvml(0, "", driver, 12040, cards=found)
    return msgspec.to_builtins(
        Gpu(present=True, allowed_s=20.0, pci=pci, module=KernelModule(True, driver), nvml=nvml)
    )


@functools.cache
def _packages() -> list[dict[str, str]]:
    return [
        {"name": f"package-{number}", "version": f"1.{number % 30}.{number % 7}",
         "build": f"py311h{number:07x}_0", "channel": "conda-forge"}
        for number in range(_CONDA_PACKAGES)
    ]  # fmt: skip


def _conda(home: str) -> dict[str, Any]:
    return {"prefix": f"{home}/conda", "name": "base", "is_base": True, "packages": _packages(),
            "libstdcxx_target": None}  # fmt: skip


def fleet(count: int) -> Iterator[dict[str, Any]]:
    """Records of `count` hosts: a tenth ill in two ways, a few odd, a few silent.

    The same count gives the same fleet.
    """
    for number in range(count):
        role, cards = ("gpu", 8) if number % 4 else ("web", 0)
        name = f"{role}{number:05}"
        plain = {"schema": "tritondoctor.host/1", "host": name, "role": role, "seconds": 1.0}
        if number % 100 == 17:
            said = f"ssh: connect to host {name} port 22: No route to host"
            yield {**plain, "answer": "unreachable", "said": said, "report": None}
            continue
        if number % 100 == 55:
            yield {**plain, "answer": "timed-out", "said": "no answer in 60 s", "report": None}
            continue
        case = "wrong-build" if number % 20 == 3 else "two-causes" if number % 20 == 11 else "healthy"
        driver = OLD_DRIVER if number % 50 == 30 else DRIVER
        made = host(number, case, cards=cards, driver=driver)
        yield {**plain, "answer": "report", "said": "", "report": made}


if __name__ == "__main__":
    for one in fleet(int(sys.argv[1])):
        sys.stdout.write(json.dumps(one) + "\n")
