"""Findings about the GPU, its driver, and what is built for it."""

from __future__ import annotations

from typing import Any, Optional

from tests.unit.build import (
    CARD,
    a_build,
    a_card,
    a_cuda,
    a_driver_library,
    a_failed_cuda,
    a_gpu,
    a_host,
    a_node,
    an_nvml,
    facts,
    with_gpu,
)
from tests.unit.checks.case import Case, FindingTests, draws, words
from tritondoctor.facts.gpu.model import (
    Card,
    DriverLibrary,
    Gpu,
    GpuContainer,
    GpuProcess,
    KernelModule,
    MigInstance,
    Nvml,
    PciDevice,
    Visible,
    VisibleEntry,
)
from tritondoctor.facts.model import Facts

_NODES = ("nvidia0", "nvidiactl", "nvidia-uvm")
_MIB = 1 << 20
_NO_CARD_FOR_CUDA = a_failed_cuda(100, "CUDA_ERROR_NO_DEVICE")
_SWITCH = PciDevice("0000:05:00.0", "22a3", "nvswitch", "nvidia")
_STUBS = "/usr/local/cuda/lib64/stubs/libcuda.so.1"
_COMPAT = "/usr/local/cuda/compat/libcuda.so.1"


def _nodes(refused: str = "", **changes: Any) -> Facts:
    nodes = tuple(a_node(name, refused=refused, **changes) for name in _NODES)
    return with_gpu(nodes=nodes, cuda=_NO_CARD_FOR_CUDA, nvml=an_nvml(code=4))


def _libcuda(path: str, origin: str = "driver", **changes: Any) -> tuple[DriverLibrary, ...]:
    return (a_driver_library("stub", "libcuda.so.1", path=path, origin=origin, **changes),)


def _cards(*cards: Card, **changes: Any) -> Facts:
    return with_gpu(nvml=an_nvml(*cards), **changes)


def _fails(code: int, name: str = "CUDA_ERROR", **changes: Any) -> Facts:
    return with_gpu(cuda=a_failed_cuda(code, name), **changes)


def _no_driver(*libraries: DriverLibrary, **changes: Any) -> Facts:
    return with_gpu(
        module=KernelModule(False), libraries=libraries, nvml=None, cuda=None, nodes=(), **changes
    )


def _with_path(path: str, **changes: Any) -> Facts:
    """The folder of a library first on LD_LIBRARY_PATH."""
    folder = path.rpartition("/")[0]
    return facts(gpu=a_gpu(**changes), variables={"LD_LIBRARY_PATH": f"{folder}:/opt/lib"})


def _with_builds(package: str, cuda: Optional[str], **changes: Any) -> Facts:
    return with_gpu(builds=(a_build(package, cuda, **changes),))


class TestAccess(FindingTests):
    CASES = (
        Case(
            "container-without-gpu",
            fires=with_gpu(
                a_host(container="podman"), nodes=(), cuda=None, nvml=None, container=GpuContainer()
            ),
            silent=with_gpu(nodes=(), cuda=None, nvml=None),
            says=("NVIDIA_VISIBLE_DEVICES is not set", "podman run --device nvidia.com/gpu=all"),
        ),
        Case(
            "container-without-compute",
            fires=with_gpu(
                libraries=(), cuda=None, container=GpuContainer(visible="all", capabilities="utility")
            ),
            silent=with_gpu(
                libraries=(), cuda=None, container=GpuContainer(capabilities="utility,compute")
            ),
            says=("NVIDIA_DRIVER_CAPABILITIES=utility", "compute,utility"),
        ),
        Case(
            "gpu-nodes-missing",
            fires=with_gpu(nodes=(), cuda=None, nvml=None),
            silent=with_gpu(nodes=(), cuda=None, nvml=None, makes_nodes=True),
            says=("/dev", "sudo nvidia-modprobe -c 0 -u"),
        ),
        Case(
            "gpu-access-lost",
            fires=_nodes("EPERM"),
            silent=_nodes("EACCES"),
            says=("/dev/nvidia0", "EPERM"),
        ),
        Case(
            "gpu-no-permission",
            fires=_nodes("EACCES", mode="0660", gid=44),
            silent=_nodes("EPERM", mode="0660", gid=44),
            says=("alice", "/dev/nvidia0", "0660", "usermod", "44"),
        ),
        Case(
            "nvidia-uvm-missing",
            fires=with_gpu(
                nodes=tuple(map(a_node, _NODES[:2])),
                cuda=a_failed_cuda(999),
                module=KernelModule(True, "550.54.15"),
            ),
            silent=with_gpu(nodes=tuple(map(a_node, _NODES[:2]))),
            says=("nvidia_uvm", "sudo nvidia-modprobe -u -c 0"),
        ),
        Case(
            "wsl-gpu-unusable",
            fires=with_gpu(wsl=True, cuda=_NO_CARD_FOR_CUDA, nodes=(a_node("dxg"),)),
            silent=with_gpu(wsl=True, nodes=(a_node("dxg"),)),
            says=("/dev/dxg exists", "apt-get remove"),
        ),
        Case(
            "fabric-manager-missing",
            fires=_fails(802, "NOT_READY", pci=(_SWITCH,), nvml=an_nvml(a_card(fabric_state=2))),
            silent=_fails(802, "NOT_READY", pci=(_SWITCH,), nvml=an_nvml(a_card(fabric_state=3))),
            says=("802", "in progress", "systemctl enable --now nvidia-fabricmanager"),
        ),
        Case(
            "fabric-manager-missing",
            note="virtual-machine",
            fires=_fails(802, nvml=an_nvml(a_card(fabric_state=1))),
            silent=_fails(802),
            says=("host", "not started"),
        ),
    )


