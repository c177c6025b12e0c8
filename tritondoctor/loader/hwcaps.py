"""The subdirectories for capable processors that the loader searches, the best first.

Source of the rules: glibc's elf/dl-hwcaps.c, sysdeps/x86/get-isa-level.h,
sysdeps/x86/cpu-features.c and sysdeps/x86_64/dl-hwcaps-subdirs.c.
"""

from __future__ import annotations

from itertools import product
from typing import Optional

import msgspec

from tritondoctor.support.reading import read_head

from .header import EM_AARCH64, EM_X86_64

LEVELS = {
    2: "cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3",
    3: "avx avx2 bmi1 bmi2 f16c fma abm movbe xsave",
    4: "avx512f avx512bw avx512cd avx512dq avx512vl",
}
HASWELL = frozenset(["avx2", "fma", "bmi1", "bmi2", "abm", "movbe", "popcnt"])
TLS_BIT = 1 << 63
LEGACY_BITS = {
    "x86_64": 1 << 1,
    "avx512_1": 1 << 2,
    "atomics": 1 << 8,
    "haswell": 1 << 50,
    "xeon_phi": 1 << 51,
}
AVX512_1 = frozenset(["avx512bw", "avx512dq", "avx512vl"])


class Cpu(msgspec.Struct, frozen=True):
    """The processor. `level` is that of the x86-64 psABI, 1 to 4."""

    level: int = 1
    platform: str = "x86_64"
    legacy: tuple[str, ...] = ("x86_64",)

    @property
    def isa(self) -> int:
        """The bits of GNU_PROPERTY_X86_ISA_1 that this processor has."""
        return (1 << self.level) - 1


def read_cpu(machine: int, cpuinfo: Optional[str] = None) -> Cpu:
    """Return the processor of this host, or the baseline if the objects are for another machine.

    `cpuinfo` is the text of /proc/cpuinfo.
    """
    vendor, flags = _vendor_and_flags(cpuinfo)
    if machine == EM_AARCH64:
        return Cpu(1, "aarch64", ("atomics",) if "atomics" in flags else ())
    if machine != EM_X86_64:
        return Cpu(1, "", ())
    level = 1
    while level < 4 and flags.issuperset(LEVELS[level + 1].split()):
        level += 1
    platform = "x86_64"
    legacy: tuple[str, ...] = ("x86_64",)
    if vendor == "GenuineIntel":
        knights = "avx512er" in flags
        if "avx512cd" in flags and not knights and flags >= AVX512_1:
            legacy = ("x86_64", "avx512_1")
        if "avx512cd" in flags and knights and "avx512pf" in flags:
            platform = "xeon_phi"
        elif flags >= HASWELL:
            platform = "haswell"
    return Cpu(level, platform, legacy)


def cpu_flags() -> frozenset[str]:
    """Return what the kernel says this processor can do; nothing where /proc does not tell."""
    return _vendor_and_flags(None)[1]


def _vendor_and_flags(cpuinfo: Optional[str]) -> tuple[str, frozenset[str]]:
    """Of the first processor."""
    vendor = ""
    for line in _cpuinfo(cpuinfo).splitlines():
        name, _, value = line.partition(":")
        name = name.strip()
        if name == "vendor_id":
            vendor = value.strip()
        elif name in ("flags", "Features"):
            return vendor, frozenset(value.split())
    return vendor, frozenset()


def legacy_cache_bits(cpu: Cpu) -> int:
    """Return the bits in the hwcap field of a cache entry that glibc before 2.37 accepted."""
    return TLS_BIT | sum(LEGACY_BITS.get(word, 0) for word in {cpu.platform, *cpu.legacy})


def _cpuinfo(text: Optional[str]) -> str:
    if text is not None:
        return text
    try:
        return read_head("/proc/cpuinfo", 8192).decode("ascii", "replace")
    except OSError:
        return ""


def legacy_subdirs(cpu: Cpu) -> tuple[str, ...]:
    """Return the power set of "tls", platform and capabilities that glibc before 2.37 searched."""
    words = ["tls", *([cpu.platform] if cpu.platform else []), *reversed(cpu.legacy)]
    chosen = product(*((word, "") for word in words))
    return tuple("/".join(filter(None, some)) for some in chosen if any(some))
