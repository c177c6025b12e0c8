"""Whether this process may use the GPU: containers, device nodes, permissions, WSL, the fabric."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tritondoctor.checks.gpu import rules, words
from tritondoctor.checks.model import CheckResult, Remedy, Text, check, counted, text
from tritondoctor.facts.model import Facts


def _given(facts: Facts) -> Iterator[Text]:
    container = facts.gpu.container
    if container is not None:
        for name, value in (
            ("NVIDIA_VISIBLE_DEVICES", container.visible),
            ("NVIDIA_DRIVER_CAPABILITIES", container.capabilities),
        ):
            yield text(
                "{name}={value}" if value is not None else "{name} is not set", name=name, value=value
            )


@check(
    "container-without-gpu",
    "warning",
    title="The host has an NVIDIA GPU, but this container has no access to it",
    explanation="The kernel module is loaded, but the device nodes are not in the container. Models "
    "run on the CPU, and a model that needs the GPU fails.",
    means="The container was started without --gpus (Docker), --device nvidia.com/gpu=all (Podman), "
    "--nv (Apptainer), or without a limit nvidia.com/gpu (Kubernetes).",
    verified="Simulated /dev and /proc in a sandbox. Not on real hardware.",
    by_hand="docker run --gpus all … (with the NVIDIA Container Toolkit on the host)",
    reads=("gpu.container.capabilities", "gpu.container.visible", "host.container"),
)
def container_without_gpu(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "container-without-gpu":
        evidence = (*words.nodes(facts.gpu), *_given(facts))
        start = {
            "podman": "podman run --device nvidia.com/gpu=all …",
            "apptainer": "apptainer exec --nv …",
        }.get(facts.host.container or "", "docker run --gpus all …")
        remedy = Remedy("give-the-card", text("Start it with the GPU"), (start,))
        yield CheckResult({}, evidence, (remedy,), rules.severity(facts))


@check(
    "container-without-compute",
    "warning",
    title="The container has the GPU, but not the driver's libcuda",
    explanation="NVIDIA_DRIVER_CAPABILITIES={value} does not include compute: nvidia-smi works, but "
    "CUDA programs do not find libcuda.so.1.",
    means="The NVIDIA Container Toolkit mounts the driver's libraries by capability; compute includes "
    "libcuda.",
    verified="Simulated in a sandbox. Reported in mudler/LocalAI#11973. Not on real hardware.",
    by_hand="Start the container with NVIDIA_DRIVER_CAPABILITIES=compute,utility (or all).",
    reads=("gpu.container.capabilities", "gpu.container.visible"),
)
def container_without_compute(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "container-without-compute":
        container = facts.gpu.container
        command = "docker run --gpus all -e NVIDIA_DRIVER_CAPABILITIES=compute,utility …"
        yield CheckResult(
            {"value": container.capabilities if container is not None else ""},
            (
                text("libcuda.so.1 is on none of the launch's search paths"),
                *_given(facts),
                *words.versions(facts.gpu),
            ),
            (Remedy("give-compute", text("Start it with compute"), (command,)),),
            rules.severity(facts),
        )


@check(
    "gpu-nodes-missing",
    "warning",
    title="The NVIDIA GPU's device nodes are missing",
    explanation="The kernel module is loaded, but /dev/nvidiactl and /dev/nvidia0 do not exist, and "
    "this user's programs cannot create them.",
    means="Nothing has created them since the machine booted. The driver's libraries do so as root, or "
    "through nvidia-modprobe, which is not installed here.",
    verified="Simulated in a sandbox; that the libraries create nodes as root was seen with the real "
    "libcuda and NVML of driver 550. Not on real hardware.",
    by_hand="sudo nvidia-smi, or sudo nvidia-modprobe -c 0 -u; install nvidia-modprobe so that it "
    "happens automatically.",
    reads=("gpu",),
)
def gpu_nodes_missing(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "gpu-nodes-missing":
        remedy = Remedy("make-nodes", text("Create them"), ("sudo nvidia-modprobe -c 0 -u",))
        yield CheckResult({}, tuple(words.nodes(facts.gpu)), (remedy,), rules.severity(facts))


@check(
    "gpu-access-lost",
    "warning",
    title="The kernel denies this process access to the GPU (device cgroup)",
    explanation="The device nodes exist and their modes are right, but opening them is not permitted; "
    'nvidia-smi says "Failed to initialize NVML: Unknown Error".',
    means="The container lost its devices: systemd rewrote its device cgroup (systemctl "
    "daemon-reload), or the container was started with no-cgroups = true in the toolkit's "
    "configuration.",
    verified="A real device cgroup that denies the nodes: the real NVML of drivers 450 to 550 answers "
    "999, their cuInit 100. Reported in nvidia-container-toolkit#48. Not on real hardware.",
    by_hand="Restart the container. To prevent it: nvidia-ctk system create-dev-char-symlinks "
    "--create-all on the host.",
    reads=("gpu.container.cgroup",),
)
def gpu_access_lost(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "gpu-access-lost":
        gpu = facts.gpu
        cgroup = gpu.container.cgroup if gpu.container is not None else ()
        evidence = (
            *words.nodes(gpu),
            *words.answers(gpu),
            *(text("cgroup {line}", line=line) for line in cgroup if re.match(r"0:|\d+:devices", line)),
        )  # fmt: skip
        remedy = Remedy("start-anew", text("Restart the container (or the job that set the cgroup)"), ())
        yield CheckResult({}, evidence, (remedy,), rules.severity(facts))


@check(
    "gpu-no-permission",
    "warning",
    title="This user has no permission to use the GPU's device nodes",
    explanation="For {user}, CUDA finds no device and NVML answers Insufficient Permissions.",
    means="The nodes' owner, group or mode excludes this user, or SELinux does in a container.",
    verified="Nodes of mode 0600 and another user: the real NVML of drivers 450, 535 and 550 answers "
    "4, their cuInit 100. Reported in nvidia-docker#676. Not on real hardware.",
    by_hand="Add the user to the nodes' group and log in again; for a container with SELinux, start it "
    "with --security-opt=label=disable.",
    reads=("gpu.nodes", "host.user"),
)
def gpu_no_permission(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "gpu-no-permission":
        gpu, host = facts.gpu, facts.host
        closed = next((node for node in gpu.nodes if node.refused and node.mode[-2] in "67"), None)
        remedies = (Remedy("ask-root", text("Ask root to give this user access to the nodes")),)
        if closed is not None and closed.gid:
            command = f'sudo usermod -aG "$(getent group {closed.gid} | cut -d: -f1)" {host.user}'
            remedies = (
                Remedy("join-group", text("Join the nodes' group, and log in again"), (command,)),
            )
        evidence = (*words.nodes(gpu), *words.answers(gpu))
        yield CheckResult({"user": host.user}, evidence, remedies, rules.severity(facts))


@check(
    "nvidia-uvm-missing",
    "warning",
    title="CUDA needs the kernel module nvidia_uvm or its device node, which is missing",
    explanation="nvidia-smi works without it, but cuInit fails with 999, unknown error.",
    means="nvidia_uvm is not loaded, or /dev/nvidia-uvm was not given to the container.",
    verified="Simulated in a sandbox, with a stand-in libcuda that returns 999. The code is reported "
    "in pytorch#49327. Not on real hardware.",
    by_hand="sudo nvidia-modprobe -u -c 0 (or sudo modprobe nvidia_uvm); for a container, --device "
    "/dev/nvidia-uvm",
    reads=("gpu.module.uvm_loaded",),
)
def nvidia_uvm_missing(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "nvidia-uvm-missing":
        gpu = facts.gpu
        loaded = (
            text("nvidia_uvm is loaded") if gpu.module.uvm_loaded else text("nvidia_uvm is not loaded")
        )
        remedy = Remedy("load-uvm", text("Load it"), ("sudo nvidia-modprobe -u -c 0",))
        evidence = (loaded, *words.nodes(gpu), *words.answers(gpu))
        yield CheckResult({}, evidence, (remedy,), rules.severity(facts))


@check(
    "wsl-gpu-unusable",
    "warning",
    title="Windows shares its GPU with WSL, but CUDA cannot reach it",
    explanation="WSL uses the Windows driver: libcuda comes from /usr/lib/wsl/lib, and the GPU is "
    "reached through /dev/dxg.",
    means="A Linux driver installed inside WSL hides the Windows libcuda, /dev/dxg is missing (WSL 1, "
    "or a kernel without it), or the Windows driver is too old for WSL.",
    verified="WSL's folders simulated in a sandbox. Reported in microsoft/WSL#9166 and #8174. Not on a "
    "real WSL.",
    by_hand="Remove the driver's packages inside WSL (apt-get remove 'libnvidia-*' 'nvidia-utils-*'), "
    "run wsl --update in Windows, and update the Windows driver.",
    reads=("gpu.nodes",),
)
def wsl_gpu_unusable(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "wsl-gpu-unusable":
        gpu = facts.gpu
        dxg = any(node.path == "/dev/dxg" for node in gpu.nodes)
        libcuda = rules.library(gpu, rules.LIBCUDA)
        remedies: tuple[Remedy, ...] = ()
        if libcuda is not None and libcuda.origin == "driver":
            first = Remedy(
                "remove-driver", text("Remove the driver that was installed inside WSL"),
                ("sudo apt-get remove 'libnvidia-*' 'nvidia-utils-*'",),
            )  # fmt: skip
            remedies = (first,)
        elif libcuda is None:
            command = "echo /usr/lib/wsl/lib | sudo tee /etc/ld.so.conf.d/ld.wsl.conf && sudo ldconfig"
            remedies = (
                Remedy("find-libcuda", text("Add its folder to the loader's search path"), (command,)),
            )
        elif not dxg:
            remedies = (Remedy("update-wsl", text("In Windows"), ("wsl --update",)),)
        missing = (
            (text("libcuda.so.1 is on none of the launch's search paths"),) if libcuda is None else ()
        )
        evidence = (
            *missing,
            text("/dev/dxg exists") if dxg else text("/dev/dxg is missing"),
            *words.versions(gpu), *words.answers(gpu),
        )  # fmt: skip
        yield CheckResult({}, evidence, remedies, rules.severity(facts))


@check(
    "fabric-manager-missing",
    "error",
    title="The GPUs' NVLink fabric is not ready (fabric manager)",
    explanation="On machines with NVSwitch, CUDA starts only after nvidia-fabricmanager has set up the "
    "fabric. Until then cuInit fails with 802, system not yet initialized.",
    means="nvidia-fabricmanager is not installed, not running, or another version than the driver; in "
    "a virtual machine it runs on the host. NVML's fabric state is checked first; 802 without any "
    "fabric is reported as cuda-does-not-start.",
    verified="A real start of PyTriton with a stand-in libcuda that returns 802: no model is loaded. "
    "Reported in pytorch#35710 and ollama#12136. Not on real hardware.",
    by_hand="Install the nvidia-fabricmanager of the driver's exact version; sudo systemctl enable "
    "--now nvidia-fabricmanager.",
    reads=("gpu.fabric_manager", "gpu.pci"),
)
def fabric_manager_missing(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "fabric-manager-missing":
        gpu = facts.gpu
        switches = sum(device.kind == "nvswitch" for device in gpu.pci)
        manager = text("nv-fabricmanager was not found among the processes")
        if gpu.fabric_manager:
            manager = text("nv-fabricmanager is running")
        singular, many = "{n} NVSwitch device on the PCI bus", "{n} NVSwitch devices on the PCI bus"
        seen = (counted(singular, many, switches), manager)
        evidence = (*words.answers(gpu), *words.fabric(gpu), *seen, *words.versions(gpu))
        command = "sudo systemctl enable --now nvidia-fabricmanager"
        remedy = Remedy("start-fabric-manager", text("Start it"), (command,))
        if not switches:  # a virtual machine: the switches are its host's
            remedy = Remedy(
                "start-fabric-manager",
                text("Ask for it to be started on the host, which has the switches"),
            )
        yield CheckResult({}, evidence, (remedy,), rules.severity(facts))


RULES = (
    container_without_gpu,
    container_without_compute,
    gpu_nodes_missing,
    gpu_access_lost,
    gpu_no_permission,
    nvidia_uvm_missing,
    wsl_gpu_unusable,
    fabric_manager_missing,
)