class TestCards(FindingTests):
    CASES = (
        Case(
            "cuda-visible-devices",
            fires=with_gpu(
                cuda=_NO_CARD_FOR_CUDA,
                visible=Visible("7", (VisibleEntry("7", "no-such-number"),), 0),
            ),
            silent=with_gpu(visible=Visible("0", (VisibleEntry("0"),), 1)),
            says=("CUDA_VISIBLE_DEVICES=7", "no card of that number", CARD, "unset CUDA_VISIBLE_DEVICES"),
            severity="warning",
        ),
        Case(
            "cuda-visible-devices",
            note="on-purpose",
            fires=with_gpu(cuda=_NO_CARD_FOR_CUDA, visible=Visible("", (), 0)),
            silent=with_gpu(),
            severity="info",
        ),
        Case(
            "mig-without-instances",
            fires=_cards(a_card(mig=True), cuda=_NO_CARD_FOR_CUDA),
            silent=_cards(
                a_card(mig=True, instances=(MigInstance("MIG-1", "1g.5gb"),)), cuda=_NO_CARD_FOR_CUDA
            ),
            says=("MIG", CARD, "nvidia-smi mig -cgi"),
        ),
        Case(
            "gpu-prohibited",
            fires=_cards(a_card(compute_mode=2)),
            silent=_cards(a_card(compute_mode=2), a_card(index=1, compute_mode=0)),
            says=(CARD, "sudo nvidia-smi -c DEFAULT"),
        ),
        Case(
            "gpu-lost",
            fires=_cards(a_card(), a_card(index=1, refused={"handle": 15})),
            silent=_cards(a_card(index=1, refused={"memory": 15})),
            says=("GPU 1", "dmesg"),
        ),
        Case(
            "gpu-exclusive",
            fires=_cards(a_card(compute_mode=3)),
            silent=_cards(a_card(compute_mode=3), wanted="off"),
            says=(CARD, "sudo nvidia-smi -c DEFAULT"),
        ),
        Case(
            "gpu-memory-full",
            fires=_cards(
                a_card(memory_free=300 * _MIB, processes=(GpuProcess(7, 39_000 * _MIB, "python"),))
            ),
            silent=_cards(a_card(memory_free=512 * _MIB)),
            says=("GPU 0", "300 MiB", "process 7 (python)", "39000 MiB"),
        ),
        Case(
            "gpu-too-old-for-triton",
            fires=_cards(a_card(capability="5.2")),
            silent=_cards(a_card(capability="10.0")),
            says=("GPU 0", "5.2"),
        ),
    )


