"""Runs cells several at a time; each finished one leaves a file, from which a run is resumed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

import tritondoctor
from tests.matrix.driver import Broken, Driver
from tests.matrix.model import DOCKER, Cell
from tests.matrix.result import Result, judge
from tests.truth.stock import Absent

#: cells that are expected to fail mostly wait, so more of them than cores run at a time
WAITING = 2


def version() -> str:
    """Changes with the doctor, the defects, and the steps that are run."""
    hashed = hashlib.sha256()
    folders = (Path(tritondoctor.__file__).parent, DOCKER / "defects", DOCKER / "parts")
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    files += [Path(__file__).with_name("inside.py"), *DOCKER.glob("*.Dockerfile")]
    for path in sorted(one for one in files if one.suffix != ".pyc"):
        hashed.update(path.read_bytes())
    return hashed.hexdigest()[:12]


def run(
    cells: Sequence[Cell],
    driver: Driver,
    folder: Path,
    jobs: int,
    done: Callable[[Result, bool], None] = lambda result, kept: None,
    began: Callable[[Cell], None] = lambda cell: None,
) -> list[Result]:
    """The results in the order of the cells; `done` hears of each, and whether an earlier run had it."""
    results = folder / "results"
    results.mkdir(parents=True, exist_ok=True)
    doctor = version()

    def one(cell: Cell) -> Result:
        key = f"{cell.key}-{doctor}-{driver.name}"
        path = results / f"{slug(cell)}.json"
        kept = _kept(path, key)
        if kept is not None:
            done(kept, True)
            return kept
        began(cell)
        result = _cell(cell, key, driver)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(result)))
        for step, text in result.logs.items():
            if result.status in ("failed", "broken") and text:
                (results / f"{slug(cell)}.{step}.log").write_text(text)
        done(result, False)
        return result

    with (
        ThreadPoolExecutor(jobs) as serving,
        ThreadPoolExecutor(jobs * WAITING) as failing,
    ):
        futures = [(serving if cell.serves else failing).submit(one, cell) for cell in cells]
        try:
            return [future.result() for future in futures]
        except BaseException:
            for pool in (serving, failing):
                pool.shutdown(wait=False, cancel_futures=True)
            raise


def slug(cell: Cell) -> str:
    """A file name of a cell."""
    return "".join(one if one.isalnum() or one in ".-" else "-" for one in cell.id)


def _kept(path: Path, key: str) -> Result | None:
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=Result)
    except (OSError, msgspec.MsgspecError):
        return None
    return kept if kept.key == key and kept.status in ("passed", "failed") else None


def _cell(cell: Cell, key: str, driver: Driver) -> Result:
    steps: dict[str, Any] = {}
    began = time.monotonic()
    try:
        with driver.prepare(cell) as prepared:
            built = time.monotonic() - began
            for step in driver.steps(cell, prepared):
                steps[step["step"]] = step
    except Absent as absent:
        return Result(
            id=cell.id, key=key, status="not run", why=[str(absent)], serves_expected=cell.serves
        )
    except Broken as broken:
        found = judge(cell, key, steps)
        found.status, found.why = "broken", [str(broken)]
        return found
    found = judge(cell, key, steps)
    found.seconds = {"build": round(built, 1), **found.seconds}
    return found


def in_order(results: Sequence[Result]) -> Iterator[Result]:
    """Failed ones first."""
    rank = {"failed": 0, "broken": 1, "passed": 2, "not run": 3}
    yield from sorted(results, key=lambda one: rank[one.status])
