"""The NVIDIA driver and CUDA, where they keep a model from the GPU."""

from __future__ import annotations

from tritondoctor.checks.signs.model import cause

SIGNS = (
    cause(
        "driver-library-mismatch", r"(?i)driver/library version mismatch",
        "Failed to initialize NVML: Driver/library version mismatch", plain=True,
        source="nvidia-container-toolkit#394",
    ),
    cause(
        "gpu-lost-in-container", r"Failed to initialize NVML: (?P<why>Unknown Error|Insufficient "
        r"Permissions)", "Failed to initialize NVML: Unknown Error", plain=True,
        source="nvidia-container-toolkit#48; the other in nvidia-docker#676",
    ),
    cause(
        "cuda-compat-in-the-way", r"forward compatibility was attempted on non supported HW",
        "Error 804: forward compatibility was attempted on non supported HW", plain=True,
        source="faster-whisper#653",
    ),
    cause(
        "torch-without-kernels",
        r"no kernel image is available for execution|CUDA capability (?P<capability>sm_\d+) is not "
        r"compatible with the current PyTorch",
        "NVIDIA GeForce RTX 5090 with CUDA capability sm_120 is not compatible with the current PyTorch "
        "installation.", plain=True, source="pytorch#167244", capability="this GPU",
    ),
    cause(
        "torch-without-cuda", r"Torch not compiled with CUDA enabled",
        "AssertionError: Torch not compiled with CUDA enabled", plain=True, source="pytorch#30664",
    ),
    cause(
        "cuda-after-fork", r"Cannot re-initialize CUDA in forked subprocess",
        "RuntimeError: Cannot re-initialize CUDA in forked subprocess. To use CUDA with multiprocessing, "
        "you must use the 'spawn' start method", plain=True, source="pytorch, torch/cuda/__init__.py",
    ),
)  # fmt: skip
