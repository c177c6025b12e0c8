"""What `check` says of machines with cards: scenes of /proc, /sys and /dev, and stand-in libraries."""

from __future__ import annotations

import msgspec
import pytest

from tests.gpu import machines
from tests.gpu.machines import SCENES, Build
from tests.gpu.scene import Scene, Seen
from tritondoctor.checks import examine
from tritondoctor.checks.gpu.rules import stops_pytriton
from tritondoctor.facts.gpu.model import CudaBuild
from tritondoctor.facts.model import Facts
from tritondoctor.reports import gpus

TORCH = CudaBuild("torch", "2.4.1+cu121", "12.1", "/site-packages/torch")


@pytest.mark.parametrize("name", SCENES)
def test_one_cause_is_named(name: str, scene: Scene) -> None:
    build, expected = SCENES[name]
    build(scene)
    seen = scene.check()
    facts = msgspec.convert(seen.report["facts"], Facts)
    auto = "error" if stops_pytriton(facts.gpu) else "warning"
    assert seen.found() == {expected: auto}, seen.gpu
    required = msgspec.structs.replace(facts.gpu, wanted="required")
    built = msgspec.structs.replace(facts.gpu, builds=(*facts.gpu.builds, TORCH))
    for gpu in (required, built):
        assert severities(facts, gpu) == {expected: "error"}


def severities(facts: Facts, gpu: object) -> dict[str, str]:
    """id -> severity of the GPU findings for other facts of the GPU."""
    report = {"facts": {}, "findings": [
        {"id": finding.id, "severity": finding.severity}
        for finding in examine(msgspec.structs.replace(facts, gpu=gpu))
    ]}  # fmt: skip
    return Seen(report, 0, "").found()


def test_no_card_is_one_line_and_asks_nothing(scene: Scene) -> None:
    assert scene.check().found() == {"no-gpu": "info"}
    seen = scene.check("--gpu", "required")
    assert (seen.found(), seen.status) == ({"no-gpu": "error"}, 1)
    assert scene.check("--gpu", "off").found() == {}
    assert seen.gpu["nvml"] is None and seen.gpu["cuda"] is None


@pytest.mark.parametrize(("code", "expected"), [(34, "libcuda-is-stub"), (999, "cuda-does-not-start")])
def test_a_libcuda_without_a_card_is_asked(code: int, expected: str, scene: Scene) -> None:
    scene.paper(cuinit=code)
    assert scene.check().found() == {expected: "error"}


def test_a_python_that_is_a_script_is_no_obstacle(scene: Scene) -> None:
    machines.healthy(scene)
    shim = scene.here / "python"
    shim.write_text(f'#!/bin/sh\nexec {scene.prefix}/bin/python "$@"\n')
    shim.chmod(0o755)
    scene.prefix = str(shim)
    assert len(scene.check(target="--python").gpu["cuda"]["devices"]) == 1


def test_a_card_kept_for_a_virtual_machine_is_none(scene: Scene) -> None:
    scene.pci(driver="vfio-pci")
    assert scene.check().found() == {"no-gpu": "info"}


@pytest.mark.parametrize(
    "build",
    [
        machines.healthy, machines.compat_that_works, machines.mig_with_instances, machines.wsl,
        machines.jetson, machines.jetson_with_a_loaded_module, machines.blackwell,
        machines.driver_of_the_same_family, machines.some_cards_of_another_job,
    ],
)  # fmt: skip
def test_nothing_to_say(build: Build, scene: Scene) -> None:
    build(scene)
    seen = scene.check("--gpu", "required")
    assert seen.found() == {}, seen.gpu


W, E = "warning", "error"
CATCHES = [
    (machines.nodes_that_root_would_make, "cuda-not-asked", "info", W),
    (machines.hidden_on_purpose, "cuda-visible-devices", "info", E),
    (machines.half_hidden, "cuda-visible-devices", W, W),
    (machines.exclusive, "gpu-exclusive", W, W),
    (machines.full, "gpu-memory-full", W, W),
    (machines.maxwell, "gpu-too-old-for-triton", W, W),
    (machines.nvml_of_another_version, "nvml-does-not-answer", W, W),
    (machines.nvml_that_was_not_found, "nvml-does-not-answer", W, W),
    (machines.lost, "gpu-lost", W, W),
    (machines.torch_for_the_cpu, "torch-without-cuda", W, E),
    (machines.a_card_newer_than_torch, "torch-lacks-architecture", E, E),
    (machines.a_driver_of_an_older_family, "driver-too-old", W, E),
    (machines.torch_of_the_drivers_own_family, "driver-too-old", W, E),
    (machines.torch_for_a_newer_driver, "driver-too-old", E, E),
]


