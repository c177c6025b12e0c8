"""The machine: distribution, C library, container, memory, user."""

from __future__ import annotations

import errno
import fcntl
import os
import platform
import resource
import socket
import struct
import sys
from collections.abc import Mapping, Sequence
from typing import Literal, Optional

from tritondoctor.facts.machine.model import Host
from tritondoctor.loader import BadElf, Files, Skipped
from tritondoctor.loader.header import EM_AARCH64, EM_X86_64
from tritondoctor.loader.linkmap import system_of
from tritondoctor.loader.system import INTERPRETERS
from tritondoctor.support.reading import Limit, list_folder, read_text
from tritondoctor.support.soft_limits import soft_limit

_SIOCGIFFLAGS = 0x8913
#: MAX_ARG_STRLEN (include/uapi/linux/binfmts.h)
_PAGES_OF_STRING = 32
MACHINES = {"x86_64": EM_X86_64, "aarch64": EM_AARCH64}

_SIBLINGS = {"i386": "x86_64", "i686": "x86_64", "armv8l": "aarch64"}


def probe(files: Files, variables: Mapping[str, str]) -> Host:
    """Reads `/etc/os-release`, `/proc` and the loader's own file; nothing is executed."""
    machine = _machine()
    descriptors = _descriptors()
    libc: Literal["glibc", "musl", "unknown"] = "unknown"
    version: Optional[str] = None
    try:
        system = system_of(files, INTERPRETERS[(64, MACHINES[machine])])
        if system.version != (0, 0):
            libc, version = "glibc", "{}.{}".format(*system.version)
    except (OSError, BadElf, Skipped, KeyError):
        if any(name.startswith("ld-musl-") for name in _names("/lib")):
            libc = "musl"
    return Host(
        system=platform.system(),
        machine=machine,
        distribution=_distribution(),
        libc=libc,
        glibc=version,
        container=_container(variables),
        wsl="microsoft" in platform.release().lower(),
        memory=_memory(),
        user=_user(),
        uid=os.geteuid(),
        proc_mounted=descriptors is not None,
        limits=_limits(),
        threads_left=_threads_left(),
        umask=_umask(),
        loopback=_loopback(),
        open_files=_inherited(descriptors or ()),
    )


def _descriptors() -> Optional[list[int]]:
    """Those of this process; None without /proc."""
    try:
        return [int(name) for name in list_folder("/proc/self/fd")]
    except OSError:
        return None


def _inherited(descriptors: Sequence[int]) -> int:
    """How many of them a program is started with: Python makes none of its own inheritable (PEP 446)."""
    return sum(map(_is_inheritable, descriptors))


def _is_inheritable(descriptor: int) -> bool:
    try:
        return os.get_inheritable(descriptor)
    except OSError:  # that of the listing is closed by now
        return False


def _limits() -> dict[str, int]:
    kinds = {
        "nofile": resource.RLIMIT_NOFILE,
        "fsize": resource.RLIMIT_FSIZE,
        "as": resource.RLIMIT_AS,
        "data": resource.RLIMIT_DATA,
        "stack": resource.RLIMIT_STACK,
    }
    soft = {name: soft_limit(kind) for name, kind in kinds.items()}
    found = {name: value for name, value in soft.items() if value != resource.RLIM_INFINITY}
    return {**found, "string": _PAGES_OF_STRING * resource.getpagesize()}


def _threads_left() -> Optional[int]:
    """RLIMIT_NPROC counts the threads of a user; it does not hold for root (getrlimit(2)), if root is so
    outside of a user namespace as well (kernel/fork.c, `copy_process`: INIT_USER).
    """
    most = soft_limit(resource.RLIMIT_NPROC)
    if most == resource.RLIM_INFINITY or (os.geteuid() == 0 and _outer_root()):
        return None
    running = 0
    for name in _names("/proc"):
        try:
            if name.isdigit() and os.stat(f"/proc/{name}").st_uid == os.geteuid():
                running += len(list_folder(f"/proc/{name}/task"))
        except OSError:
            continue
    return most - running


def _outer_root() -> bool:
    """Whether root here is root outside (user_namespaces(7), /proc/PID/uid_map)."""
    try:
        ranges = read_text("/proc/self/uid_map", Limit.PROC).splitlines()
    except OSError:
        return True
    return any(line.split()[:2] == ["0", "0"] for line in ranges) or not ranges


def _names(folder: str) -> list[str]:
    try:
        return list_folder(folder)
    except OSError:
        return []


def _machine() -> str:
    """The processor's kind; under personality(2) PER_LINUX32 uname names its 32-bit sibling."""
    machine = platform.machine()
    return _SIBLINGS.get(machine, machine) if sys.maxsize > 1 << 32 else machine


def _loopback() -> bool:
    """Whether the interface lo is up (SIOCGIFFLAGS of netdevice(7), IFF_UP) and has 127.0.0.1."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(("127.0.0.1", 0))
            except OSError as failure:
                if failure.errno != errno.EADDRINUSE:  # no port is left: the address is there
                    return False
            return _is_up(probe.fileno())
    except OSError:
        return False


def _is_up(descriptor: int) -> bool:
    """Whether lo is up; also where the kernel refuses the question."""
    try:
        answer = fcntl.ioctl(descriptor, _SIOCGIFFLAGS, struct.pack("256s", b"lo"))
    except PermissionError:
        return True
    return bool(struct.unpack("16xH", answer[:18])[0] & 1)


def _umask() -> int:
    try:
        status = read_text("/proc/self/status", Limit.PROC).splitlines()
        line = next(line for line in status if line.startswith("Umask:"))
        return int(line.split()[1], 8)
    except (OSError, StopIteration, ValueError):
        return 0o022


def _distribution() -> str:
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        try:
            text = read_text(path, Limit.TINY)
        except OSError:
            continue
        for line in text.splitlines():
            if line.startswith("PRETTY_NAME="):
                return line.partition("=")[2].strip().strip("\"'")
    return "unknown"


def _container(variables: Mapping[str, str]) -> Optional[str]:
    if os.path.exists("/.dockerenv"):
        return "docker"
    if os.path.exists("/run/.containerenv"):
        return "podman"
    if variables.get("KUBERNETES_SERVICE_HOST"):
        return "kubernetes"
    for name in ("APPTAINER_CONTAINER", "SINGULARITY_CONTAINER"):
        if variables.get(name):
            return "apptainer"
    return variables.get("container") or None


def _memory() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
