"""Faults of the GPU that a log tells of; `checks/` does not look for them yet."""

from __future__ import annotations

from tritondoctor.logs.only_here import only_in_logs

only_in_logs(
    "gpu-driver-mismatch",
    title="The driver's libraries are not of the loaded kernel module's version",
    explanation="CUDA and NVML refuse to talk to a kernel module of another version.",
    means="An upgrade of the driver (often an unattended one) replaced the libraries; the module is "
    "replaced when it is loaded anew.",
    verified="Quoted in nvidia-container-toolkit#394; not reproduced here.",
    by_hand="Restart the machine, or unload and load the nvidia modules.",
)
only_in_logs(
    "gpu-access-lost",
    title="The kernel keeps this process off the card (device cgroup)",
    explanation="NVML is there and may not open the device any more.",
    means="A container lost its devices: systemd rewrote its device cgroup (systemctl daemon-reload).",
    verified="Quoted in nvidia-container-toolkit#48; not reproduced here.",
    by_hand="Start the container anew; for good, see NVIDIA's notice in nvidia-container-toolkit#48.",
)
only_in_logs(
    "gpu-no-permission",
    title="This user may not use the card's device nodes",
    explanation="CUDA finds no device, and NVML answers Insufficient Permissions.",
    means="The nodes' owner, group or mode keep this user out, or SELinux does in a container.",
    verified="Quoted in nvidia-docker#676 and nvidia-container-toolkit#33; not reproduced here.",
    by_hand="Join the group of /dev/nvidia*, or label the nodes for containers.",
)
only_in_logs(
    "cuda-does-not-start",
    title="CUDA does not start: {what}",
    explanation="{why}",
    means="A driver is there and refuses to initialise; Triton then loads no model.",
    verified="A start of PyTriton with a stand-in for libcuda; not on real hardware.",
    by_hand="Make nvidia-smi answer first.",
)
only_in_logs(
    "cuda-compat-refused",
    title="The forward-compatibility libcuda is loaded, and this card refuses it",
    explanation="It works on data-centre cards only; elsewhere CUDA does not start (error 804).",
    means="/usr/local/cuda/compat or a package cuda-compat comes first on LD_LIBRARY_PATH.",
    verified="Quoted in faster-whisper#653 and server#1838; not reproduced here.",
    by_hand="Take the compat folder off LD_LIBRARY_PATH, or remove the package cuda-compat.",
)
only_in_logs(
    "torch-lacks-architecture",
    title="torch {version} has no code for {cards}",
    explanation="PyTriton serves; the inference function fails on the GPU.",
    means="The installed torch was built for other generations of cards.",
    verified="Quoted in pytorch#167244; not reproduced here.",
    by_hand="Install a build of torch that knows the card.",
)
only_in_logs(
    "torch-without-cuda",
    title="torch {version} is a build for the CPU",
    explanation="PyTriton serves; the inference function cannot use the GPU.",
    means="torch came from the CPU index, or from conda without its CUDA build.",
    verified="Quoted in pytorch#30664; not reproduced here.",
    by_hand="Install a CUDA build of torch that the driver serves.",
)
