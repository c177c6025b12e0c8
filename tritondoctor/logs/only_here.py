"""Findings that no look at a machine makes, only its log; registered so that they are explained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Callable

from tritondoctor.checks.model import Found, check
from tritondoctor.facts.model import Facts


def _only_in_logs(
    id: str, *, title: str, explanation: str, means: str, verified: str, by_hand: str
) -> None:
    def none(facts: Facts) -> Iterator[Found]:
        yield from ()

    register: Callable[[Callable[[Facts], Iterator[Found]]], object] = check(
        id, "error", title=title, explanation=explanation, means=means, verified=verified,
        by_hand=by_hand,
    )  # fmt: skip
    register(none)


_only_in_logs(
    "no-wheel-fits",
    title="pip found no wheel of PyTriton for this platform",
    explanation="PyTriton comes only as wheels for Linux with a certain glibc (2.35 for 0.7.0) on x86-64 "
    "and aarch64; pip takes none of them here, or knows of none.",
    means="The machine's glibc is older than the wheel's tag says, it runs musl or macOS, the Python is "
    "unknown to the release, or pip's index does not have the package.",
    verified="pip with --platform manylinux_2_34_x86_64; reported for macOS in pytriton#44.",
    by_hand="`tritondoctor check` says which it is. A newer distribution (Debian 12, Ubuntu 22.04) or a "
    "container of one; or an older release of PyTriton, whose tag is lower.",
)
_only_in_logs(
    "packages-in-conflict",
    title="{who} and {have} exclude each other",
    explanation="Asked for: {wants}. pip installs what it can and says so; PyTriton then fails at "
    "import, or something else in the environment does.",
    means="PyTriton asks for numpy<2 (0.5.8 and later), and tritonclient pins protobuf, grpcio and "
    "others; another package asks for what they exclude.",
    verified="pip install numpy 2 beside PyTriton 0.7.0; also pytriton#93, server#6095.",
    by_hand="Give PyTriton an environment of its own, or ask for both in one pip install.",
)
_only_in_logs(
    "stub-unhealthy",
    title="The stub {instance} has died or stood still",
    explanation="Triton asks its stub every second for a sign of life and starts it anew without one; "
    "requests that were under way fail.",
    means="The inference function crashed the process or kept it busy, memory ran out (the kernel ends "
    "the biggest process), or /dev/shm is too small.",
    verified="Reported in pytriton#37, server#3678, server#6480 and server#5144; not reproduced here.",
    by_hand="Look for `Out of memory` in dmesg, for a segmentation fault in the inference function, and "
    "at df /dev/shm.",
)
_only_in_logs(
    "driver-library-mismatch",
    title="The NVIDIA driver's libraries and its kernel module are of different releases",
    explanation="The driver was upgraded while the old module is still loaded; no GPU answers.",
    means="An upgrade (often an unattended one) replaced the libraries; the module is replaced at boot.",
    verified="Quoted in nvidia-container-toolkit#394; not reproduced here.",
    by_hand="Reboot, or unload and load the nvidia modules.",
)
_only_in_logs(
    "gpu-lost-in-container",
    title="The container has lost its GPU: {why}",
    explanation="NVML is there and may not use the device any more.",
    means="Unknown Error: systemd reloaded and rewrote the container's device rules. Insufficient "
    "Permissions: SELinux, or the device's group.",
    verified="Quoted in nvidia-container-toolkit#48 and #33, nvidia-docker#676; not reproduced here.",
    by_hand="Start the container anew; for good, see NVIDIA's notice in nvidia-container-toolkit#48.",
)
_only_in_logs(
    "cuda-compat-in-the-way",
    title="A libcuda for forward compatibility is found before the driver's own",
    explanation="It works on data centre cards only; on this one CUDA does not start (error 804).",
    means="/usr/local/cuda/compat or a package cuda-compat comes first on LD_LIBRARY_PATH.",
    verified="Quoted in faster-whisper#653 and server#1838; not reproduced here.",
    by_hand="Take the compat folder off LD_LIBRARY_PATH, or remove the package cuda-compat.",
)
_only_in_logs(
    "torch-without-kernels",
    title="torch has no kernels for {capability}",
    explanation="PyTriton serves; the inference function fails on the GPU.",
    means="The installed torch was built for other generations of GPUs.",
    verified="Quoted in pytorch#167244; not reproduced here.",
    by_hand="Install a torch that was built with a CUDA that knows the card.",
)
_only_in_logs(
    "torch-without-cuda",
    title="torch was built without CUDA",
    explanation="PyTriton serves; the inference function cannot use the GPU.",
    means="torch came from the CPU index, or from conda without its CUDA build.",
    verified="Quoted in pytorch#30664; not reproduced here.",
    by_hand="Install torch from the index of the CUDA release that the driver knows.",
)
_only_in_logs(
    "cuda-after-fork",
    title="CUDA was used before the process forked",
    explanation="The child cannot use it any more; the inference function fails there.",
    means="multiprocessing with fork, after torch touched the GPU in the parent.",
    verified="The text stands in torch/cuda/__init__.py; not reproduced here.",
    by_hand="Use the start method spawn, or touch the GPU in the child only.",
)
