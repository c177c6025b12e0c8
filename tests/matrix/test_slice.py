"""Cells that are really built and run in every CI run; `make matrix` runs all of them.

TRITONDOCTOR_TEST_LOGS=DIR keeps what was seen there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import docker
import pytest

from tests.matrix.chroot_driver import ChrootDriver
from tests.matrix.docker_driver import DockerDriver
from tests.matrix.model import load
from tests.matrix.result import Result
from tests.matrix.run import run
from tests.truth.stock import Absent

#: of one environment, which is built once; between them they have every step and outcome
SLICE = (
    "sound debian-12 system 3.11",
    "libraries of a wheel removed debian-12 system 3.11",
    "PYTHONHOME debian-12 system 3.11",
    "workspace on Docker's tmpfs debian-12 system 3.11",
    "no bash debian-12 system 3.11",
    "interpreter cut short debian-12 system 3.11",
)
ALSO_WITHOUT_ENGINE = ("shared memory of 4 MB debian-12 system 3.11",)
pytestmark = [pytest.mark.matrix, pytest.mark.matrix_slice]


def _run(driver: DockerDriver | ChrootDriver, names: tuple[str, ...], folder: Path) -> dict[str, Result]:
    cells = {cell.id: cell for cell in load()[1]}
    logs = os.environ.get("TRITONDOCTOR_TEST_LOGS")
    results = run([cells[name] for name in names], driver, Path(logs) if logs else folder, jobs=2)
    return {result.id: result for result in results}


@pytest.fixture(scope="module")
def docker_results(
    docker_engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Result]]:
    folder = tmp_path_factory.mktemp("matrix")
    yield _run(DockerDriver(docker_engine, folder / "driver"), SLICE, folder)


@pytest.mark.parametrize("name", SLICE)
def test_cell(name: str, docker_results: Mapping[str, Result]) -> None:
    _judge(docker_results[name])


@pytest.mark.parametrize("name", ALSO_WITHOUT_ENGINE)
def test_cell_without_an_engine(name: str, tmp_path: Path) -> None:
    try:
        driver = ChrootDriver(tmp_path)
    except Absent as absent:
        pytest.skip(str(absent))
    _judge(_run(driver, (name,), tmp_path)[name])


def _judge(result: Result) -> None:
    if result.status == "not run":
        pytest.skip("; ".join(result.why))
    told = "\n".join(f"--- {step}\n{text[-3000:]}" for step, text in result.logs.items())
    assert result.status == "passed", f"{'; '.join(result.why)}\n{told}"
