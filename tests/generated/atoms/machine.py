"""The machine around the start: mounts, limits, control groups, signals, and who starts it."""

from __future__ import annotations

import os

from tests.generated.atom import atom
from tests.truth.place import Place
from tests.truth.stock import SYSTEM, Absent


@atom("machine", {
    "1-mb": ["--size", "1000000", "--tmpfs", "/dev/shm"],
    "3-mb": ["--size", "3000000", "--tmpfs", "/dev/shm"],
    "8-mb": ["--size", "8000000", "--tmpfs", "/dev/shm"],
    "64-mb": ["--size", "67108864", "--tmpfs", "/dev/shm"],
    "read-only": ["--ro-bind", "/usr/share", "/dev/shm"],
    "755": ["--perms", "0755", "--tmpfs", "/dev/shm"],
})  # fmt: skip
def shared_memory(place: Place, options: list[str]) -> None:
    place.options += options


@atom("machine", {"noexec": "mount -o remount,noexec /dev/shm", "ro": "mount -o remount,ro /dev/shm"},
      subject="shared-memory")  # fmt: skip
def shared_memory_remounted(place: Place, line: str) -> None:
    place.before_start(line)


@atom("machine", {
    "8-kb": (["--size", "8192"], "head -c 100000 /dev/zero > /tmp/fill 2>/dev/null"),
    "10-mb": (["--size", "10000000"], ""), "noexec": ([], "mount -o remount,noexec /tmp"),
    "755": (["--perms", "0755"], ""), "sticky": (["--perms", "1777"], ""),
    "read-only": ([], "mount -o remount,ro /tmp"),
})  # fmt: skip
def tmp(place: Place, case: tuple[list[str], str]) -> None:
    place.own_tmp(*case[0])
    if case[1]:
        place.before_start(case[1])


@atom("machine", {
    "noexec": ([], "mount -o remount,noexec /mnt"), "20-mb": (["--size", "20000000"], ""),
    "30-mb": (["--size", "30000000"], ""), "read-only": ([], "mount -o remount,ro /mnt"),
    "nosuid": ([], "mount -o remount,nosuid,nodev /mnt"),
    "no-inodes": ([], "mount -o remount,nr_inodes=12 /mnt"),
    "755": (["--perms", "0755"], ""), "777": (["--perms", "0777"], ""),
}, subject="name-of-the-workspace")  # fmt: skip
def workspace_on(place: Place, case: tuple[list[str], str]) -> None:
    place.options += [*case[0], "--tmpfs", "/mnt"]
    place.set(PYTRITON_HOME="/mnt/w")
    if case[1]:
        place.before_start(case[1])


@atom("machine", {
    "no-proc": ["--tmpfs", "/proc"], "no-sys": ["--tmpfs", "/sys"], "no-devpts": ["--tmpfs", "/dev/pts"],
    "no-ptmx": ["--ro-bind", "/dev/null", "/dev/ptmx"],
    "no-passwd": ["--ro-bind", "/dev/null", "/etc/passwd"],
    "no-hosts": ["--ro-bind", "/dev/null", "/etc/hosts"],
    "no-group": ["--ro-bind", "/dev/null", "/etc/group"],
    "no-resolv": ["--ro-bind", "/dev/null", "/etc/resolv.conf"],
    "no-urandom": ["--ro-bind", "/etc/hostname", "/dev/urandom"],
    "no-cache": ["--ro-bind", "/dev/null", "/etc/ld.so.cache"],
    "no-nsswitch": ["--ro-bind", "/dev/null", "/etc/nsswitch.conf"],
    "home-read-only": ["--ro-bind", "{home}", "{home}"], "cwd-read-only": ["--ro-bind", "{cwd}", "{cwd}"],
    "opt-empty": ["--tmpfs", "/opt"], "run-empty": ["--tmpfs", "/run"],
    "minimal-dev": ["--dev", "/dev"], "host-name": ["--unshare-uts", "--hostname", "a_b.c-"],
})  # fmt: skip
def mount(place: Place, options: list[str]) -> None:
    place.options += [option.format(home=place.home, cwd=place.cwd) for option in options]


@atom("machine", {
    "files-30": {"nofile": 30}, "files-64": {"nofile": 64}, "files-200": {"nofile": 200},
    "file-size": {"fsize": 1_000_000}, "file-size-0": {"fsize": 0},
    "file-size-high": {"fsize": 200_000_000},
    "address-space": {"as": 1_000_000_000}, "address-space-high": {"as": 4_000_000_000},
    "data": {"data": 300_000_000}, "data-high": {"data": 900_000_000}, "stack": {"stack": 163_840},
    "stack-high": {"stack": 1_048_576}, "core": {"core": 0}, "memlock": {"memlock": 0},
    "cpu": {"cpu": 600}, "rss": {"rss": 1000}, "nice": {"nice": 0}, "locks": {"locks": 0},
    "msgqueue": {"msgqueue": 0}, "sigpending": {"sigpending": 0},
})  # fmt: skip
def limit(place: Place, limits: dict[str, int]) -> None:
    place.limit(**limits)


@atom("machine", {"memory-100": ("memory", "memory.limit_in_bytes", 100_000_000),
                  "memory-400": ("memory", "memory.limit_in_bytes", 400_000_000),
                  "pids-40": ("pids", "pids.max", 40),
                  "pids-200": ("pids", "pids.max", 200)})  # fmt: skip
def control_group(place: Place, case: tuple[str, str, int]) -> None:
    place.group(*case)


@atom("machine", ("SIGCHLD", "SIGTERM", "SIGPIPE", "SIGHUP", "SIGINT"))
def signal_ignored(place: Place, name: str) -> None:
    line = f"import os, signal, sys; signal.signal(signal.{name}, signal.SIG_IGN); "
    place.before += ["/usr/bin/python3", "-c", f"{line}os.execvp(sys.argv[1], sys.argv[1:])"]


@atom("machine", {"stdin": "exec 0<&-", "stderr-null": "exec 2>/dev/null", "extra": "exec 9</dev/null"})
def descriptor(place: Place, line: str) -> None:
    place.before_start(line)


@atom("machine", ("down", "no-address"))
def loopback(place: Place, what: str) -> None:
    place.options += ["--cap-add", "CAP_NET_ADMIN"]
    line = "ip link set lo down" if what == "down" else "ip address del 127.0.0.1/8 dev lo"
    place.before_start(line)


@atom("user", ("plain", "home-of-root", "no-name", "cwd-of-root"))
def another_user(place: Place, what: str) -> None:
    if place.name != SYSTEM:
        raise Absent("only the system's Python is there for all users")
    _ = place.prefix
    place.before_start("chmod 1777 /tmp")
    place.as_nobody()
    if what == "home-of-root":
        place.home.chmod(0o755)
        os.chown(place.home, 0, 0)
    elif what == "cwd-of-root":
        os.chown(place.cwd, 0, 0)
    elif what == "no-name":
        place.options += ["--ro-bind", "/dev/null", "/etc/passwd"]


@atom("user", ("0077", "0777", "0277", "0000", "0177"))
def umask(place: Place, mask: str) -> None:
    place.before_start(f"umask {mask}")
