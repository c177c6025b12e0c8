"""Runs cells several at a time; each finished one leaves a file, from which a run is resumed.

The file has what was seen; what it comes to is judged anew, by what is declared then.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

import tritondoctor
from tests.matrix.driver import Broken, Driver
from tests.matrix.model import DOCKER, Cell
from tests.matrix.result import Result, Steps, judge
from tests.truth.stock import Absent

#: cells that are expected to fail mostly wait, so more of them than cores run at a time
WAITING = 3


def version() -> str:
    """Changes with the doctor, the defects, and the steps that are run."""
    hashed = hashlib.sha256()
    folders = (Path(tritondoctor.__file__).parent, DOCKER / "defects", DOCKER / "parts")
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    files += [Path(__file__).with_name("inside.py"), *DOCKER.glob("*.Dockerfile")]
    for path in sorted(file for file in files if file.suffix != ".pyc"):
        hashed.update(path.read_bytes())
    return hashed.hexdigest()[:12]


def run(
    cells: Sequence[Cell],
    driver: Driver,
    folder: Path,
    jobs: int,
    minutes: float = math.inf,
    *,
    done: Callable[[Result, bool], None] = lambda result, kept: None,
    began: Callable[[Cell], None] = lambda cell: None,
) -> list[Result]:
    """The results in the order of the cells; `done` hears of each, and whether an earlier run had it.

    What has not begun after `minutes` is not run.
    """
    results = folder / "results"
    results.mkdir(parents=True, exist_ok=True)
    doctor = version()
    end = time.monotonic() + minutes * 60

    def one(cell: Cell) -> Result:
        key = f"{cell.key}-{doctor}-{driver.name}"
        path = results / f"{slug(cell)}.json"
        kept = _kept(path, key)
        if kept is not None:
            result = judge(cell, kept)
            done(result, True)
            return result
        if time.monotonic() > end:
            result = Result(id=cell.id, status="not run", why=["the time of the run was over"])
            done(result, False)
            return result
        began(cell)
        result, steps = _cell(cell, driver)
        if result.status in ("passed", "failed"):
            path.write_bytes(msgspec.json.format(msgspec.json.encode({"key": key, "steps": steps})))
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


def _kept(path: Path, key: str) -> Steps | None:
    try:
        kept = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.MsgspecError):
        return None
    return kept["steps"] if isinstance(kept, dict) and kept.get("key") == key else None


def _cell(cell: Cell, driver: Driver) -> tuple[Result, Steps]:
    steps: Steps = {}
    began = time.monotonic()
    try:
        with driver.prepare(cell) as prepared:
            steps["build"] = {"seconds": time.monotonic() - began}
            for step in driver.steps(cell, prepared):
                steps[step["step"]] = step
    except Absent as absent:
        return Result(id=cell.id, status="not run", why=[str(absent)]), steps
    except Broken as broken:
        found = judge(cell, steps)
        found.status, found.why = "broken", [str(broken)]
        return found, steps
    return judge(cell, steps), steps