class TestDriver(FindingTests):
    CASES = (
        Case(
            "no-gpu",
            fires=facts(gpu=Gpu(wanted="required")),
            silent=facts(gpu=Gpu(wanted="off")),
            says=("one is required", "docker run --gpus all", "nvidia.com/gpu", "nvidia-smi"),
            severity="error",
        ),
        Case("no-gpu", note="not-asked-for", fires=facts(), silent=with_gpu(), severity="info"),
        Case(
            "gpu-without-driver",
            fires=_no_driver(pci=(PciDevice("0000:01:00.0", "20b0", "gpu", None),)),
            silent=_no_driver(*_libcuda("/usr/lib/libcuda.so.1")),
            says=("0000:01:00.0", "20b0", "nvidia-driver"),
        ),
        Case(
            "gpu-module-not-loaded",
            fires=_no_driver(*_libcuda("/usr/lib/libcuda.so.1")),
            silent=_no_driver(),
            says=("550.54.15", "sudo modprobe nvidia"),
        ),
        Case(
            "gpu-driver-mismatch",
            fires=_fails(803, module=KernelModule(True, "535.1", uvm_loaded=True)),
            silent=with_gpu(module=KernelModule(True, "535.1", uvm_loaded=True)),
            says=("535.1", "550.54.15", "803", "sudo reboot"),
        ),
        Case(
            "gpu-driver-silent",
            fires=with_gpu(cuda=a_cuda(code=None, devices=(), problem="cut-off", step="cuInit")),
            silent=with_gpu(cuda=a_cuda(code=None, devices=(), problem="ended", status=-11)),
            says=("10 s", "cuInit", "dmesg"),
        ),
        Case(
            "cuda-does-not-start",
            fires=_fails(304, "CUDA_ERROR_OPERATING_SYSTEM"),
            silent=with_gpu(),
            says=("CUDA_ERROR_OPERATING_SYSTEM (304)", "the driver's own words"),
        ),
        Case(
            "cuda-does-not-start",
            note="without-card",
            fires=facts(gpu=Gpu(cuda=a_failed_cuda(999))),
            silent=facts(gpu=Gpu(cuda=_NO_CARD_FOR_CUDA)),
            severity="error",
        ),
        Case(
            "cuda-does-not-start",
            note="confidential",
            fires=_fails(802, nvml=an_nvml(confidential_ready=False)),
            silent=with_gpu(nvml=an_nvml(confidential_ready=False)),
            says=("conf-compute -srs 1",),
        ),
        Case(
            "cuda-not-asked",
            fires=with_gpu(nodes=(), makes_nodes=True, cuda=None),
            silent=with_gpu(nodes=(), makes_nodes=True),
            says=("nvidia-modprobe",),
            severity="info",
        ),
        Case(
            "nvml-does-not-answer",
            fires=with_gpu(nvml=Nvml(code=18, message="Driver/library version mismatch")),
            silent=_fails(304, nvml=Nvml(code=18)),
            says=("18", "Driver/library version mismatch"),
        ),
    )


class TestLibrary(FindingTests):
    CASES = (
        Case(
            "libcuda-missing",
            fires=with_gpu(libraries=(), cuda=None),
            silent=with_gpu(libraries=(), cuda=None, container=GpuContainer(capabilities="utility")),
            says=("libcuda.so.1", "apt-get install libcuda1"),
        ),
        Case(
            "libcuda-not-loadable",
            fires=with_gpu(libraries=_libcuda("/x/libcuda.so.1", problem="file too short"), cuda=None),
            silent=with_gpu(libraries=_libcuda("/x/libcuda.so.1"), cuda=None),
            says=("file too short",),
        ),
        Case(
            "libcuda-is-stub",
            fires=_with_path(_STUBS, libraries=_libcuda(_STUBS, "stub"), cuda=a_failed_cuda(34)),
            silent=with_gpu(libraries=_libcuda(_STUBS, "stub")),
            says=("34", "export LD_LIBRARY_PATH=/opt/lib"),
        ),
        Case(
            "cuda-compat-refused",
            fires=_with_path(_COMPAT, libraries=_libcuda(_COMPAT, "compat"), cuda=a_failed_cuda(804)),
            silent=_with_path(_COMPAT, libraries=_libcuda(_COMPAT), cuda=a_failed_cuda(804)),
            says=("804", "export LD_LIBRARY_PATH=/opt/lib"),
        ),
        Case(
            "driver-too-old",
            fires=_with_builds("torch", "13.0"),
            silent=_with_builds("torch", "12.8"),
            says=("torch", "13.0", "12.4", "550.54.15"),
            severity="error",
        ),
        Case(
            "driver-too-old",
            note="pytriton",
            fires=_with_builds("pytriton", "13.0"),
            silent=_with_builds("pytriton", "12.4"),
            says=("PyTriton 0.7.0",),
            severity="warning",
        ),
    )


class TestBuilds(FindingTests):
    CASES = (
        Case(
            "torch-without-cuda",
            fires=_with_builds("torch", None),
            silent=facts(gpu=Gpu(builds=(a_build("torch", None),))),
            says=("2.1.2", "torch/version.py", "pip install torch"),
        ),
        Case(
            "torch-lacks-architecture",
            fires=_with_builds("torch", "11.8", architectures=("sm_90",)),
            silent=_with_builds("torch", "11.8", architectures=("sm_70", "compute_70")),
            says=("2.1.2", "A100", "sm_80", "sm_90"),
            severity="error",
        ),
    )


def test_role_is_named_where_programs_load_different_libraries() -> None:
    (finding,) = draws("gpu-driver-mismatch", _fails(803))
    assert "(for " not in words(finding)
    other = a_driver_library("stub", "libcuda.so.1", real="/opt/libcuda.so.535.1", version="535.1")
    server = a_driver_library("tritonserver", "libcuda.so.1")
    (finding,) = draws("gpu-driver-mismatch", _fails(803, libraries=(server, other)))
    assert "/opt/libcuda.so.535.1 (for stub)" in words(finding)
