"""What is refused, one trial each: the rules of tests/truth/seccomp.py by a name that a person reads."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

from tests.sweep_kernel.trace import FILE
from tests.truth.seccomp import NUMBERS

#: calls that no start here made, but that one with another C library, kernel or Python may make
OTHERS = (
    "clone", "copy_file_range", "dup", "dup3", "epoll_pwait", "epoll_pwait2", "faccessat", "faccessat2",
    "fork", "fsync", "get_mempolicy", "getpriority", "getrlimit", "getsid", "inotify_init1",
    "io_uring_setup", "lstat", "membarrier", "memfd_create", "mlock", "mremap", "msync", "openat2",
    "pidfd_open", "pwrite64", "recvmsg", "sched_setaffinity", "sendmsg", "sendmmsg", "set_mempolicy",
    "setpgid", "setsid", "shmget", "sigaltstack", "stat", "statfs", "statx", "symlink", "tgkill",
    "timerfd_create", "umask", "wait4", "waitid",
)  # fmt: skip
#: arguments that decide, where only some uses of a call are refused: name -> rules without their action
ARGUMENTS = {
    "socket AF_UNIX": "socket[0:1]",
    "socket AF_INET": "socket[0:2]",
    "socket AF_INET6": "socket[0:10]",
    "socket AF_NETLINK": "socket[0:16]",
    "socketpair AF_UNIX": "socketpair[0:1]",
    "mmap PROT_WRITE|PROT_EXEC": "mmap[2&6]",
    "mmap PROT_EXEC": "mmap[2&4]",
    "mprotect PROT_EXEC": "mprotect[2&4]",
    "prctl PR_SET_PDEATHSIG": "prctl[0:1]",
    "prctl PR_SET_NAME": "prctl[0:15]",
    "prctl PR_SET_NO_NEW_PRIVS": "prctl[0:38]",
    "ioctl FIOCLEX": "ioctl[1:0x5451]",
    "ioctl FIONBIO": "ioctl[1:0x5421]",
    "ioctl FIONREAD": "ioctl[1:0x541b]",
    "ioctl TCGETS": "ioctl[1:0x5401]",
    "ioctl TCSETS": "ioctl[1:0x5402]",
    "ioctl TCSETSF": "ioctl[1:0x5404]",
    "ioctl TIOCGPGRP": "ioctl[1:0x540f]",
    "ioctl TIOCGPTN": "ioctl[1:0x80045430]",
    "ioctl TIOCGPTPEER": "ioctl[1:0x5441]",
    "ioctl TIOCGWINSZ": "ioctl[1:0x5413]",
    "ioctl TIOCSPTLCK": "ioctl[1:0x40045431]",
    "ioctl TIOCSWINSZ": "ioctl[1:0x5414]",
    "ioctl TIOCSTI": "ioctl[1:0x5412]",
    "ioctl SIOCGIFFLAGS": "ioctl[1:0x8913]",
    "fcntl F_DUPFD": "fcntl[1:0]",
    "fcntl F_DUPFD_CLOEXEC": "fcntl[1:1030]",
    "fcntl F_SETLK": "fcntl[1:6]",
    "flock LOCK_EX": "flock[1:2]",
    "kill 0": "kill[1:0]",
    "kill SIGINT": "kill[1:2]",
    "madvise MADV_DONTNEED": "madvise[2:4]",
    "setsockopt SOL_SOCKET SO_REUSEADDR": "setsockopt[2:2]",
    "setsockopt SOL_TCP": "setsockopt[1:6]",
    "setsockopt SOL_IPV6": "setsockopt[1:41]",
}
#: what filters answer: Docker and systemd (SystemCallErrorNumber=) EPERM, Docker since 20.10.10 and
#: gVisor ENOSYS, a unit without an error number ends the process
ANSWERS = ("EPERM", "ENOSYS", "KILL")
FAMILY_ANSWERS = ("EAFNOSUPPORT", "EPERM", "EACCES")
#: settings of a unit that become filters (systemd.exec(5)); MemoryDenyWriteExecute= as in systemd's
#: src/shared/seccomp-util.c
UNITS = {
    "MemoryDenyWriteExecute=": "mmap[2&6]=EPERM,mprotect[2&4]=EPERM,pkey_mprotect[2&4]=EPERM",
    "RestrictAddressFamilies=AF_INET AF_INET6": "socket[0:1]=EAFNOSUPPORT,socket[0:16]=EAFNOSUPPORT",
    "RestrictAddressFamilies=AF_UNIX AF_INET": "socket[0:10]=EAFNOSUPPORT,socket[0:16]=EAFNOSUPPORT",
    "RestrictAddressFamilies=AF_UNIX AF_INET6": "socket[0:2]=EAFNOSUPPORT,socket[0:16]=EAFNOSUPPORT",
    "RestrictAddressFamilies=AF_UNIX": "socket[0:2]=EAFNOSUPPORT,socket[0:10]=EAFNOSUPPORT",
    "RestrictRealtime=": "sched_setscheduler[1:1]=EPERM,sched_setscheduler[1:2]=EPERM",
    "LockPersonality=": "personality=EPERM",
    "RestrictSUIDSGID=": "chmod[1&0x800]=EPERM,fchmod[1&0x800]=EPERM",
}
_SETS = (
    "@aio", "@basic-io", "@chown", "@clock", "@debug", "@file-system", "@io-event", "@ipc", "@keyring",
    "@memlock", "@mount", "@network-io", "@obsolete", "@pkey", "@privileged", "@process", "@raw-io",
    "@resources", "@setuid", "@signal", "@sync", "@timer",
)  # fmt: skip
#: what Docker's profile refused with EPERM before it knew these calls (moby/moby#42681, #40734, #41337)
DOCKERS = {
    "Docker before 20.10.10: clone3": "clone3=EPERM",
    "Docker 18: statx, faccessat2, openat2, clone3": ",".join(
        f"{name}=EPERM" for name in ("faccessat2", "openat2", "clone3", "close_range", "epoll_pwait2",
                                     "rseq", "pidfd_open", "io_uring_setup")
    ),
    "libseccomp before 2.3.3: statx": "statx=EPERM",
}  # fmt: skip


def all_trials() -> dict[str, str]:
    """Name -> rules, in a fixed order."""
    return dict((*UNITS.items(), *DOCKERS.items(), *_arguments(), *_sets(), *_calls()))


def _calls() -> Iterator[tuple[str, str]]:
    traced = json.loads(FILE.read_text())["calls"]
    for answer in ANSWERS:
        for name in sorted(traced):
            yield f"{name} {answer}", f"{name}={answer}"
    for name in sorted(set(OTHERS) - set(traced)):
        yield f"{name} EPERM", f"{name}=EPERM"


def _arguments() -> Iterator[tuple[str, str]]:
    for name, rule in ARGUMENTS.items():
        for answer in FAMILY_ANSWERS if name.startswith("socket AF") else ANSWERS[:1]:
            yield f"{name} {answer}", ",".join(f"{part}={answer}" for part in rule.split(","))


def _sets() -> Iterator[tuple[str, str]]:
    """Each of systemd's sets taken away, and everything that is not in @system-service."""
    known = {name: _names_of(name) & NUMBERS.keys() for name in (*_SETS, "@system-service")}
    for name in _SETS:
        yield f"SystemCallFilter=~{name}", _refused(known[name], "EPERM")
        yield f"SystemCallFilter=~{name}, kills", _refused(known[name], "KILL")
    others = NUMBERS.keys() - known["@system-service"] - _names_of("@default")
    yield "SystemCallFilter=@system-service", _refused(others, "EPERM")
    yield (
        "SystemCallFilter=@system-service ~@resources @privileged",
        _refused(others | known["@resources"] | known["@privileged"], "EPERM"),
    )


def _refused(names: set[str], answer: str) -> str:
    return ",".join(f"{name}={answer}" for name in sorted(names))


def _names_of(group: str) -> set[str]:
    """The calls of one of systemd's sets, with those of the sets in it."""
    listed = subprocess.run(
        ["systemd-analyze", "syscall-filter", group], capture_output=True, text=True, check=True
    ).stdout.split("\n")[1:]
    names = {line.strip() for line in listed} - {""}
    inner = {name for name in names if name.startswith("@")}
    plain = {name for name in names if name[:1] not in ("@", "#")}
    return plain.union(*(_names_of(name) for name in inner))
