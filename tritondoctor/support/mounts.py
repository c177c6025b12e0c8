"""What is mounted where, as /proc/self/mountinfo lists it (proc(5)).  Standard library only."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tritondoctor.support.reading import Limit, read_text

PATH = "/proc/self/mountinfo"
#: file systems that one machine alone can use at a time: every other may be a network's
_LOCAL = frozenset(
    ("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "tmpfs", "ramfs", "overlay", "f2fs", "bcachefs",
     "jfs", "reiserfs")
)  # fmt: skip


class Mount(NamedTuple):
    """A mount: `root` is the folder of its file system, of type `kind`, that is seen at `point`."""

    root: str
    point: str
    kind: str
    options: tuple[str, ...]


@cache
def mounts() -> tuple[Mount, ...]:
    """Return all mounts of this process, looked at once; none where they cannot be read."""
    try:
        return tuple(parse(read_text(PATH, Limit.PROC)))
    except OSError:
        return ()


def parse(text: str) -> Iterator[Mount]:
    """Yield the mounts that a text in the format of mountinfo lists."""
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        fields, (kind, _, options) = before.split(" "), [*after.split(" "), "", "", ""][:3]
        if len(fields) > 4:
            root, point = (field.replace("\\040", " ") for field in fields[3:5])
            yield Mount(root, point, kind, tuple(options.split(",")))


def file_system(path: str) -> str:
    """Return the type of the file system that holds a path; "" where that is not known."""
    return holding(path).kind


def is_local(path: str) -> bool:
    """Whether no other machine can use what lies at a path; False where that is not known."""
    return file_system(path) in _LOCAL


def holding(path: str) -> Mount:
    """Return the mount that holds a path; one without a type where it is not known."""
    best = Mount("", "", "", ())
    for mount in mounts():
        inside = path == mount.point or path.startswith(mount.point.rstrip("/") + "/")
        if inside and len(mount.point) >= len(best.point):
            best = mount
    return best
