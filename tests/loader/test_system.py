"""What is compiled into a loader, and the cache, against what the loader and ldconfig print."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from tests.loader.layout import Layout
from tests.loader.oracle import DEFAULT_LOADER, same_start
from tritondoctor.loader import Files, System, read_system
from tritondoctor.loader.hwcaps import Cpu, legacy_subdirs, read_cpu

X86_64, AARCH64 = 62, 183
GENUINE = "vendor_id\t: GenuineIntel\nflags\t\t: {}\n"
V2 = "cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3"
V3 = f"{V2} avx avx2 bmi1 bmi2 f16c fma abm movbe xsave"
V4 = f"{V3} avx512f avx512bw avx512cd avx512dq avx512vl"


@pytest.fixture(scope="module")
def system() -> System:
    if not os.path.exists(DEFAULT_LOADER):
        pytest.skip("no glibc for x86-64 on this machine")
    return read_system(Files(), DEFAULT_LOADER)


def test_the_loader_says_the_same_of_itself(system: System) -> None:
    command = [DEFAULT_LOADER, "--list-diagnostics"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("this glibc has no --list-diagnostics")
    said = dict(re.findall(r"^(\S+)=\"(.*)\"$", done.stdout, re.M))
    dirs = [value for key, value in said.items() if key.startswith("path.system_dirs")]
    assert list(system.default_dirs) == dirs
    assert system.lib == said["dl_dst_lib"]
    assert system.platform == said["dl_platform"]
    assert "{}.{}".format(*system.version) == said["version.version"]
    active = re.search(r"dl_hwcaps_subdirs_active=(0x\w+)", done.stdout)
    listed = said["dl_hwcaps_subdirs"].split(":")
    mask = int(active.group(1), 16) if active else 0
    assert list(system.hwcaps) == [one for i, one in enumerate(listed) if mask >> i & 1]
    assert system.interpreter == said["path.rtld"]


def test_the_cache_holds_what_ldconfig_prints(system: System) -> None:
    done = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True)
    printed = re.findall(r"^\t(\S+) \((.*)\) => (\S+)$", done.stdout, re.M)
    cache = system.cache(Files())
    assert cache is not None
    assert [(entry.name, entry.path) for entry in cache.entries()] == [
        (name, path) for name, _, path in printed
    ]
    for name, kind, path in reversed(printed):
        if kind == "libc6,x86-64" and [one for one, *_ in printed].count(name) == 1:
            assert cache.lookup(name) == path
    assert cache.lookup("libgone.so.0") is None


@pytest.mark.parametrize(("flags", "level"), [("", 1), (V2, 2), (V3, 3), (V4, 4)])
def test_levels_of_processors(flags: str, level: int) -> None:
    assert read_cpu(X86_64, GENUINE.format(flags)).level == level


def test_platforms() -> None:
    assert read_cpu(X86_64, GENUINE.format(V3)).platform == "haswell"
    assert read_cpu(X86_64, GENUINE.format(V4)).legacy == ("x86_64", "avx512_1")
    assert read_cpu(X86_64, GENUINE.format(V4).replace("Intel", "?")).platform == "x86_64"
    assert read_cpu(AARCH64, "Features\t: fp asimd atomics\n") == Cpu(1, "aarch64", ("atomics",))


def test_legacy_subdirectories() -> None:
    assert legacy_subdirs(Cpu(1, "haswell", ("x86_64",))) == (
        "tls/haswell/x86_64",
        "tls/haswell",
        "tls/x86_64",
        "tls",
        "haswell/x86_64",
        "haswell",
        "x86_64",
    )


OTHERS = [part for part in os.environ.get("TRITONDOCTOR_TEST_GLIBC", "").split(":") if part]


@pytest.mark.skipif(not OTHERS, reason="TRITONDOCTOR_TEST_GLIBC names no other C libraries")
@pytest.mark.parametrize("folder", OTHERS)
def test_a_libc_of_another_build_than_its_loader(layout: Layout, folder: str) -> None:
    """Version names may match, and still the program dies before main."""
    for name, needed in (("m", []), ("n", ["libm.so.6", "libpthread.so.0"])):
        program = layout.program(name, needed)
        process = same_start(program, {"LD_LIBRARY_PATH": folder}, "/")
        assert not process.loads
    loader = f"{folder}/ld-linux-x86-64.so.2"
    program = layout.program("o", options=[f"-Wl,--dynamic-linker={loader}"])
    assert not same_start(program, {}, "/").loads
