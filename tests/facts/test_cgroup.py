"""What control groups allow, read from trees as Docker, Kubernetes and systemd make them."""

from __future__ import annotations

import pytest

from tritondoctor.facts.machine import cgroup
from tritondoctor.support import mounts

_MEMINFO = "MemTotal: 16000000 kB\nMemAvailable: 8000000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB"
_V2 = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw"
_V1 = (
    "31 24 0:27 /docker/c0ffee /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
    "32 24 0:28 /docker/c0ffee /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids"
)
TREES = {
    "container with version 2": (
        {
            "/proc/self/cgroup": "0::/",
            "/proc/self/mountinfo": _V2,
            "/sys/fs/cgroup/memory.max": "500000000",
            "/sys/fs/cgroup/memory.current": "450000000",
            "/sys/fs/cgroup/memory.stat": "anon 1\ninactive_file 100000000\nactive_file 50000000",
            "/sys/fs/cgroup/pids.max": "100",
            "/sys/fs/cgroup/pids.current": "4",
        },
        200_000_000,
        96,
    ),
    "a service's slice counts too": (
        {
            "/proc/self/cgroup": "0::/small.slice/serve.service",
            "/proc/self/mountinfo": _V2,
            "/sys/fs/cgroup/small.slice/memory.max": "300000000",
            "/sys/fs/cgroup/small.slice/memory.current": "100000000",
            "/sys/fs/cgroup/small.slice/serve.service/memory.max": "max",
            "/sys/fs/cgroup/small.slice/serve.service/memory.current": "100000000",
            "/sys/fs/cgroup/small.slice/serve.service/pids.max": "max",
        },
        200_000_000,
        None,
    ),
    "container with version 1": (
        {
            "/proc/self/cgroup": "4:memory:/docker/c0ffee\n3:pids:/docker/c0ffee",
            "/proc/self/mountinfo": _V1,
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "400000000",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes": "390000000",
            "/sys/fs/cgroup/memory/memory.stat": "inactive_file 5\ntotal_inactive_file 90000000",
            "/sys/fs/cgroup/pids/pids.max": "60",
            "/sys/fs/cgroup/pids/pids.current": "10",
        },
        100_000_000,
        50,
    ),
    "version 1 without limits": (
        {
            "/proc/self/cgroup": "4:memory:/\n3:pids:/",
            "/proc/self/mountinfo": _V1.replace("/docker/c0ffee", "/"),
            "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes": "390000000",
            "/sys/fs/cgroup/pids/pids.max": "max",
        },
        8_192_000_000,
        None,
    ),
    "swap counts": (
        {
            "/proc/self/cgroup": "0::/",
            "/proc/self/mountinfo": _V2,
            "/proc/meminfo": _MEMINFO.replace("SwapFree: 0", "SwapFree: 1000000"),
            "/sys/fs/cgroup/memory.max": "100000000",
            "/sys/fs/cgroup/memory.current": "100000000",
        },
        1_024_000_000,
        None,
    ),
    "nothing is mounted": ({"/proc/self/cgroup": "0::/"}, 8_192_000_000, None),
}


def show(files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let these files be all that the kernel shows."""
    monkeypatch.setattr(cgroup, "_text", lambda path: files.get(path, ""))
    mounted = tuple(mounts.parse(files.get("/proc/self/mountinfo", "")))
    monkeypatch.setattr(mounts, "mounts", lambda: mounted)


@pytest.mark.parametrize("name", TREES)
def test_what_is_left(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files, memory, threads = TREES[name]
    show({"/proc/meminfo": _MEMINFO, **files}, monkeypatch)
    assert cgroup.memory_left() == memory
    assert cgroup.threads_left() == threads


@pytest.mark.parametrize(
    ("files", "cpus"),
    [
        ({"/sys/fs/cgroup/cpu.max": "2000 100000"}, 0.02),
        ({"/sys/fs/cgroup/cpu.max": "max 100000"}, None),
        ({"/sys/fs/cgroup/cpu.max": "150000 100000", "/sys/fs/cgroup/a/cpu.max": "5000 50000"}, 0.1),
        ({}, None),
    ],
)
def test_processor_time(
    files: dict[str, str], cpus: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    show({"/proc/self/cgroup": "0::/a", "/proc/self/mountinfo": _V2, **files}, monkeypatch)
    assert cgroup.cpus() == cpus


def test_own_memory_is_not_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    files, memory, _ = TREES["swap counts"]
    show({"/proc/meminfo": _MEMINFO, "/proc/self/status": "RssAnon:\t  40000 kB\n", **files}, monkeypatch)
    assert cgroup.memory_left() == memory + 40_960_000
