"""CUDA_VISIBLE_DEVICES as CUDA reads it: compared with PyTorch's own model of that, in its source."""

from __future__ import annotations

import ast
import os
import random
from collections.abc import Callable
from typing import Any, Optional, Union, cast

import pytest

from tests.gpu import wheels
from tests.truth.stock import Absent
from tritondoctor.facts.gpu import visible
from tritondoctor.facts.gpu.model import Card, MigInstance

UUIDS = [
    "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6", "GPU-8932f937-0000-4106-c12f-20bd9faed9f6",
    "GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77",
]  # fmt: skip
MIG = ["MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f", "MIG-cba663e8-9bed-5b25-b243-5985ef7c9beb"]
CARDS = [Card(number, uuid=uuid) for number, uuid in enumerate(UUIDS)]
pytestmark = [pytest.mark.truth, pytest.mark.truth_slice]  # a wheel has to be fetched


@pytest.fixture(scope="module")
def torch() -> Callable[[Optional[str]], int]:
    """How many of CARDS PyTorch takes for visible."""
    try:
        source = (wheels.torch(cuda=False) / "torch/cuda/__init__.py").read_text()
    except Absent as lack:
        pytest.skip(str(lack))
    names = ("_parse_visible_devices", "_transform_uuid_to_ordinals")
    found: list[ast.stmt] = [
        statement
        for statement in ast.parse(source).body
        if isinstance(statement, ast.FunctionDef) and statement.name in names
    ]
    known: dict[str, Any] = {
        "os": os, "cast": cast, "Union": Union, "List": list, "Optional": Optional, "Dict": dict,
    }  # fmt: skip
    exec(compile(ast.Module(found, []), "torch/cuda/__init__.py", "exec"), known)

    def count(given: Optional[str]) -> int:
        os.environ.pop("CUDA_VISIBLE_DEVICES", None)
        if given is not None:
            os.environ["CUDA_VISIBLE_DEVICES"] = given
        try:
            listed = known["_parse_visible_devices"]()
        finally:
            os.environ.pop("CUDA_VISIBLE_DEVICES", None)
        if listed and isinstance(listed[0], str):
            if listed[0].startswith("MIG-"):
                return -1  # it leaves those to CUDA
            listed = known["_transform_uuid_to_ordinals"](listed, UUIDS)
        # as torch.cuda._device_count_nvml does it
        return next(
            (n for n, number in enumerate(listed) if number >= len(UUIDS)), min(len(listed), len(UUIDS))
        )

    return count


EXAMPLES = [
    None, "", "0", "1,0", "0,1,2", "0,1,2,3", "3", "0,7,1", "-1", "0,-1,1", "0,0", "1,0,1", " 1 , 2",
    "1gpu2,2x", "x", "0,x", "+1", ",0", "0,", "GPU-8932f937-d", "GPU-8932f937", "GPU-5d",
    "GPU-5d,GPU-8932f937-0", "GPU-5d,GPU-5d", "GPU-5d,0", "0,GPU-5d", "GPU-", "GPU-ffff", UUIDS[2],
    f"{UUIDS[2]},{UUIDS[0]}", "gpu-5d", "nonsense", "all", "0.5",
]  # fmt: skip


@pytest.mark.parametrize("given", EXAMPLES)
def test_as_pytorch_reads_it(given: Optional[str], torch: Callable[[Optional[str]], int]) -> None:
    assert visible.read(given, CARDS).count == torch(given)


def test_as_pytorch_reads_random_ones(torch: Callable[[Optional[str]], int]) -> None:
    chance = random.Random(5)
    for _ in range(3000):
        kind = chance.choice(["numbers", "uuids", "mixed"])
        pool = {
            "numbers": ["0", "1", "2", "3", "-1", "", " 1", "2a", "01"],
            "uuids": [uuid[: chance.randrange(4, 41)] for uuid in UUIDS],
        }
        pool["mixed"] = pool["numbers"] + pool["uuids"]
        given = ",".join(chance.choice(pool[kind]) for _ in range(chance.randrange(1, 5)))
        assert visible.read(given, CARDS).count == torch(given), given


@pytest.mark.parametrize(
    ("given", "count"),
    [
        (MIG[0], 1), (f"{MIG[0]},{MIG[1]}", 1), ("MIG-c6", 1), ("MIG-c", 0), ("MIG-ff", 0),
        (f"MIG-{UUIDS[2]}/1/0", 1), ("MIG-GPU-ffff/1/0", 0), (f"{MIG[0]},{MIG[0]}", 0),
    ],
)  # fmt: skip
def test_one_process_sees_one_mig_instance(given: str, count: int) -> None:
    cards = [
        *CARDS[:2],
        Card(2, uuid=UUIDS[2], mig=True, instances=tuple(MigInstance(uuid, "") for uuid in MIG)),
    ]
    assert visible.read(given, cards).count == count


def test_what_is_wrong_is_told_without_cards_too() -> None:
    assert visible.read("3", None).count is None
    assert visible.read("-1", None).count == 0
    assert visible.read("x,0", None).entries[0].problem == "it is no number"
