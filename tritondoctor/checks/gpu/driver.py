"""Whether there is a GPU and a kernel module, and whether the driver answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from tritondoctor.checks.gpu import rules, words
from tritondoctor.checks.model import CheckResult, Remedy, check, text
from tritondoctor.facts.model import Facts


@check(
    "no-gpu",
    "info",
    title="No NVIDIA GPU was found; {consequence}",
    explanation="{why}",
    means="There is neither a device node nor a PCI device of NVIDIA, or the container was started "
    "without access to it. Four lines of tritonserver's log are caused by this and are harmless: "
    '"Unable to allocate pinned system memory … CUDA driver version is insufficient" (there is '
    'none), "CudaDriverHelper has not been initialized", "Failed to initialize NVML", "DCGM '
    'unable to start". With --gpu required it is an error.',
    verified="Every start on machines without a GPU: the four lines appear, and Linear is served.",
    by_hand="Nothing, unless your model needs a GPU. In Docker: docker run --gpus all. In Kubernetes: "
    "request nvidia.com/gpu. On the host: nvidia-smi shows whether the driver sees the card.",
    reads=("gpu.wanted",),
)
def no_gpu(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) != "no-gpu":
        return
    if facts.gpu.wanted == "required":
        why = text("--gpu required, or the project's policy, asks for one; without it PyTriton would "
                   "serve on the CPU.")  # fmt: skip
        fields = {"consequence": text("one is required here"), "why": why}
        yield CheckResult(fields, remedies=_GIVE_A_GPU, severity="error")
    else:
        why = text("At start PyTriton prints warnings about NVML, DCGM and pinned memory; they are "
                   "harmless here.")  # fmt: skip
        yield CheckResult({"consequence": text("PyTriton serves on the CPU"), "why": why})


#: where a GPU comes from
_GIVE_A_GPU = (
    Remedy("docker-gpus", text("In Docker: start the container with"), ("docker run --gpus all",)),
    Remedy("request-gpu", text("In Kubernetes: request one in the pod's limits"), ("nvidia.com/gpu: 1",)),
    Remedy("nvidia-smi", text("On the host: see whether its driver knows a card"), ("nvidia-smi",)),
)


@check(
    "gpu-without-driver",
    "warning",
    title="There is an NVIDIA GPU, but no driver for it",
    explanation="PyTriton starts and serves on the CPU; a model that needs the GPU fails.",
    means="Neither the kernel module nor libcuda.so.1 was found.",
    verified="Simulated /sys without /proc/driver/nvidia; PyTriton serves on the CPU. Not on real "
    "hardware.",
    by_hand="Install your distribution's NVIDIA driver for this kernel, and restart.",
    reads=("gpu", "host.distribution"),
)
def gpu_without_driver(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "gpu-without-driver":
        yield CheckResult(
            {},
            (*words.pci(facts.gpu), text("libcuda.so.1 is on none of the launch's search paths")),
            (Remedy("install-driver", text("Install the driver"), _install(facts)),),
            rules.severity(facts),
        )


def _install(facts: Facts) -> tuple[str, ...]:
    if "Ubuntu" in facts.host.distribution:
        return ("sudo ubuntu-drivers install --gpgpu",)
    if "Debian" in facts.host.distribution:
        return ("sudo apt-get install nvidia-driver  # from non-free",)
    return ()


@check(
    "gpu-module-not-loaded",
    "warning",
    title="The NVIDIA kernel module is not loaded",
    explanation="The driver's libraries are installed, but the kernel has no driver for the GPU: CUDA "
    "finds no device.",
    means="The module was not built for the running kernel (for example after a kernel update), was "
    "rejected by Secure Boot, or nouveau holds the GPU.",
    verified="The real NVML of drivers 418 to 550 without a module: error 9, Driver Not Loaded; their "
    "cuInit: 100, no CUDA-capable device; PyTriton serves on the CPU. Not on real hardware.",
    by_hand="sudo modprobe nvidia; if that fails, dmesg says why. Rebuild it with dkms autoinstall, "
    "enrol its key for Secure Boot, or keep nouveau off the GPU.",
    reads=("gpu.module.loadable",),
)
def gpu_module_not_loaded(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "gpu-module-not-loaded":
        gpu = facts.gpu
        helper = (text("nvidia-modprobe may load it on first use"),) if gpu.module.loadable else ()
        yield CheckResult(
            {},
            (*words.pci(gpu), *words.versions(gpu), *words.answers(gpu), *helper),
            (Remedy("load-module", text("Load it"), ("sudo modprobe nvidia",)),),
            None if gpu.module.loadable and not rules.stops_pytriton(gpu) else rules.severity(facts),
        )


@check(
    "gpu-driver-mismatch",
    "warning",
    title="The driver's libraries and the loaded kernel module have different versions",
    explanation="CUDA and NVML refuse to work with a kernel module of another version.",
    means="The driver was updated while the old module stayed loaded, drivers from two sources are "
    'mixed, or a container contains its own driver libraries. nvidia-smi says "Driver/library version '
    'mismatch".',
    verified="The real NVML of drivers 418 to 550 with a stand-in for the module's answer: error 18. "
    "Real starts of PyTriton with a stand-in libcuda that returns 803: no model is loaded. Reported in "
    "nvidia-container-toolkit#394. Not on real hardware.",
    by_hand="Restart the machine; or stop what uses the GPU, unload nvidia_uvm, nvidia_drm, "
    "nvidia_modeset and nvidia with rmmod, and load nvidia again.",
    reads=("gpu.container",),
)
def gpu_driver_mismatch(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "gpu-driver-mismatch":
        gpu = facts.gpu
        remedy = Remedy("restart", text("Restart, which loads the installed module"), ("sudo reboot",))
        if gpu.container is not None:
            remedy = Remedy("restart", text("Restart the container on the updated host"), ())
        yield CheckResult(
            {}, (*words.versions(gpu), *words.answers(gpu)), (remedy,), rules.severity(facts)
        )


@check(
    "gpu-driver-silent",
    "error",
    title="The NVIDIA driver did not answer in time",
    explanation="A driver call was stopped after {seconds} s. PyTriton and its model make the same "
    "calls, with no time limit.",
    means="The GPU has fallen off the bus, its firmware hangs, or a dying process holds it. On a "
    "machine with many GPUs and no persistence mode, the first call may just be slow.",
    verified="A real start of PyTriton with a stand-in libcuda whose cuInit never returns: PyTriton "
    "waits until it times out. Not on real hardware.",
    by_hand="dmesg | grep -i -e nvrm -e xid reports a lost GPU. sudo nvidia-smi -pm 1 keeps GPUs "
    "initialized.",
    reads=("gpu.allowed_s",),
)
def gpu_driver_silent(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "gpu-driver-silent":
        remedy = Remedy(
            "look", text("Look at the kernel's log"), ("sudo dmesg | grep -i -e nvrm -e xid",)
        )
        yield CheckResult(
            {"seconds": f"{facts.gpu.allowed_s:.0f}"},
            tuple(words.answers(facts.gpu)),
            (remedy,),
            rules.severity(facts),
        )


#: what the common codes of cuInit mean (cuda.h)
_CAUSES = {
    100: text("The driver shows no GPU to this process."),
    101: text("A requested GPU does not exist."),
    802: text(
        "The driver is not set up yet: it waits for confidential computing, or for the host of this "
        "virtual machine."
    ),
    304: text(
        "A system call failed; in a container, a device node may be missing or denied by the cgroup."
    ),
    999: text("The driver gives no reason; after a suspend, nvidia_uvm often has to be reloaded."),
}


_LOOK = Remedy("look", text("Look at the kernel's log"), ("sudo dmesg | grep -i -e nvrm -e xid",))
_CONFIDENTIAL = (
    text("Confidential computing is on, and the GPUs have not been set ready since the machine booted."),
    Remedy(
        "set-ready",
        text("Set them ready after attestation"),
        ("sudo nvidia-smi conf-compute -srs 1",),
    ),
)


@check(
    "cuda-does-not-start",
    "error",
    title="CUDA does not start: {what}",
    explanation="{why} Triton counts the GPUs before it loads a model, and loads no model if that fails.",
    means="cuInit, the first call of every CUDA program, fails for a reason that none of the other "
    "findings covers.",
    verified="Real starts of PyTriton 0.3.1 to 0.7.0 with a stand-in libcuda whose cuInit returns 101, "
    '304 or 999: "unable to get number of CUDA devices", no model is loaded; with one that crashes, '
    "tritonserver exits. 999 is reported in pytorch#49327, 304 in triton-inference-server/server#5931. "
    "Not on real hardware.",
    by_hand="dmesg | grep -i -e nvrm -e xid; sudo rmmod nvidia_uvm and sudo modprobe nvidia_uvm; "
    "restart.",
    reads=("gpu.cuda.code", "gpu.cuda.name", "gpu.nvml.confidential_ready"),
)
def cuda_does_not_start(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "cuda-does-not-start":
        gpu = facts.gpu
        code: Optional[int] = gpu.cuda.code if gpu.cuda is not None else None
        name = gpu.cuda.name if gpu.cuda is not None else ""
        what = text("libcuda.so.1 does not answer")
        if code:
            what = text("{name} ({code})", name=name, code=code)
        why, remedy = _CAUSES.get(code or 0, text("The driver does not start.")), _LOOK
        if code == rules.NOT_READY and gpu.nvml is not None and gpu.nvml.confidential_ready is False:
            why, remedy = _CONFIDENTIAL
        yield CheckResult(
            {"what": what, "why": why},
            (*words.answers(gpu), *words.versions(gpu)),
            (remedy,),
            rules.severity(facts),
        )


@check(
    "cuda-not-asked",
    "info",
    title="Whether CUDA starts here was not tested",
    explanation="Some of the GPU's device nodes do not exist. A CUDA program would create them; "
    "tritondoctor changes nothing, so it cannot test this.",
    means="No program has used the GPU since the machine booted. With --gpu required this is a "
    "warning: the check then needs the nodes first.",
    verified="Simulated without nodes, as root; that the libraries create them was seen with the real "
    "libcuda and NVML of driver 550. Not on real hardware.",
    by_hand="Run sudo nvidia-modprobe -c 0 -u, or any CUDA program, and check again.",
    reads=("gpu.cuda", "gpu.nodes", "gpu.present", "gpu.wanted"),
)
def cuda_not_asked(facts: Facts) -> Iterator[CheckResult]:
    gpu = facts.gpu
    whole = {"/dev/nvidiactl", "/dev/nvidia-uvm"} <= {node.path for node in gpu.nodes}
    if gpu.present and gpu.cuda is None and not whole and not rules.obstacle(facts):
        remedy = Remedy("make-nodes", text("Create them"), ("sudo nvidia-modprobe -c 0 -u",))
        required = gpu.wanted == "required"
        yield CheckResult({}, tuple(words.nodes(gpu)), (remedy,), "warning" if required else None)


@check(
    "nvml-does-not-answer",
    "warning",
    title="CUDA works, but NVML does not answer",
    explanation="Models can compute on the GPU, but Triton reports no GPU metrics, and the GPU's "
    "memory is unknown.",
    means="libnvidia-ml.so.1 has another version than the kernel module, or has no permission to use "
    "the GPU.",
    verified="The real NVML of six driver branches: 4 without permission, 9 without a module, 18 with "
    "a module of another version, 999 if the device cgroup denies access. PyTriton serves on the CPU "
    "beside an NVML that hangs or crashes.",
    by_hand="Install the libnvidia-ml of the kernel module's exact version.",
    reads=("gpu.nvml.code", "gpu.nvml.problem"),
)
def nvml_does_not_answer(facts: Facts) -> Iterator[CheckResult]:
    gpu = facts.gpu
    if rules.runs(gpu) and gpu.nvml is not None and (gpu.nvml.code or gpu.nvml.problem):
        yield CheckResult({}, (*words.answers(gpu), *words.versions(gpu)))


RULES = (
    no_gpu,
    gpu_without_driver,
    gpu_module_not_loaded,
    gpu_driver_mismatch,
    gpu_driver_silent,
    cuda_does_not_start,
    cuda_not_asked,
    nvml_does_not_answer,
)
