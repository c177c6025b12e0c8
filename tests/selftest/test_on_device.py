"""The model on a card that does not exist (tests/gpu/paper.c): the driver's calls, and refusals."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.gpu.scene import paper_libraries
from tests.truth import stock
from tritondoctor.selftest import reference
from tritondoctor.support import own_files

pytestmark = [pytest.mark.truth, pytest.mark.truth_slice]  # for an interpreter with NumPy

ASK = """
import importlib.util, json, os, sys
import numpy as np
spec = importlib.util.spec_from_file_location("on_device", sys.argv[1] + "/on_device.py")
on_device = importlib.util.module_from_spec(spec)
spec.loader.exec_module(on_device)
device, weights, bias, rows = json.loads(sys.argv[2])
try:
    model, said = on_device.linear(device, "", weights, bias)
except on_device.NotUsableError as failure:
    print(json.dumps({"refused": str(failure)}))
else:
    out = model(np.array(rows, dtype=np.float32)).tolist()
    caches = [os.environ.get(name, "") for name in ("CUDA_CACHE_DISABLE", "CUPY_CACHE_IN_MEMORY")]
    print(json.dumps({"said": said, "out": out, "proof": model.proof(), "where": model.where,
                      "caches": caches}))
"""


@pytest.fixture
def python() -> str:
    try:
        return str(stock.pytriton("3.11", "0.7.0") / "bin/python")
    except stock.Absent as lack:
        pytest.skip(str(lack))


@pytest.fixture
def card() -> str:
    try:
        return str(paper_libraries()["libcuda.so.1"].parent)
    except stock.Absent as lack:
        pytest.skip(str(lack))


def _ask(python: str, device: str, **variables: str) -> dict[str, Any]:
    rows = reference.rows()
    order = json.dumps([device, reference.WEIGHTS, reference.BIAS, rows])
    done = subprocess.run(
        [python, "-c", ASK, own_files.path("selftest"), order],
        env={"PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    if "out" in answer:
        assert reference.difference(answer["out"], reference.linear(rows)) <= reference.TOLERANCE
    return answer


@pytest.mark.parametrize("device", ["cuda", "auto"])
def test_the_driver_alone_is_enough(python: str, card: str, device: str) -> None:
    """The stand-in has CUDA 13's cuCtxSynchronize_v2, which takes an argument that we do not have."""
    answer = _ask(python, device, LD_LIBRARY_PATH=card)
    assert answer["where"] == "driver-cuda"
    assert answer["said"] == {
        "kind": "cuda",
        "library": "the driver itself",
        "name": "NVIDIA Paper 9000",
        "compute_capability": "9.0",
        "memory_mib": 81559,
        "uuid": "GPU-a0a0a0a0-a0a0-a0a0-a0a0-a0a0a0a0a0a0",
        "why": "torch is not installed; cupy is not installed",
    }
    assert answer["proof"] == {"result_device": "cuda:0"}


def test_an_instance_of_mig_has_a_name_of_its_kind(python: str, card: str) -> None:
    device = _ask(python, "cuda", LD_LIBRARY_PATH=card, PAPER_MIG="2")["said"]
    assert device["uuid"] == "MIG-a0a0a0a0-a0a0-a0a0-a0a0-a0a0a0a0a0e0"


def test_a_result_elsewhere_is_told(python: str, card: str) -> None:
    answer = _ask(python, "cuda", LD_LIBRARY_PATH=card, PAPER_MEMORY_TYPE="1")
    assert answer["proof"] == {"result_device": "memory type 1"}


def test_a_driver_without_its_compiler(python: str, card: str) -> None:
    answer = _ask(python, "cuda", LD_LIBRARY_PATH=card, PAPER_REFUSE="cuModuleLoadData=221")
    assert "libnvidia-ptxjitcompiler.so.1, a part of the driver, is missing" in answer["refused"]


def test_no_compiled_kernel_is_kept(python: str, card: str) -> None:
    for device, kept in (("cuda", "1"), ("cpu", "")):
        answer = _ask(python, device, LD_LIBRARY_PATH=card)
        assert answer["caches"] == [kept, kept]


def test_cpu_is_cpu_even_where_there_is_a_card(python: str, card: str) -> None:
    answer = _ask(python, "cpu", LD_LIBRARY_PATH=card)
    assert (answer["where"], answer["proof"], answer["said"]["why"]) == ("numpy", None, "requested")


def test_without_a_driver_cuda_is_refused(python: str, tmp_path: Path) -> None:
    (tmp_path / "libcuda.so.1").write_text("not a library")
    answer = _ask(python, "cuda", LD_LIBRARY_PATH=str(tmp_path))
    assert "no GPU can be used" in answer["refused"]
