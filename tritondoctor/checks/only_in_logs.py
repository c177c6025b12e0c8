"""Findings that no look at a machine shows, only a log."""

from __future__ import annotations

from tritondoctor.checks.model import Rule


def _in_logs(id: str, *, title: str, explanation: str, means: str, verified: str, by_hand: str) -> Rule:
    return Rule(id, "error", title, explanation, means, verified, by_hand, seen_by=("log", "selftest"))


NO_WHEEL_FITS = _in_logs(
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
PACKAGES_IN_CONFLICT = _in_logs(
    "packages-in-conflict",
    title="{who} and {have} exclude each other",
    explanation="Asked for: {wants}. pip installs what it can and says so; PyTriton then fails at "
    "import, or something else in the environment does.",
    means="PyTriton asks for numpy<2 (0.5.8 and later), and tritonclient pins protobuf, grpcio and "
    "others; another package asks for what they exclude.",
    verified="pip install numpy 2 beside PyTriton 0.7.0; also pytriton#93, server#6095.",
    by_hand="Give PyTriton an environment of its own, or ask for both in one pip install.",
)
STUB_UNHEALTHY = _in_logs(
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
CUDA_AFTER_FORK = _in_logs(
    "cuda-after-fork",
    title="CUDA was used before the process forked",
    explanation="The child cannot use it any more; the inference function fails there.",
    means="multiprocessing with fork, after torch touched the GPU in the parent.",
    verified="The text stands in torch/cuda/__init__.py; not reproduced here.",
    by_hand="Use the start method spawn, or touch the GPU in the child only.",
)

RULES = (NO_WHEEL_FITS, PACKAGES_IN_CONFLICT, STUB_UNHEALTHY, CUDA_AFTER_FORK)
