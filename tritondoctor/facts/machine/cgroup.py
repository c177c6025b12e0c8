"""What the control groups of this process leave it: memory, threads and processor time (cgroups(7), v1
and v2).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Optional

from tritondoctor.support import mounts
from tritondoctor.support.reading import Limit, read_text


def threads_left() -> Optional[int]:
    """How many more threads the groups allow; None for no limit."""
    left = [
        int(most) - (_number(f"{folder}/pids.current") or 0)
        for folder, _ in _folders("pids")
        if (most := _text(f"{folder}/pids.max")).isdigit()
    ]
    return min(left, default=None)


def cpus() -> Optional[float]:
    """How many processors' time the groups allow (cpu.max, cpu.cfs_quota_us); None for no limit."""
    allowed = []
    for folder, is_version_2 in _folders("cpu"):
        if is_version_2:
            quota, period = [*_text(f"{folder}/cpu.max").split(), "", ""][:2]
        else:
            quota, period = _text(f"{folder}/cpu.cfs_quota_us"), _text(f"{folder}/cpu.cfs_period_us")
        if quota.isdigit() and period.isdigit() and int(period):
            allowed.append(int(quota) / int(period))
    return min(allowed, default=None)


def memory_left() -> Optional[int]:
    """How much more memory can be had, with what the kernel would take back from caches, swap, and what
    this process itself holds until it ends.
    """
    left = [_machine()]
    own = _table("/proc/self/status").get("RssAnon", 0) * 1024
    for folder, is_version_2 in _folders("memory"):
        most, used = (
            _number(f"{folder}/memory.{name}")
            for name in (("max", "current") if is_version_2 else ("limit_in_bytes", "usage_in_bytes"))
        )
        if not most or not used or most >= 1 << 60:
            continue
        kinds = _table(f"{folder}/memory.stat")
        of_files = sum(
            kinds.get(f"total_{name}", kinds.get(name, 0)) for name in ("active_file", "inactive_file")
        )
        left.append(most - used + of_files + _swap() + own)
    return min((size for size in left if size is not None), default=None)


def _machine() -> Optional[int]:
    have = _table("/proc/meminfo")
    if "MemAvailable" not in have:
        return None
    return (have["MemAvailable"] + have.get("SwapFree", 0)) * 1024


def _swap() -> int:
    return _table("/proc/meminfo").get("SwapFree", 0) * 1024


def _folders(controller: str) -> Iterator[tuple[str, bool]]:
    """The folders of this process's group and of those above it, as far as they are mounted here, and
    whether their hierarchy is that of version 2.
    """
    mounted = mounts.mounts()
    for line in _text("/proc/self/cgroup").splitlines():
        _, names, path = [*line.split(":", 2), "", ""][:3]
        if names and controller not in names.split(","):
            continue
        for root, point in _hierarchies(mounted, controller if names else ""):
            inside = os.path.relpath(path, root) if path.startswith(root) else "."
            folder = os.path.normpath(os.path.join(point, inside))
            while folder.startswith(point):
                yield folder, not names
                folder = os.path.dirname(folder)


def _hierarchies(mounted: Iterable[mounts.Mount], controller: str) -> Iterator[tuple[str, str]]:
    """Yield (root, mount point) of a controller's hierarchy, "" for that of version 2."""
    for mount in mounted:
        wanted = controller in mount.options if controller else True
        if wanted and mount.kind == ("cgroup" if controller else "cgroup2"):
            yield mount.root, mount.point


def _text(path: str) -> str:
    try:
        return read_text(path, Limit.PROC).strip()
    except OSError:
        return ""


def _number(path: str) -> Optional[int]:
    text = _text(path)
    return int(text) if text.isdigit() else None


def _table(path: str) -> dict[str, int]:
    rows = (line.replace(":", " ").split() for line in _text(path).splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) > 1 and row[1].isdigit()}
