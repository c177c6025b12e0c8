"""perf_analyzer as the load generator: its figures read, its absence explained, and both compared."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import zipfile
from pathlib import Path
from statistics import median

import pytest

from tests.selftest.boxed import named, place_of
from tests.truth import stock
from tests.tuning.race import TOYS
from tritondoctor.selftest.generator import LoadOrder
from tritondoctor.support.errors import UsageError
from tritondoctor.target import Target
from tritondoctor.tuning import perf_analyzer
from tritondoctor.tuning.measure import Meter
from tritondoctor.tuning.model import DEFAULT
from tritondoctor.tuning.server import FunctionServer
from tritondoctor.tuning.track import Wishes

#: perf_analyzer 2.60.0 with --verbose-csv, Linear of PyTriton 0.7.0, 8 clients
HEAD = (
    "Concurrency,Inferences/Second,Client Send,Network+Server Send/Recv,Server Queue,"
    "Server Compute Input,Server Compute Infer,Server Compute Output,Client Recv,"
    "p50 latency,p90 latency,p95 latency,p99 latency,Avg latency,request/response,response wait"
)
ROW = "8,244.439,271,1899,12771,103,16652,856,0,15760,75575,148083,227307,32553,271,32274"
REQUIREMENT = "perf-analyzer==2.60.0"


def test_a_row_of_its_csv() -> None:
    found = perf_analyzer.answer(dict(zip(HEAD.split(","), ROW.split(","))), 1.5)
    assert (found.per_second, found.requests) == (244.439, 367)
    assert (found.p50, found.p95, found.p99) == (15.76, 148.083, 227.307)
    assert (found.mean, found.failure) == (32.553, "")


def test_where_there_is_none_the_placeholder_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"not on PATH.*placeholder.*glibc"):
        perf_analyzer.program()


def test_one_that_does_not_run_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / perf_analyzer.NAME
    program.write_text("#!/bin/sh\necho \"version 'GLIBC_2.38' not found\" >&2; exit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match=r"does not run: version 'GLIBC_2\.38' not found"):
        perf_analyzer.program()


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one on PATH, else that of the wheel with the libraries of Debian 13."""
    try:
        perf_analyzer.program()
        return
    except UsageError:
        pass
    try:
        libraries = stock.debian_library("trixie", "libstdc++.so.6").parent
        wheel = next(stock.kept("wheel-perf-analyzer-2.60.0", _download).glob("*.whl"))
    except stock.Absent as lack:
        pytest.skip(f"perf_analyzer cannot be made here: {lack}")
    with zipfile.ZipFile(wheel) as archive:
        binary = Path(archive.extract("perf_analyzer/bin/perf_analyzer", tmp_path))
    binary.chmod(binary.stat().st_mode | stat.S_IXUSR)
    loader = f"{libraries}/ld-linux-x86-64.so.2"
    program = tmp_path / perf_analyzer.NAME / "start" / perf_analyzer.NAME
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {loader} --library-path {libraries} {binary} "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    try:
        perf_analyzer.program()
    except UsageError as refusal:
        pytest.skip(f"perf_analyzer cannot be made here: {refusal}")


def _download(folder: Path) -> None:
    stock.run(
        [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "--platform",
         "manylinux_2_38_x86_64", REQUIREMENT, "-d", str(folder)],
        REQUIREMENT,
    )  # fmt: skip


@pytest.mark.tune
@pytest.mark.usefixtures("on_path")
def test_both_generators_agree() -> None:
    """Medians of five interleaved rounds on the same server, within 30 %."""
    rounds: dict[str, list[float]] = {"own": [], perf_analyzer.NAME: []}
    with place_of(named("serves 3.11")) as place:
        target = Target(place.python, None, "the test", place.variables, str(place.cwd))
        request = {"file": str(TOYS / "fixed_cost.py"), "function": "infer", "inputs": (),
                   "outputs": (), "data": None, "threads": False}  # fmt: skip
        server = FunctionServer(target, request, 120, predicted=False)
        try:
            assert server.bind(DEFAULT) == ""
            wishes = Wishes(str(TOYS / "fixed_cost.py"), "infer", generator=perf_analyzer.NAME)
            with Meter(target, server, wishes, 30) as meter:
                order = LoadOrder(server.model(DEFAULT), 8, 3.0)
                for _round in range(5):
                    rounds["own"].append(meter._generator.load(order).per_second)
                    rounds[perf_analyzer.NAME].append(meter._closed.load(order).per_second)
        finally:
            server.close()
    ratio = median(rounds["own"]) / median(rounds[perf_analyzer.NAME])
    assert 0.7 <= ratio <= 1.43, rounds
    assert shutil.which(perf_analyzer.NAME)
