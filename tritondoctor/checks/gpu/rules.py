"""What keeps a CUDA program from running: the first obstacle on the way that CUDA itself goes.

What the driver answered counts for more than what files let expect.
"""

from __future__ import annotations

from typing import Optional

from tritondoctor.checks.model import Severity, text
from tritondoctor.facts.gpu.model import Card, CudaBuild, DriverLibrary, Gpu
from tritondoctor.facts.model import Facts

LIBCUDA, LIBNVML = "libcuda.so.1", "libnvidia-ml.so.1"
# cuda.h
NO_DEVICE, IS_STUB, NOT_READY, MISMATCH, COMPAT_REFUSED, UNKNOWN = 100, 34, 802, 803, 804, 999
# nvml.h
NVML_NO_PERMISSION, NVML_NOT_LOADED, NVML_LOST, NVML_MISMATCH, NVML_UNKNOWN = 4, 9, 15, 18, 999
PROHIBITED, EXCLUSIVE = 2, (1, 3)
FABRIC_UNFINISHED = {1: text("not started"), 2: text("in progress")}


def severity(facts: Facts) -> Severity:
    """Of a card that cannot be used: an error where that was required, the target is built for it, or
    PyTriton itself fails on it.
    """
    wanted = facts.gpu.wanted == "required" or cuda_builds(facts)
    return "error" if wanted or stops_pytriton(facts.gpu) else "warning"


def stops_pytriton(gpu: Gpu) -> bool:
    """Whether Triton loads no model at all, on the CPU neither.

    Before it loads one it asks the CUDA runtime for the number of cards, and takes "none" and "no
    driver" for an answer, but no other error (`GetSupportedGPUs` in triton-inference-server/core).
    """
    cuda = gpu.cuda
    if cuda is None or not cuda.loads:
        return False
    return bool(cuda.problem) or cuda.code not in (None, 0, NO_DEVICE)


def cuda_builds(facts: Facts) -> list[CudaBuild]:
    """The packages of the target that are built for CUDA (PyTriton serves without it)."""
    return [build for build in facts.gpu.builds if build.package != "pytriton" and build.cuda is not None]


def runs(gpu: Gpu) -> bool:
    """Whether CUDA came up and showed a card."""
    return gpu.cuda is not None and gpu.cuda.code == 0 and bool(gpu.cuda.devices)


def library(gpu: Gpu, soname: str) -> Optional[DriverLibrary]:
    """The one that the model's process loads, else tritonserver, else the client."""
    for role in ("stub", "tritonserver", "client"):
        for driver_library in gpu.libraries:
            if (driver_library.role, driver_library.soname) == (role, soname):
                return driver_library
    return None


def cards(gpu: Gpu) -> tuple[Card, ...]:
    """The cards as NVML tells them."""
    return gpu.nvml.cards if gpu.nvml is not None else ()


def visible_cards(gpu: Gpu) -> tuple[Card, ...]:
    """Those of them that CUDA shows; all where it was not asked."""
    if gpu.cuda is None or gpu.cuda.code != 0:
        return cards(gpu)
    shown = {device.uuid for device in gpu.cuda.devices}
    return tuple(
        card for card in cards(gpu)
        if card.uuid in shown or any(instance.uuid in shown for instance in card.instances)
    )  # fmt: skip


def obstacle(facts: Facts) -> str:
    """The id of the finding that tells what keeps a CUDA program from running; "" for nothing known."""
    gpu = facts.gpu
    if gpu.wanted == "off":
        return ""
    if _is_stub(gpu):
        return "libcuda-is-stub"
    if not gpu.present:
        return _without_card(gpu)
    if runs(gpu):
        seen = visible_cards(gpu)
        closed = seen and all(card.compute_mode == PROHIBITED for card in seen)
        return "gpu-prohibited" if closed else ""
    return _of_library(facts) or ("" if gpu.tegra else _of_nodes(gpu)) or _of_answer(gpu)


def _without_card(gpu: Gpu) -> str:
    if not stops_pytriton(gpu):
        return "no-gpu"
    silent = gpu.cuda is not None and gpu.cuda.cut_off
    return "gpu-driver-silent" if silent else "cuda-does-not-start"


