"""The stand-ins have the shape of the real libraries: names, symbol versions, words of the errors."""

from __future__ import annotations

import ctypes
import random
import re
from pathlib import Path

import pytest

from tests.gpu import drivers
from tests.gpu.scene import PAPER, paper_libraries
from tritondoctor.facts.gpu import visible
from tritondoctor.facts.gpu.model import Card
from tritondoctor.loader import Files, dynamic_symbols, read_elf

#: not in any library that Debian has; test_exports.py finds it in CUDA 13's header
NEWER = {"cuCtxSynchronize_v2"}
SONAMES = ("libcuda.so.1", "libnvidia-ml.so.1")


def defined(path: Path) -> dict[str, str]:
    """Name -> version of what a library exports."""
    prefix = ("cu", "nvml")
    return {
        dynamic_symbol.name: getattr(dynamic_symbol, "version", "")
        for dynamic_symbol in dynamic_symbols(Files(), str(path))
        if dynamic_symbol.defined and dynamic_symbol.name.startswith(prefix)
    }


@pytest.mark.parametrize("soname", SONAMES)
def test_names_and_versions_are_the_real_ones(soname: str) -> None:
    stand_in, real = paper_libraries()[soname], drivers.driver("550") / soname
    theirs = defined(real.resolve())
    for name, version in defined(stand_in).items():
        assert theirs.get(name) == version or name in NEWER, name
    for path in (stand_in, real.resolve()):
        elf = read_elf(Files(), str(path))
        assert elf.soname == soname
        assert not {version for version in elf.versions if version != soname}, (
            "the real ones define no versions"
        )


# the libcuda of 418 needs a library that is not on this process's path
@pytest.mark.parametrize("branch", [branch for branch in drivers.BRANCHES if branch != "418"])
def test_error_names_are_the_real_ones(branch: str) -> None:
    stand_in = ctypes.CDLL(str(paper_libraries()["libcuda.so.1"]))
    real = ctypes.CDLL(str(drivers.driver(branch) / "libcuda.so.1"))
    for code in (0, 34, 100, 304, 802, 803, 804, 999):
        for function in ("cuGetErrorName", "cuGetErrorString"):
            texts = []
            for library in (stand_in, real):
                text = ctypes.c_char_p()
                getattr(library, function)(code, ctypes.byref(text))
                texts.append(text.value)
            if texts[1] is not None:  # 450 does not know 34 and 804's later names
                assert texts[0] == texts[1], code


@pytest.mark.parametrize("branch", list(drivers.BRANCHES))
def test_words_of_nvml_are_the_real_ones(branch: str) -> None:
    libraries = [
        ctypes.CDLL(str(paper_libraries()["libnvidia-ml.so.1"])),
        ctypes.CDLL(str(drivers.driver(branch) / "libnvidia-ml.so.1")),
    ]
    for library in libraries:
        library.nvmlErrorString.restype = ctypes.c_char_p
    codes = [int(code) for code in re.findall(r"case (\d+): return", PAPER.read_text())]
    assert {3, 4, 9, 12, 17, 18, 999} <= set(codes)
    for code in codes:
        assert libraries[0].nvmlErrorString(code) == libraries[1].nvmlErrorString(code), code


VALUES = [
    "", "0", "1,0", "3", "0,7,1", "0,7,0", "-1", "0,-1,1", "0,0", "1,0,1", " 1 , 2", "1gpu2,2x", "x",
    "0,x", "+1", ",0", "0,", "GPU-a0", "GPU-a", "GPU-a1,GPU-a0", "GPU-a1,GPU-a1", "GPU-a1,GPU-a1a",
    "GPU-a1,0", "0,GPU-a1", "GPU-", "GPU-ffff", "gpu-a1", "all", "0.5",
]  # fmt: skip


def test_it_reads_the_variable_as_the_rules_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules are compared with NVIDIA's guide and PyTorch in test_visible.py."""
    monkeypatch.setenv("PAPER_CARDS", "3")
    library = ctypes.CDLL(str(paper_libraries()["libcuda.so.1"]))
    uuids = ["GPU-" + "-".join(byte * size for size in (4, 2, 2, 2, 6)) for byte in ("a0", "a1", "a2")]
    cards = [Card(number, uuid=uuid) for number, uuid in enumerate(uuids)]
    chance = random.Random(11)
    pool = [
        "0",
        "1",
        "2",
        "3",
        "-1",
        "",
        " 1",
        "2a",
        "01",
        "GPU-a",
        "GPU-a0",
        "GPU-a1a",
        "GPU-",
        uuids[2],
    ]
    lists = [",".join(chance.choices([*pool, uuids[2]], k=chance.randrange(1, 5))) for _ in range(2000)]
    for value in (*VALUES, *lists):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
        count = ctypes.c_int(-1)
        library.cuDeviceGetCount(ctypes.byref(count))
        assert count.value == visible.read(value, cards).count, value
