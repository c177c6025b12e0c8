"""The shape of the GPU's facts; frozen, JSON-serialisable, without an opinion.

Codes are those of nvml.h (nvmlReturn_t) and cuda.h (CUresult); 0 is success, None: no answer.
"""

from __future__ import annotations

from typing import Literal, Optional

import msgspec

Wanted = Literal["auto", "required", "off"]


class GpuFact(msgspec.Struct, frozen=True):
    """Base of what is observed of the GPU."""


class PciDevice(GpuFact, frozen=True):
    """An NVIDIA device on the PCI bus; `driver` is the kernel driver that is bound to it."""

    address: str
    device: str
    kind: Literal["gpu", "nvswitch"]
    driver: Optional[str]


class KernelModule(GpuFact, frozen=True):
    """The module `nvidia`; `version` is None where it is not loaded or keeps it to itself.

    `loadable`: it is not loaded, but a CUDA program would load it through nvidia-modprobe, if it loads.
    """

    loaded: bool
    version: Optional[str] = None
    open_source: bool = False
    uvm_loaded: bool = False
    loadable: bool = False


class DeviceNode(GpuFact, frozen=True):
    """A node below /dev; `refused` is the errno's name where this user may not read and write it.

    `kind` is "other" for what is no character device.
    """

    path: str
    kind: Literal["device", "other"]
    mode: str
    uid: int
    gid: int
    refused: str = ""


class DriverLibrary(GpuFact, frozen=True):
    """The libcuda or libnvidia-ml that one program of the launch would load.

    `origin`: "compat" is a forward-compatibility package, "stub" a toolkit's stand-in for linking,
    "wsl" what Windows lends.  `version` is that of the file's name; `problem` the loader's message
    where it would not load.
    """

    role: Literal["client", "tritonserver", "stub"]
    soname: str
    path: str
    real: str
    origin: Literal["driver", "compat", "stub", "wsl"]
    version: Optional[str]
    problem: str = ""


class GpuProcess(GpuFact, frozen=True):
    """A process that computes on a card; `name` is "" where it is of another PID namespace."""

    pid: int
    memory: Optional[int] = None
    name: str = ""


class MigInstance(GpuFact, frozen=True):
    """A compute instance of a card in MIG mode; memory in bytes."""

    uuid: str
    name: str
    memory: Optional[int] = None
    memory_free: Optional[int] = None
    processes: tuple[GpuProcess, ...] = ()


class Card(GpuFact, frozen=True):
    """A GPU as NVML describes it; None is what it does not offer (bytes, counts).

    `refused` holds the queries that failed: query -> NVML's code.  `fabric_state` is nvml.h's
    nvmlGpuFabricState_t: 0 no fabric, 1 not begun, 2 in progress, 3 done.
    """

    index: int
    name: str = ""
    uuid: str = ""
    bus: str = ""
    capability: Optional[str] = None
    memory_total: Optional[int] = None
    memory_free: Optional[int] = None
    compute_mode: Optional[int] = None
    mig: Optional[bool] = None
    instances: tuple[MigInstance, ...] = ()
    processes: tuple[GpuProcess, ...] = ()
    ecc: Optional[bool] = None
    uncorrected_errors: Optional[int] = None
    retired_pages: Optional[int] = None
    retirement_pending: Optional[bool] = None
    persistence: Optional[bool] = None
    fabric_state: Optional[int] = None
    refused: dict[str, int] = {}


#: how an answer stopped short: no answer in time, the process ended, or it raised an error
AnswerProblem = Literal["", "cut-off", "ended", "failed"]


class Nvml(GpuFact, frozen=True):
    """What NVML answers; `message` holds the library's own words, or the loader's.

    `problem` says how the answer stopped short, at `step`; `status` is the exit status where the process
    ended (negative: the signal).  `cuda` is the driver's CUDA version as in cuda.h, 12040 for 12.4.
    `confidential_ready`: whether the cards were set ready for work, None without confidential computing.
    """

    code: Optional[int] = None
    message: str = ""
    driver: Optional[str] = None
    cuda: Optional[int] = None
    confidential_ready: Optional[bool] = None
    cards: tuple[Card, ...] = ()
    problem: AnswerProblem = ""
    step: str = ""
    status: int = 0


class CudaDevice(GpuFact, frozen=True):
    """A GPU as CUDA numbers it for these processes."""

    name: str
    uuid: str
    capability: str
    memory: int


class Cuda(GpuFact, frozen=True):
    """What libcuda answers: cuDriverGetVersion, and the code of cuInit or of counting the devices.

    `loads`: dlopen accepts it.  The rest is as in `Nvml`.
    """

    version: Optional[int] = None
    code: Optional[int] = None
    name: str = ""
    message: str = ""
    devices: tuple[CudaDevice, ...] = ()
    problem: AnswerProblem = ""
    step: str = ""
    status: int = 0
    loads: bool = True


#: why CUDA stops reading CUDA_VISIBLE_DEVICES at an element
EntryProblem = Literal[
    "", "twice", "other-kind", "not-a-number", "negative", "no-such-number", "no-such-card",
    "no-such-instance", "ambiguous",
]  # fmt: skip


class VisibleEntry(GpuFact, frozen=True):
    """An element of CUDA_VISIBLE_DEVICES; `problem` is why CUDA stops reading there."""

    text: str
    problem: EntryProblem = ""


class Visible(GpuFact, frozen=True):
    """CUDA_VISIBLE_DEVICES as CUDA reads it; `count` None where no card was there to compare with."""

    given: Optional[str] = None
    entries: tuple[VisibleEntry, ...] = ()
    count: Optional[int] = None


class GpuContainer(GpuFact, frozen=True):
    """What a container was given; `visible` and `capabilities` are NVIDIA's variables.

    `mounts` are the driver's files that were mounted into it, `cgroup` the lines of /proc/self/cgroup.
    """

    visible: Optional[str] = None
    capabilities: Optional[str] = None
    mounts: tuple[str, ...] = ()
    cgroup: tuple[str, ...] = ()


class CudaBuild(GpuFact, frozen=True):
    """What in the target is built for CUDA (`cuda` None: for the CPU), read from its files.

    `architectures` as nvcc names them, sm_80 or compute_90; empty where they cannot be read.
    """

    package: Literal["pytriton", "torch", "cupy", "jax"]
    version: str
    cuda: Optional[str]
    path: str
    architectures: tuple[str, ...] = ()


class Gpu(GpuFact, frozen=True):
    """Everything about the GPU and its driver; `wanted` is the option --gpu.

    `present`: there is a card, or a way to one (WSL, Jetson).  Without a card only tritonserver's libcuda
    is queried, if there is one.  `nvml` and `cuda` are None where they were not queried: there is no
    library, or it would make the device nodes first.  Each query was given `allowed_s` seconds.
    """

    wanted: Wanted = "auto"
    present: bool = False
    allowed_s: float = 0.0
    pci: tuple[PciDevice, ...] = ()
    module: KernelModule = KernelModule(False)
    nodes: tuple[DeviceNode, ...] = ()
    makes_nodes: bool = False
    wsl: bool = False
    tegra: bool = False
    fabric_manager: bool = False
    libraries: tuple[DriverLibrary, ...] = ()
    nvml: Optional[Nvml] = None
    cuda: Optional[Cuda] = None
    visible: Visible = Visible()
    container: Optional[GpuContainer] = None
    builds: tuple[CudaBuild, ...] = ()