@pytest.mark.parametrize(("build", "expected", "auto", "required"), CATCHES)
def test_a_card_that_runs_with_a_catch(
    build: Build, expected: str, auto: str, required: str, scene: Scene
) -> None:
    build(scene)
    seen = scene.check()
    assert seen.found() == {expected: auto}, seen.gpu
    facts = msgspec.convert(seen.report["facts"], Facts)
    assert severities(facts, msgspec.structs.replace(facts.gpu, wanted="required")) == {
        expected: required
    }


@pytest.mark.parametrize("call", ["cuInit", "nvmlInit", "nvmlDeviceGetHandleByIndex"])
def test_a_driver_that_hangs_is_cut_off(call: str, scene: Scene) -> None:
    scene.card()
    scene.paper(hang=call)
    seen = scene.check()
    expected = {"gpu-driver-silent"} if call == "cuInit" else {"nvml-does-not-answer"}
    assert set(seen.found()) == expected
    assert 6 < seen.report["seconds"] < 25
    if call == "cuInit":
        assert seen.gpu["cuda"]["version"] == 12040, "what was answered before counts"


def test_cards_that_wake_slowly_are_waited_for(scene: Scene) -> None:
    """A sandbox shows nodes and no PCI bus; each card without persistence mode takes 2 to 4 s."""
    scene.module("580.65.06")
    scene.nodes(*range(8))
    scene.paper(cards=8, version="580.65.06", slow="nvmlInit=12")
    seen = scene.check()
    assert (seen.found(), seen.gpu["allowed_s"]) == ({}, 42.0)
    assert len(seen.gpu["nvml"]["cards"]) == 8


def test_confidential_computing_has_its_own_cure(scene: Scene) -> None:
    machines.confidential_and_not_ready(scene)
    (finding,) = (
        finding for finding in scene.check().report["findings"] if finding["id"] == "cuda-does-not-start"
    )
    assert finding["remedies"][0]["commands"] == ["sudo nvidia-smi conf-compute -srs 1"]
    assert "Confidential computing" in finding["explanation"]


def test_a_single_card_is_not_told_of_a_fabric_manager(scene: Scene) -> None:
    machines.a_single_card_passed_through(scene)
    assert "fabricmanager" not in scene.check().text


def test_the_state_of_the_fabric_is_shown(scene: Scene) -> None:
    machines.a_fabric_that_the_host_sets_up(scene)
    (finding,) = (
        finding
        for finding in scene.check().report["findings"]
        if finding["id"] == "fabric-manager-missing"
    )
    assert "GPU 0: its fabric is in progress" in finding["evidence"]
    assert finding["remedies"][0]["commands"] == []


def test_eight_cards_are_told(scene: Scene) -> None:
    scene.module("550.54.15")
    for number in range(8):
        scene.pci(f"0000:{number + 1:02x}:00.0")
    scene.nodes(*range(8))
    scene.paper(cards=8, processes=2, refuse="nvmlDeviceGetComputeRunningProcesses=4")
    cards = scene.check().gpu["nvml"]["cards"]
    assert [card["index"] for card in cards] == list(range(8))
    assert {card["refused"]["processes"] for card in cards} == {4}
    assert len({card["uuid"] for card in cards}) == 8
    assert cards[0]["memory_free"] == 81000 << 20 and cards[0]["capability"] == "9.0"


@pytest.mark.parametrize("width", [80, 100])
def test_the_table_fits(width: int, scene: Scene) -> None:
    scene.card()
    scene.paper(name="NVIDIA RTX 6000 Ada Generation Max-Q Workstation Edition")
    facts = msgspec.convert(scene.check().report["facts"], Facts)
    head, row = gpus.table(facts, width)
    assert max(len(head), len(row)) <= width
    assert row.endswith("ready") and "RTX 6000 Ada" in row and "550.54.15" in row
