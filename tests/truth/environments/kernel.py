"""What the kernel refuses: filters of system calls as containers, services and sandboxes put them.

tests/sweep_kernel tries each system call; here are those that people reported or that units often have.
"""

from __future__ import annotations

from tests.truth.declare import environment
from tests.truth.place import Place


@environment(
    "system-call-refused",
    cases={
        # docker-library/python#835, python/cpython#106038, coqui-ai/TTS#3439
        "old-docker": "clone3=EPERM",
        # christgau/wsdd#75: RestrictAddressFamilies=AF_INET AF_INET6
        "no-af-unix": "socket[0:1]=EAFNOSUPPORT,socket[0:16]=EAFNOSUPPORT",
        "no-af-inet": "socket[0:2]=EAFNOSUPPORT",
        # SystemCallFilter=~@resources: gRPC's threads of the server ask for their scheduler
        "no-resources": "sched_setscheduler=EPERM",
        "no-resources-kills": "mbind=KILL,sched_setscheduler=KILL,setpriority=KILL",
        "no-window-size": "ioctl[1:0x5414]=EPERM",
        # sandboxes with a kernel of their own answer ENOSYS
        "no-attributes": "listxattr=ENOSYS",
        "no-vectors": "readv=ENOSYS,writev=ENOSYS",
    },
)
def system_call_refused(place: Place, rules: str) -> None:
    """A start does not get around what the kernel refuses here."""
    place.refuse(rules)


@environment(
    cases={
        "no-clone3": "clone3=ENOSYS",
        "close-range": "close_range=EPERM",
        # hakavlad/nohang#94, python-cffi/cffi#73: MemoryDenyWriteExecute=
        "no-write-execute": "mmap[2&6]=EPERM,mprotect[2&4]=EPERM,pkey_mprotect[2&4]=EPERM",
        "no-af-inet6": "socket[0:10]=EAFNOSUPPORT",
        "no-af-netlink": "socket[0:16]=EAFNOSUPPORT",
        "no-death-signal": "prctl[0:1]=EPERM",
        "no-interface-flags": "ioctl[1:0x8913]=EPERM",
        "realtime": "sched_setscheduler[1:1]=EPERM,sched_setscheduler[1:2]=EPERM",
        "memfd": "memfd_create=EPERM",
        # the doctor itself did not live where these are refused
        "limits": "prlimit64=EPERM",
        "select": "pselect6=ENOSYS",
        "session": "setsid=EPERM",
        "umask": "umask=EPERM",
        "waitid": "waitid=EPERM",
    },
)
def system_call_not_needed(place: Place, rules: str) -> None:
    """Refused, and a start does without."""
    place.refuse(rules)


@environment()
def personality_of_32_bits(place: Place) -> None:
    """setarch(8), as some build hosts set it: uname says i686, and programs of 64 bits run as ever."""
    place.before += ["setarch", "linux32"]