def _is_stub(gpu: Gpu) -> bool:
    if gpu.cuda is not None and gpu.cuda.code is not None:
        return gpu.cuda.code == IS_STUB
    libcuda = library(gpu, LIBCUDA)
    return gpu.present and libcuda is not None and libcuda.origin == "stub"


def _of_library(facts: Facts) -> str:
    gpu = facts.gpu
    libcuda = library(gpu, LIBCUDA)
    code = gpu.nvml.code if gpu.nvml is not None else None
    answered = code not in (None, NVML_NOT_LOADED)
    if gpu.wsl:
        return "wsl-gpu-unusable"
    if not (gpu.module.loaded or answered or gpu.tegra) or code == NVML_NOT_LOADED:
        return "gpu-without-driver" if libcuda is None else "gpu-module-not-loaded"
    if libcuda is None:
        return "container-without-compute" if _capability_missing(gpu) else "libcuda-missing"
    return "libcuda-not-loadable" if libcuda.problem else ""


def _capability_missing(gpu: Gpu) -> bool:
    given = gpu.container.capabilities if gpu.container is not None else None
    return given is not None and not {"all", "compute"} & {part.strip() for part in given.split(",")}


def _of_nodes(gpu: Gpu) -> str:
    nodes = {node.path: node for node in gpu.nodes if node.kind == "device"}
    numbered = [node for path, node in nodes.items() if path[-1].isdigit()]
    control, uvm = nodes.get("/dev/nvidiactl"), nodes.get("/dev/nvidia-uvm")
    if not numbered or control is None:
        if gpu.container is not None:
            return "container-without-gpu"
        return "" if gpu.makes_nodes else "gpu-nodes-missing"
    refused = control.refused or (numbered[0].refused if all(node.refused for node in numbered) else "")
    refused = refused or (uvm.refused if uvm is not None else "")
    code = gpu.nvml.code if gpu.nvml is not None else None
    if refused == "EPERM" or (code == NVML_UNKNOWN and gpu.container is not None):
        return "gpu-access-lost"
    if refused or code == NVML_NO_PERMISSION:
        return "gpu-no-permission"
    if uvm is None and (gpu.container is not None or not gpu.makes_nodes):
        return "nvidia-uvm-missing"
    return ""


def _of_answer(gpu: Gpu) -> str:
    code = gpu.cuda.code if gpu.cuda is not None else None
    nvml = gpu.nvml.code if gpu.nvml is not None else None
    libcuda = library(gpu, LIBCUDA)
    if gpu.visible.count == 0 and gpu.visible.given is not None and code in (None, NO_DEVICE):
        return "cuda-visible-devices"
    if (gpu.cuda is not None and gpu.cuda.cut_off) or (gpu.nvml is not None and gpu.nvml.cut_off):
        return "gpu-driver-silent"
    compat = libcuda is not None and libcuda.origin == "compat"
    if compat and (code == COMPAT_REFUSED or (code == MISMATCH and nvml != NVML_MISMATCH)):
        return "cuda-compat-refused"
    if code in (MISMATCH, COMPAT_REFUSED) or nvml == NVML_MISMATCH or (code is None and differs(gpu)):
        return "gpu-driver-mismatch"
    if code == NOT_READY and fabric_unfinished(gpu):
        return "fabric-manager-missing"
    if code == NO_DEVICE and cards(gpu) and all(card.mig and not card.instances for card in cards(gpu)):
        return "mig-without-instances"
    if code == UNKNOWN and not gpu.module.uvm_loaded:
        return "nvidia-uvm-missing"
    failed = gpu.cuda is not None and (gpu.cuda.problem or code != 0 or not gpu.cuda.devices)
    return "cuda-does-not-start" if failed else ""


def fabric_unfinished(gpu: Gpu) -> bool:
    """Whether the cards wait for their fabric: NVML says so, or says nothing where there are switches.

    A card that is passed through alone has no fabric, and waits for something else.
    """
    states = {card.fabric_state for card in cards(gpu)} - {None}
    if states:
        return bool(states & set(FABRIC_UNFINISHED))
    return any(device.kind == "nvswitch" for device in gpu.pci)


def differs(gpu: Gpu) -> bool:
    """Whether the driver's own libcuda is of another version than the kernel module, by their names."""
    libcuda, module = library(gpu, LIBCUDA), gpu.module.version
    if libcuda is None or module is None or libcuda.origin != "driver":
        return False
    return libcuda.version not in (None, module)
