"""What proves that the card did the work: the stand-in NVML lists it, numbers it otherwise, is silent."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Optional, cast

import msgspec
import pytest

from tests.gpu.scene import PAPER, build, paper_libraries
from tests.truth.stock import Absent
from tritondoctor.facts.gpu.model import Card, Gpu, GpuProcess, Nvml
from tritondoctor.facts.model import Facts
from tritondoctor.selftest import proof
from tritondoctor.selftest.model import Proof
from tritondoctor.target import Target

CARD = "GPU-a0a0a0a0-a0a0-a0a0-a0a0-a0a0a0a0a0a0"
INSTANCE = "MIG-a0a0a0a0-a0a0-a0a0-a0a0-a0a0a0a0a0e0"
HOLD = """
import ctypes, sys
cuda, context = ctypes.CDLL("libcuda.so.1"), ctypes.c_void_p()
cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0)
print(flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="proof-") as name:
        yield Path(name)


class Case:
    """A process that holds a context on the stand-in's card, and NVML asked before and after."""

    def __init__(self, libraries: Path, folder: Path, variables: dict[str, str]) -> None:
        self.variables = {"LD_LIBRARY_PATH": str(libraries), "PAPER_STATE": str(folder), **variables}
        self.target = Target(sys.executable, None, "the test", self.variables, "/")

    def proof(self, uuid: str = CARD, pid: Optional[int] = None) -> Proof:
        """What is proved of it."""
        before = facts(proof.nvml_now(self.target, None))
        holder = subprocess.Popen(
            [sys.executable, "-I", "-c", HOLD], env=self.variables, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            after = proof.nvml_now(self.target, None)
            return proof.proof(uuid, pid or holder.pid, "cuda:0", before, after)
        finally:
            holder.communicate()


def facts(nvml: Optional[Nvml]) -> Facts:
    """As much of the facts as the proof looks at."""
    bare = msgspec.defstruct("Bare", [("gpu", Gpu)], frozen=True)
    return cast(Facts, bare(Gpu(nvml=nvml)))


def libraries() -> Path:
    try:
        return paper_libraries()["libnvidia-ml.so.1"].parent
    except Absent as lack:
        pytest.skip(str(lack))


@pytest.mark.parametrize(
    ("variables", "uuid", "strength", "how"),
    [
        ({}, CARD, "strong", "NVML lists this process on the card, with 500 MiB"),
        ({"PAPER_UNTOLD": "1"}, CARD, "strong", "NVML lists this process on the card"),
        ({"PAPER_PROCESSES": "3"}, CARD, "strong", "NVML lists this process on the card, with 500 MiB"),
        ({"PAPER_MIG": "2"}, INSTANCE, "strong", "NVML lists this process on the card, with 500 MiB"),
        ({"PAPER_LIST": "host"}, CARD, "weak",
         "NVML does not list this process; memory in use grew by 500 MiB"),
        ({"PAPER_LIST": "none"}, CARD, "weak",
         "NVML does not list this process; memory in use grew by 500 MiB"),
        ({"PAPER_LIST": "none", "PAPER_MIG": "1"}, INSTANCE, "weak",
         "NVML does not list this process; memory in use grew by 500 MiB"),
        ({"PAPER_REFUSE": "nvmlDeviceGetComputeRunningProcesses=4"}, CARD, "weak",
         "NVML does not list this process; memory in use grew by 500 MiB"),
        ({"PAPER_LIST": "none", "PAPER_REFUSE": "nvmlDeviceGetMemoryInfo=3"}, CARD, "none",
         "NVML does not list this process; it reports no memory"),
        ({"PAPER_NVML": "9"}, CARD, "none",
         "NVML gives no evidence: it returned 9, Driver Not Loaded"),
        ({}, "GPU-another", "none", "NVML gives no evidence: it does not know the card"),
        ({"PAPER_CRASH": "nvmlInit"}, CARD, "none",
         "NVML gives no evidence: nvmlInit: ended by signal 6"),
    ],
)  # fmt: skip
def test_the_strength(
    variables: dict[str, str], uuid: str, strength: str, how: str, folder: Path
) -> None:
    found = Case(libraries(), folder, variables).proof(uuid)
    assert (found.strength, found.how, found.result_device) == (strength, how, "cuda:0")


def test_a_process_that_was_there_before_is_a_stranger() -> None:
    """In a container NVML may list another process of the host by the very number that is ours here."""

    def card(*numbers: int) -> Nvml:
        return Nvml(code=0, cards=(Card(0, uuid=CARD, processes=tuple(map(GpuProcess, numbers))),))

    assert proof.proof(CARD, 7, "cuda:0", facts(card(7)), card(7, 8)).strength == "none"
    assert proof.proof(CARD, 8, "cuda:0", facts(card(7)), card(7, 8)).strength == "strong"


@pytest.mark.parametrize("age", [1, 2])
def test_an_nvml_before_510(age: int, folder: Path) -> None:
    """The list of processes had another version then; before 470 it had none that is read."""
    old = folder / "old"
    old.mkdir()
    try:
        build(PAPER, old / "libnvidia-ml.so.1", f"-DAGE={age}")
        build(PAPER, old / "libcuda.so.1", "-DCUDA")
    except Absent as lack:
        pytest.skip(str(lack))
    found = Case(old, folder, {}).proof()
    assert found.strength == {1: "strong", 2: "weak"}[age]


def test_without_a_library(folder: Path) -> None:
    """NVML is not there at all."""
    target = Target(sys.executable, None, "the test", {"PATH": os.environ["PATH"]}, "/")
    found = proof.proof(CARD, 1, "cuda:0", None, proof.nvml_now(target, None))
    assert found.strength == "none" and "libnvidia-ml.so.1" in found.how
