"""How the work of a start grows with what surrounds it: counted calls, which no load changes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritondoctor.facts.imports.distributions import owner_of
from tritondoctor.loader import Files, start
from tritondoctor.target import conda_environments

#: of twice as much; what is super-linear takes four times
MOST = 2.3
PROGRAM = "/bin/sh"


def _calls(run: Callable[[], object]) -> int:
    count = 0

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count


def _start(name: str, elements: list[str]) -> Callable[[], object]:
    return lambda: start(PROGRAM, {name: ":".join(elements)}, "/", Files())


def preloads(folder: Path, number: int) -> Callable[[], object]:
    """LD_PRELOAD of libraries that are there."""
    library = next(Path("/lib").glob("*-linux-gnu/libdl.so.2")).read_bytes()
    paths = [folder / f"l{index}.so" for index in range(number)]
    for path in paths:
        path.write_bytes(library)
    return _start("LD_PRELOAD", [str(path) for path in paths])


def missing_preloads(folder: Path, number: int) -> Callable[[], object]:
    """LD_PRELOAD of names that are nowhere."""
    return _start("LD_PRELOAD", [f"l{index}.so" for index in range(number)])


def folders(folder: Path, number: int) -> Callable[[], object]:
    """LD_LIBRARY_PATH of folders that are there."""
    paths = [folder / str(index) for index in range(number)]
    for path in paths:
        path.mkdir()
    return _start("LD_LIBRARY_PATH", [str(path) for path in paths])


def packages(folder: Path, number: int) -> Callable[[], object]:
    """Packages of which none has the module that is missing."""
    for index in range(number):
        metadata = folder / f"package{index}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "RECORD").write_text("".join(f"package{index}/m{part}.py,,\n" for part in range(20)))
    return lambda: owner_of(Files(), [str(folder)], "not.there", "")


def prefixes(folder: Path, number: int) -> Callable[[], object]:
    """Prefixes of conda."""
    for index in range(number):
        (folder / ".conda" / "envs" / str(index) / "conda-meta").mkdir(parents=True)
    return lambda: conda_environments.prefixes({"HOME": str(folder)})


@pytest.mark.parametrize("scene", [preloads, missing_preloads, folders, packages, prefixes])
def test_twice_as_much_takes_twice_the_work(
    scene: Callable[[Path, int], Callable[[], object]], tmp_path: Path
) -> None:
    counts = []
    for number in (150, 300):
        (tmp_path / str(number)).mkdir()
        counts.append(_calls(scene(tmp_path / str(number), number)))
    assert counts[1] <= MOST * counts[0], counts
