"""What real wheels are built for, read from their files."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import pytest

from tests.gpu import wheels
from tests.gpu.drivers import CUDA
from tritondoctor.checks.gpu import compatibility
from tritondoctor.facts.gpu import builds
from tritondoctor.facts.gpu.model import Cuda, DriverLibrary, Gpu
from tritondoctor.loader import Files


@pytest.mark.truth
@pytest.mark.truth_slice
def test_torch_for_the_cpu() -> None:
    (build,) = builds.look(Files(), [str(wheels.torch(cuda=False))], None)
    assert (build.package, build.version, build.cuda, build.architectures) == ("torch", "2.1.2", None, ())


@pytest.mark.truth
def test_torch_for_cuda() -> None:
    (build,) = builds.look(Files(), ["/no/such/folder", str(wheels.torch(cuda=True))], None)
    # as torch.cuda.get_arch_list() of that release tells it
    expected = "sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90"
    assert (build.version, build.cuda, " ".join(build.architectures)) == ("2.1.2+cu121", "12.1", expected)


@pytest.mark.truth
def test_cupy_and_jax() -> None:
    cupy = wheels.files_of(
        "cupy-cuda12x==13.3.0", "manylinux2014_x86_64", r"cupy/(__init__|_version)\.py", r"cupy/\.data/.*"
    )
    (build,) = builds.look(Files(), [str(cupy)], None)
    assert (build.package, build.version, build.cuda) == ("cupy", "13.3.0", "12")
    plain = wheels.files_of(
        "jaxlib==0.4.30", "manylinux2014_x86_64", r"jaxlib/__init__\.py", r".*METADATA"
    )
    (build,) = builds.look(Files(), [str(plain)], None)
    assert (build.package, build.version, build.cuda) == ("jax", "0.4.30", None)


def test_jax_with_its_plugin(tmp_path: Path) -> None:
    for name in (
        "jaxlib/__init__.py",
        "jax_cuda12_plugin/__init__.py",
        "jaxlib-0.4.30.dist-info/METADATA",
    ):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    (build,) = builds.look(Files(), [str(tmp_path)], None)
    assert (build.version, build.cuda) == ("0.4.30", "12")


def test_the_wheel_tells_its_runtime(environment: str) -> None:
    folder = next(Path(environment).glob("lib/python3*/site-packages/nvidia_pytriton.libs"))
    (build,) = builds.look(Files(), [], str(folder))
    assert build.package == "pytriton" and build.cuda is not None
    assert f".so.{build.cuda}" in build.path


@pytest.mark.parametrize(
    ("driver", "own", "build", "serves"),
    [
        ("550.163.01", 12040, "12.6", True),  # minor version compatibility
        ("550.163.01", 12040, "11.8", True),  # older releases always
        ("550.163.01", 12040, "13.0", False),
        ("525.147.05", 12000, "12.9", True),
        ("470.256.02", 11040, "12.1", False),
        ("470.256.02", 11040, "11.8", True),
        ("450.36.06", 11000, "11.0", True),
        ("450.36.06", 11000, "11.1", False),  # the family begins with 450.80.02
        ("450.248.02", 11000, "11.8", True),
        ("418.226.00", 10010, "10.1", True),
        ("418.226.00", 10010, "10.2", False),  # no such compatibility before 11
        ("418.226.00", None, "10.2", False),
        ("525.147.05", None, "12.4", True),
        ("525.147.05", None, "13.0", False),
        ("580.65.06", 13000, "12.4", True),
        ("580.65.06", 13000, "13", True),
    ],
)
def test_which_cuda_a_driver_serves(driver: str, own: Optional[int], build: str, serves: bool) -> None:
    library = DriverLibrary("stub", "libcuda.so.1", "/x", "/x", "driver", driver)
    gpu = Gpu(libraries=(library,), cuda=None if own is None else Cuda(version=own, code=0))
    assert compatibility.serves(gpu, build) == serves


@pytest.mark.parametrize(
    ("driver", "cuda"),
    [*((version, cuda) for version, cuda in CUDA.items()), ("570.86.15", 12080), ("580.65.06", 13000)],
)
def test_what_a_branch_serves(driver: str, cuda: int) -> None:
    """As the libraries of six branches say it (drivers.CUDA), and by NVIDIA's table the later ones."""
    library = DriverLibrary("stub", "libcuda.so.1", "/x", "/x", "driver", driver)
    assert compatibility.cuda_of(Gpu(libraries=(library,))) == cuda


@pytest.mark.parametrize(
    ("card", "releases"),
    [
        ("5.2", "CUDA 12 or older"), ("6.1", "CUDA 12 or older"), ("7.0", "CUDA 12 or older"),
        ("7.5", "CUDA 10.0 or newer"), ("9.0", "CUDA 11.8 or newer"), ("10.0", "CUDA 12.8 or newer"),
        ("10.3", "CUDA 12.9 or newer"), ("12.0", "CUDA 12.8 or newer"), ("99.0", None),
    ],
)  # fmt: skip
def test_which_cuda_has_code_for_a_card(card: str, releases: Optional[str]) -> None:
    known = compatibility.releases_for(card)
    assert (None if known is None else str(known)) == releases


@pytest.mark.parametrize(
    ("card", "architectures", "jit", "runs"),
    [
        ("8.9", "sm_80 sm_90", True, True),
        ("8.0", "sm_86", True, False),
        ("9.0", "sm_80 sm_86", True, False),
        ("9.0", "sm_80 compute_80", True, True),
        ("9.0", "sm_80 compute_80", False, False),
        ("9.0", "sm_90a", True, True),
        ("12.0", "sm_50 sm_60 sm_70 sm_75 sm_80 sm_86 sm_90", True, False),
        ("12.0", "sm_75 sm_100 sm_120 compute_120", True, True),
        ("12.1", "sm_120f", True, True),
        ("10.3", "sm_100a", True, False),
        ("6.1", "sm_60", True, True),
    ],
)
def test_which_code_a_card_runs(card: str, architectures: str, jit: bool, runs: bool) -> None:
    assert compatibility.has_code_for(card, architectures.split(), jit=jit) == runs
