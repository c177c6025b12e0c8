"""The model on a card that does not exist: the driver's calls, NVML's answers, and refusals."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.truth import stock
from tritondoctor import own
from tritondoctor.selftest import reference

pytestmark = [pytest.mark.truth, pytest.mark.truth_slice]  # for an interpreter with NumPy

FAKE = Path(__file__).with_name("fake_cuda.c")
ASK = """
import importlib.util, json, sys
import numpy as np
spec = importlib.util.spec_from_file_location("on_device", sys.argv[1] + "/on_device.py")
on_device = importlib.util.module_from_spec(spec)
spec.loader.exec_module(on_device)
device, weights, bias, rows = json.loads(sys.argv[2])
try:
    model, said = on_device.linear(device, weights, bias)
except on_device.NotUsableError as failure:
    print(json.dumps({"refused": str(failure)}))
else:
    out = model(np.array(rows, dtype=np.float32)).tolist()
    print(json.dumps({"said": said, "out": out, "proof": model.proof(), "where": model.where}))
"""


@pytest.fixture
def python() -> str:
    try:
        return str(stock.pytriton("3.11", "0.7.0") / "bin/python")
    except stock.Absent as lack:
        pytest.skip(str(lack))


@pytest.fixture
def card(tmp_path: Path) -> str:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    for name in ("libcuda.so.1", "libnvidia-ml.so.1"):
        command = ["gcc", "-shared", "-fPIC", "-O1", "-w", "-o", str(tmp_path / name), str(FAKE)]
        subprocess.run(command, check=True)
    return str(tmp_path)


def _ask(python: str, device: str, **variables: str) -> dict[str, Any]:
    rows = reference.rows()
    order = json.dumps([device, reference.WEIGHTS, reference.BIAS, rows])
    done = subprocess.run(
        [python, "-c", ASK, own.path("selftest"), order], env={"PATH": "/usr/bin:/bin", **variables},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    answer: dict[str, Any] = json.loads(done.stdout)
    if "out" in answer:
        assert reference.difference(answer["out"], reference.linear(rows)) <= reference.TOLERANCE
    return answer


@pytest.mark.parametrize("device", ["cuda", "auto"])
def test_the_driver_alone_is_enough(python: str, card: str, device: str) -> None:
    answer = _ask(python, device, LD_LIBRARY_PATH=card)
    assert answer["where"] == "driver-cuda"
    assert answer["said"] == {
        "kind": "cuda", "library": "the driver itself", "name": "Paper GPU",
        "compute_capability": "9.0", "memory_mib": 8192,
        "uuid": "GPU-abababab-abab-abab-abab-abababababab",
        "why": "torch is not installed; cupy is not installed",
    }  # fmt: skip
    assert answer["proof"] == {
        "result_device": "cuda:0", "nvml": "answers", "driver": "999.1", "card_used_mib": 600,
        "processes": 2, "listed": True, "process_used_mib": 500,
    }  # fmt: skip


def test_a_container_numbers_processes_otherwise(python: str, card: str) -> None:
    proof = _ask(python, "cuda", LD_LIBRARY_PATH=card, PAPER_CONTAINER="1")["proof"]
    assert (proof["listed"], proof["processes"], proof["card_used_mib"]) == (False, 2, 600)


def test_cpu_is_cpu_even_where_there_is_a_card(python: str, card: str) -> None:
    answer = _ask(python, "cpu", LD_LIBRARY_PATH=card)
    assert (answer["where"], answer["proof"], answer["said"]["why"]) == ("numpy", None, "asked for")


def test_without_a_driver_cuda_is_refused(python: str, tmp_path: Path) -> None:
    (tmp_path / "libcuda.so.1").write_text("not a library")
    answer = _ask(python, "cuda", LD_LIBRARY_PATH=str(tmp_path))
    assert "no GPU can be used" in answer["refused"]
