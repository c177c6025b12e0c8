"""Findings that only a log can show."""

from __future__ import annotations

from tritondoctor.checks.model import Rule


def in_logs(id: str, *, title: str, explanation: str, means: str, verified: str, by_hand: str) -> Rule:
    """Make the rule of a finding that no look at the machine shows."""
    return Rule(id, "error", title, explanation, means, verified, by_hand, seen_by=("log", "selftest"))


NO_WHEEL_FITS = in_logs(
    "no-wheel-fits",
    title="pip found no PyTriton wheel for this platform",
    explanation="PyTriton is published only as wheels for Linux with a minimum glibc (2.35 for 0.7.0) "
    "on x86-64 and aarch64. None of them fits here, or pip's index has none.",
    means="The machine's glibc is older than the wheel requires, the platform is musl or macOS, the "
    "release does not support this Python, or pip's index does not have the package.",
    verified="pip with --platform manylinux_2_34_x86_64; reported for macOS in pytriton#44.",
    by_hand="`tritondoctor check` says which it is. Use a newer distribution (Debian 12, Ubuntu 22.04) "
    "or a container of one, or an older PyTriton release, which needs an older glibc.",
)
PACKAGES_IN_CONFLICT = in_logs(
    "packages-in-conflict",
    title="Package conflict: {who} and {have}",
    explanation="Required: {wants}. What was installed all the same fails at import; a resolver that "
    "stops there installs nothing.",
    means="PyTriton requires numpy<2 (0.5.8 and later), and tritonclient pins protobuf, grpcio and "
    "others; another package requires versions outside these ranges.",
    verified="pip install numpy 2 beside PyTriton 0.7.0; also pytriton#93, server#6095.",
    by_hand="Give PyTriton its own environment, or list both packages in one pip install.",
)
PACKAGE_INDEX_UNREACHABLE = in_logs(
    "package-index-unreachable",
    title="The package index was not reached: {why}",
    explanation="Nothing could be downloaded. pip then says that no distribution matches, which is not "
    "the cause.",
    means="No network, a name that does not resolve, a proxy that is needed or does not answer, or a "
    "certificate that this Python does not trust.",
    verified="pip 23.2 and uv 0.13 behind a proxy that does not answer; reported in certifi#213, "
    "pip#4459 and conda#9837.",
    by_hand="`curl -I` with the address that the log names shows which it is. Behind a proxy set "
    "https_proxy; with a certificate of your own, PIP_CERT or SSL_CERT_FILE; without a network, "
    "`tritondoctor download` brings the files along.",
)
STUB_UNHEALTHY = in_logs(
    "stub-unhealthy",
    title="The stub {instance} died or stopped responding",
    explanation="Triton checks every second that the stub is alive and restarts it if not; requests in "
    "progress fail.",
    means="The inference function crashed the process or kept it busy, memory ran out (the kernel "
    "kills the largest process), or /dev/shm is too small.",
    verified="Reported in pytriton#37, server#3678, server#6480 and server#5144; not reproduced here.",
    by_hand="Look for `Out of memory` in dmesg, for a segmentation fault in the inference function, "
    "and at df /dev/shm.",
)
CUDA_AFTER_FORK = in_logs(
    "cuda-after-fork",
    title="CUDA was used before the process forked",
    explanation="A forked child cannot use CUDA again, so the inference function fails there.",
    means="multiprocessing with the start method fork, after torch used the GPU in the parent.",
    verified="The message is from torch/cuda/__init__.py; not reproduced here.",
    by_hand="Use the start method spawn, or use the GPU in the child only.",
)

DOCKER_WITHOUT_GPU_SUPPORT = in_logs(
    "docker-without-gpu-support",
    title="Docker on this host cannot give a GPU to a container",
    explanation="Docker did not start the container, since it cannot give it the GPU that was asked for. "
    "PyTriton did not run.",
    means="The NVIDIA Container Toolkit is not installed on the host, does not work there, or Docker was "
    "not restarted after it. Docker from a snap does not find it.",
    verified="Reported in XAgent#273, where the toolkit cured it, and in nvidia-docker#1642; not "
    "reproduced here.",
    by_hand="On the host: install nvidia-container-toolkit, then `nvidia-ctk runtime configure "
    "--runtime=docker` and `systemctl restart docker`. To serve on the CPU, leave --gpus away.",
)

NOT_IN_CONDA_CHANNELS = in_logs(
    "not-in-conda-channels",
    title="conda's channels do not have a package that was asked for",
    explanation="PyTriton (nvidia-pytriton) is published on PyPI, not in conda's channels. conda "
    "installed nothing.",
    means="The package is not made for conda, its name is misspelt, or it is in a channel that this "
    "conda does not use.",
    verified="conda 26.7 install nvidia-pytriton; reported for other packages in conda#13060.",
    by_hand="Activate the environment, then `pip install nvidia-pytriton`. For another package: check "
    "its name, or add a channel (-c conda-forge).",
)
CONDA_NOT_INITIALISED = in_logs(
    "conda-not-initialised",
    title="`conda activate` does not work in this shell",
    explanation="The environment was not activated, so the commands after it used another Python.",
    means="conda's shell functions are not loaded: in a script, a container, or a shell that does not "
    "read ~/.bashrc.",
    verified="conda 26.7 in `bash -c`.",
    by_hand="In a script: `source $(conda info --base)/etc/profile.d/conda.sh` first, or `conda run -n "
    "NAME COMMAND`. In a terminal: `conda init bash`, then open a new one.",
)
IMAGE_FOR_ANOTHER_PROCESSOR = in_logs(
    "image-for-another-processor",
    title="The container's image is built for another processor",
    explanation="The kernel cannot execute its programs. PyTriton did not run.",
    means="An image for arm64 was started on x86-64, or the other way round; or its first script has no "
    "#! line.",
    verified="Reported in docker-library/python#798 and SWE-agent#180; not reproduced here.",
    by_hand="Build or pull it for this machine: --platform linux/amd64 or linux/arm64 (`uname -m` says "
    "which).",
)
ENDED_BY_SIGNAL = in_logs(
    "ended-by-signal",
    title="{who} was ended by a signal: {signal}",
    explanation="{meaning} Shells and containers report it as 128 plus the number, Python with a minus.",
    means="The system or the program itself ended it in the middle of its work. An exit code of -11 or "
    "139 means signal 11.",
    verified="tritonserver with an unknown GRPC_POLL_STRATEGY (SIGABRT); reported in pytriton#66.",
    by_hand="Run `tritondoctor check` where it runs: most causes are seen before a start. Else read the "
    "lines before, `dmesg` (for signal 9) and `df /dev/shm` (for signal 7).",
)
FAILED_BESIDE_PYTRITON = in_logs(
    "failed-beside-pytriton",
    title="{what}",
    explanation="As far as this log tells, PyTriton itself is not at fault.",
    means="Docker, a cluster, an installer, a driver, a model, a client or the program failed before or "
    "beside PyTriton.",
    verified="Reported in the issues that the signs of the logs name.",
    by_hand="`tritondoctor explain LOG` says what helps; it depends on the line.",
)

RULES = (
    NO_WHEEL_FITS, PACKAGES_IN_CONFLICT, PACKAGE_INDEX_UNREACHABLE, STUB_UNHEALTHY, CUDA_AFTER_FORK,
    DOCKER_WITHOUT_GPU_SUPPORT, NOT_IN_CONDA_CHANNELS, CONDA_NOT_INITIALISED,
    IMAGE_FOR_ANOTHER_PROCESSOR, ENDED_BY_SIGNAL, FAILED_BESIDE_PYTRITON,
)  # fmt: skip
