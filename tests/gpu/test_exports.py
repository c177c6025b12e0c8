"""The calls of libcuda that the self-test makes, against NVIDIA's headers and libraries of each branch.

cuda.h of CUDA 13 (in a wheel of NVIDIA's) declares what no library of Debian exports yet; that it is read
rightly is shown by the header of CUDA 12.4 and the library of driver 550, which belong together.
"""

from __future__ import annotations

import ctypes
import re
import sys
from functools import cache
from typing import Any

import pytest

from tests.gpu import drivers
from tests.gpu.scene import paper_libraries
from tests.gpu.test_paper import NEWER, defined
from tests.gpu.wheels import files_of
from tests.truth.stock import Absent
from tritondoctor.support import own_files

_DECLARED = re.compile(r"CUresult\s+CUDAAPI\s+(cu\w+)\(([^;]*?)\);")
_RENAMED = re.compile(r"^#\s*define\s+(cu\w+)\s+(?:__CUDA_API_PT[DS]Z?S?\()?(cu\w+)\)?\s*$", re.M)
_NUMBERS = {
    "int": 4, "unsigned int": 4, "CUdevice": 4, "size_t": 8, "CUdeviceptr": 8, "CUresult": 4,
    "CUdevice_attribute": 4, "CUpointer_attribute": 4, "cuuint32_t": 4, "cuuint64_t": 8,
}  # fmt: skip


@cache
def header(requirement: str, member: str) -> str:
    """cuda.h of that release, without comments."""
    folder = files_of(requirement, "manylinux2014_x86_64", member)
    (path,) = folder.rglob("cuda.h")
    return re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text(errors="replace"), flags=re.S)


def newest() -> str:
    """That of CUDA 13."""
    return header("nvidia-cuda-runtime==13.*", r"nvidia/cu13/include/cuda\.h")


def declared(text: str) -> dict[str, list[int]]:
    """Exported name -> size in bytes of each argument (a handle is a pointer)."""
    # the declarations of old versions stand behind this; there names are what they are
    current, _, old = text.partition("defined(__CUDA_API_VERSION_INTERNAL)")
    renamed = dict(_RENAMED.findall(text))
    found = {name: _sizes(arguments) for name, arguments in _DECLARED.findall(old)}
    for name, arguments in _DECLARED.findall(text if not old else current + old):
        found.setdefault(renamed.get(name, name), _sizes(arguments))
    for name, arguments in _DECLARED.findall(current):
        found[renamed.get(name, name)] = _sizes(arguments)
    return found


def _sizes(arguments: str) -> list[int]:
    words = " ".join(arguments.split())
    if words in ("", "void"):
        return []
    return [_size(part.strip()) for part in words.split(",")]


def _size(argument: str) -> int:
    if "*" in argument or "[" in argument:
        return 8
    kind = " ".join(argument.replace("const ", "").split()[:-1])
    return _NUMBERS.get(kind, 8)


def signatures() -> dict[str, tuple[tuple[str, ...], tuple[Any, ...]]]:
    """What cuda_driver.py says."""
    sys.path.insert(0, own_files.path("selftest"))
    try:
        import cuda_driver  # type: ignore[import-not-found]
    except ImportError as lack:
        pytest.skip(str(lack))
    finally:
        sys.path.pop(0)
    found: dict[str, tuple[tuple[str, ...], tuple[Any, ...]]] = cuda_driver.SIGNATURES
    return found


def test_every_argument_is_as_cuda_13_declares_it() -> None:
    names = declared(newest())
    for symbols, arguments in signatures().values():
        assert symbols[0] in names, symbols
        assert [ctypes.sizeof(argument) for argument in arguments] == names[symbols[0]], symbols


def test_cuda_13_has_what_bites() -> None:
    """The second version of cuCtxSynchronize takes a context; whoever prefers any _v2 passes garbage."""
    names = declared(newest())
    assert set(NEWER) <= set(names)
    assert (names["cuCtxSynchronize"], names["cuCtxSynchronize_v2"]) == ([], [8])
    assert not any("cuCtxSynchronize_v2" in symbols for symbols, _ in signatures().values())


def test_the_stand_in_takes_what_cuda_13_declares() -> None:
    names = declared(newest())
    for name in defined(paper_libraries()["libcuda.so.1"]):
        assert name in names, name


@pytest.mark.parametrize("branch", list(drivers.BRANCHES))
def test_every_branch_has_a_symbol_for_every_call(branch: str) -> None:
    exported = defined((drivers.driver(branch) / "libcuda.so.1").resolve())
    for name, (symbols, _) in signatures().items():
        assert set(symbols) & set(exported), name


def test_the_header_is_read_rightly() -> None:
    """Each function that CUDA 12.4 declares is in the library of driver 550, which came with it."""
    text = header("nvidia-cuda-runtime-cu12==12.4.127", r"nvidia/cuda_runtime/include/cuda\.h")
    exported = defined((drivers.driver("550") / "libcuda.so.1").resolve())
    lacking = [name for name in declared(text) if name not in exported]
    assert not lacking and len(declared(text)) > 400


@pytest.fixture(autouse=True)
def _skipped_without_network() -> Any:
    try:
        newest()
    except Absent as lack:
        pytest.skip(str(lack))
