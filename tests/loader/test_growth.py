"""How the work of a start grows with what surrounds it: counted calls, which no load changes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tritondoctor.facts.imports.distributions import owner_of
from tritondoctor.loader import Files, LoadedProcess, start
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


def absent_folders(folder: Path, number: int) -> Callable[[], object]:
    """LD_LIBRARY_PATH of folders that are nowhere."""
    return _start("LD_LIBRARY_PATH", [f"{folder}/absent/{index}" for index in range(number)])


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


@pytest.mark.parametrize(
    "scene", [preloads, missing_preloads, absent_folders, folders, packages, prefixes]
)
def test_twice_as_much_takes_twice_the_work(
    scene: Callable[[Path, int], Callable[[], object]], tmp_path: Path
) -> None:
    counts = []
    for number in (150, 300):
        (tmp_path / str(number)).mkdir()
        counts.append(_calls(scene(tmp_path / str(number), number)))
    assert counts[1] <= MOST * counts[0], counts


@pytest.mark.parametrize("number", [0, 2_000])
def test_each_library_passes_by_all_absent_folders_at_once(number: int) -> None:
    """With 12,000 of them each of ninety dlopens took 40 ms: a place was written down for each."""
    value = ":".join(f"/absent/{index}" for index in range(number))
    process = start(sys.executable, {"LD_LIBRARY_PATH": value}, "/", Files())
    names = [f"libnowhere{index}.so" for index in range(20)]
    assert _calls(lambda: [process.dlopen(name) for name in names]) < 20 * 500
    (problem,) = process.dlopen(names[0]).problems
    assert len(problem.tried) > number
    assert [place.path for place in problem.tried][:number] == [
        f"/absent/{index}/{names[0]}" for index in range(number)
    ]


def test_a_dlopen_hardly_looks_at_what_is_loaded(tmp_path: Path) -> None:
    """Each took four calls for each object that was loaded before."""
    counts = []
    for number in (0, 500):
        process = preloads(tmp_path, number)()
        assert isinstance(process, LoadedProcess)
        counts.append(_calls(lambda process=process: process.with_dlopen("libm.so.6")))  # type: ignore[misc]
    assert counts[1] < counts[0] + 2 * 500, counts


def test_an_object_among_many_takes_few_calls() -> None:
    """2,000 for each of these, before what they share was found once."""
    folder = next(Path("/usr/lib").glob("*-linux-gnu"))
    paths = sorted(map(str, folder.glob("*.so.*")))[:200]
    view = Files()
    start(paths[0], {}, "/", view)
    assert _calls(lambda: [start(path, {}, "/", view) for path in paths]) < 1_600 * len(paths)
