"""The folders and file systems that the launch writes to."""

from __future__ import annotations

import os
import shutil

from tests.truth import stock
from tests.truth.declare import environment
from tests.truth.place import Place
from tests.truth.stock import Absent


@environment("workspace-not-writable")
def home_in_proc(place: Place) -> None:
    """A file system in which nobody makes folders."""
    place.set(HOME="/proc")


@environment("workspace-not-writable")
def file_in_the_way(place: Place) -> None:
    """~/.cache is a file."""
    place.write(place.home / ".cache", "")


@environment("workspace-not-writable")
def home_read_only(place: Place) -> None:
    """The home is mounted read-only."""
    place.options += ["--ro-bind", str(place.home), str(place.home)]


@environment("workspace-not-writable", python=stock.SYSTEM)
def home_of_another_user(place: Place) -> None:
    """sudo kept root's HOME."""
    _ = place.prefix
    place.as_nobody()
    os.chown(place.home, 0, 0)


@environment("workspace-noexec")
def workspace_on_noexec(place: Place) -> None:
    """The file system of the workspace runs no programs."""
    place.options += ["--tmpfs", "/mnt"]
    place.set(PYTRITON_HOME="/mnt/x")
    place.before_start("mount -o remount,noexec /mnt")


@environment("workspace-no-space")
def workspace_full(place: Place) -> None:
    """20 MB are too few for the copy of the server."""
    place.options += ["--size", "20000000", "--tmpfs", "/mnt"]
    place.set(PYTRITON_HOME="/mnt")


@environment()
def workspace_nearly_full(place: Place) -> None:
    """24 MB are enough."""
    place.options += ["--size", "24000000", "--tmpfs", "/mnt"]
    place.set(PYTRITON_HOME="/mnt")


@environment("temporary-not-writable", cases={"plain": "", "tmpdir": "/var/tmp"})
def tmp_read_only(place: Place, temporary: str) -> None:
    """Triton writes to /tmp and does not ask TMPDIR."""
    place.options += ["--ro-bind", "/tmp", "/tmp", "--bind", str(place.here), str(place.here)]
    if temporary:
        place.set(TMPDIR=temporary)


@environment()
def tmpdir_missing(place: Place) -> None:
    """Python passes over a TMPDIR that does not exist."""
    place.set(TMPDIR="/nonexistent")


@environment(
    "shared-memory-unusable",
    cases={
        "read-only": ["--ro-bind", "/usr/share", "/dev/shm"],
        "4-mib": ["--size", "4194304", "--tmpfs", "/dev/shm"],
    },
)
def shared_memory(place: Place, options: list[str]) -> None:
    """Server and stub talk through /dev/shm."""
    place.options += options


@environment(cases={"5-mb": "5000000", "8-mb": "8000000"})
def shared_memory_small(place: Place, size: str) -> None:
    """One small model needs little of it."""
    place.options += ["--size", size, "--tmpfs", "/dev/shm"]


@environment("proc-not-mounted")
def no_proc(place: Place) -> None:
    """The `sh` package lists /dev/fd, a link into /proc."""
    place.options += ["--tmpfs", "/proc"]


@environment("temporary-not-writable")
def tmp_full(place: Place) -> None:
    """/tmp has no room for a folder's files."""
    place.own_tmp("--size", "8192")
    place.before_start("head -c 100000 /dev/zero > /tmp/fill 2>/dev/null")


@environment("temporary-not-writable", cases={"sources": "65536", "bytecode": "204800"})
def tmp_too_small(place: Place, size: str) -> None:
    """Some of the model's files are cut short, or their bytecode."""
    place.own_tmp("--size", size)


@environment()
def tmp_small(place: Place) -> None:
    """256 kB hold them all, and their bytecode."""
    place.own_tmp("--size", "262144")


@environment()
def tmp_noexec(place: Place) -> None:
    """/tmp runs no programs; the model's files in it are read only."""
    place.own_tmp()
    place.before_start("mount -o remount,noexec /tmp")


@environment("temporary-not-writable", python=stock.SYSTEM)
def tmp_of_root_only(place: Place) -> None:
    """/tmp has lost its mode 1777."""
    _ = place.prefix
    place.own_tmp("--perms", "0755")
    place.as_nobody()


@environment("shared-memory-unusable", python=stock.SYSTEM)
def shared_memory_of_root_only(place: Place) -> None:
    """/dev/shm has lost its mode 1777."""
    _ = place.prefix
    place.options += ["--perms", "0755", "--tmpfs", "/dev/shm"]
    place.as_nobody()


@environment(python=stock.SYSTEM)
def user_without_a_name(place: Place) -> None:
    """A user whom /etc/passwd does not know, as containers run them."""
    _ = place.prefix
    place.as_nobody()
    place.options += ["--ro-bind", "/dev/null", "/etc/passwd"]


@environment()
def no_sys(place: Place) -> None:
    """/sys is empty."""
    place.options += ["--tmpfs", "/sys"]


@environment()
def workspace_on_ramfs(place: Place) -> None:
    """A file system that does not say how much space it has."""
    place.options += ["--cap-add", "ALL"]
    place.set(PYTRITON_HOME="/mnt/pt")
    place.before_start("mount -t ramfs ramfs /mnt")


@environment("workspace-not-writable")
def workspace_on_sshfs(place: Place) -> None:
    """No sockets can be made there; sshfs speaks to a program that serves files, without a network."""
    folders = f"{os.environ['PATH']}:/usr/lib/openssh:/usr/libexec/openssh:/usr/lib/ssh"
    programs = [shutil.which(name, path=folders) for name in ("sshfs", "sftp-server")]
    if None in programs:
        raise Absent("sshfs is not installed")
    mount, server = programs
    pipe, served = place.here / "pipe", place.here / "served"
    served.mkdir()
    os.mkfifo(pipe)
    place.options += ["--cap-add", "ALL", "--tmpfs", "/mnt", "--dev-bind", "/dev/fuse", "/dev/fuse"]
    serve = f"{server} < {pipe} | {mount} :{served} /mnt -o passive > {pipe}"
    wait = "until grep -q fuse.sshfs /proc/self/mountinfo; do sleep 0.1; done"
    place.before_start(f"{serve} & {wait}")
    place.set(PYTRITON_HOME="/mnt/pytriton")
