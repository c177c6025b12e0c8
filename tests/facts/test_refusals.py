"""What the kernel refuses, by the child that tries it: under real filters, and without any."""

from __future__ import annotations

import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.truth import seccomp
from tritondoctor.facts.machine import refusals

ASK = (
    "import json, msgspec; from tritondoctor.facts.machine import refusals; "
    "print(json.dumps(msgspec.to_builtins(refusals.policy(refusals.begin(None)))))"
)
HERE = Path(__file__).parents[2]
only_x86_64 = pytest.mark.skipif(platform.machine() != "x86_64", reason="the filters are for x86-64")


def _refused(rules: str) -> list[tuple[str, str, int]]:
    command = [sys.executable, seccomp.__file__, rules, "--", sys.executable, "-c", ASK]
    done = subprocess.run(command, capture_output=True, text=True, cwd=HERE, check=True)
    policy = json.loads(done.stdout)
    assert policy["filtered"]
    return [(one["call"], one["errno"], one["signal"]) for one in policy["refusals"]]


def test_nothing_is_refused_here_and_nothing_is_left() -> None:
    before = set(os.listdir("/dev/shm")), len(os.listdir("/proc/self/fd"))
    trial = refusals.begin(None)
    assert refusals.policy(trial).refusals == ()
    assert (set(os.listdir("/dev/shm")), len(os.listdir("/proc/self/fd"))) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(trial._pid, os.WNOHANG)


@only_x86_64
@pytest.mark.parametrize(
    ("rules", "refused"),
    [
        ("clone3=EPERM", [("clone3", "EPERM", 0), ("pthread_create", "EPERM", 0)]),
        ("clone3=ENOSYS", [("clone3", "ENOSYS", 0)]),
        ("socket[0:1]=EAFNOSUPPORT", [("socket(AF_UNIX)", "EAFNOSUPPORT", 0)]),
        ("mbind=KILL,flock=KILL", [("flock", "", 31), ("mbind", "", 31), ("flock(LOCK_EX)", "", 31)]),
        ("ioctl[1:0x5414]=EPERM", [("openpty", "EPERM", 0)]),
        ("ioctl[1:0x5401]=EPERM", [("openpty", "EPERM", 0)]),  # TCGETS
        ("clone=EPERM", [("fork", "EPERM", 0)]),
    ],
)
def test_a_filter_is_seen(rules: str, refused: list[tuple[str, str, int]]) -> None:
    assert _refused(rules) == refused


@only_x86_64
@pytest.mark.parametrize("call", ["prlimit64", "pselect6", "setsid", "umask", "waitid"])
@pytest.mark.parametrize("answer", ["EPERM", "ENOSYS"])
def test_the_doctor_lives_where_a_start_does(call: str, answer: str) -> None:
    doctor = [sys.executable, "-I", "-m", "tritondoctor", "check", "--json", "--python", sys.executable]
    command = [sys.executable, seccomp.__file__, f"{call}={answer}", "--", *doctor]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
    assert done.returncode in (0, 1), done.stderr
    found = {finding["id"] for finding in json.loads(done.stdout)["findings"]}
    assert not found & {"python-does-not-start", "system-call-refused"}


@only_x86_64
def test_no_signal_goes_to_anybody_where_getpid_is_refused() -> None:
    """kill(-1) reaches every process of the user: in a process table of its own."""
    command = [sys.executable, seccomp.__file__, "getpid=EPERM", "--", sys.executable, "-c", ASK]
    box = ["bwrap", "--dev-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "--die-with-parent"]
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap (bwrap) is not installed")
    check = f"sleep 60 & victim=$!; {shlex.join(command)}; kill -0 $victim && echo alive"
    done = subprocess.run(
        [*box, "sh", "-c", check], capture_output=True, text=True, cwd=HERE, check=False
    )
    assert done.stdout.endswith("alive\n"), done.stderr


@only_x86_64
@pytest.mark.parametrize(
    "rules",
    [
        "mmap[2&6]=EPERM,mprotect[2&4]=EPERM",  # MemoryDenyWriteExecute=
        "chmod[1&0x800]=EPERM,fchmod[1&0x800]=EPERM,mkdir[1&0x800]=EPERM",  # RestrictSUIDSGID=
        "clone[0&0x20000000]=EPERM",  # RestrictNamespaces=
        "sched_setscheduler[1:1]=EPERM",  # RestrictRealtime=
    ],
)
def test_a_filter_of_arguments_that_no_start_has_is_not(rules: str) -> None:
    assert _refused(rules) == []


def test_the_unit_is_the_innermost_service(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, unit in (
        ("0::/system.slice/serve.service\n", "serve.service"),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.service\n", "a.service"),
        ("0::/user.slice/user-1000.slice/user@1000.service/session.slice\n", ""),
        ("1:name=systemd:/system.slice/cron.service\n0::/\n", "cron.service"),
    ):
        monkeypatch.setattr(refusals, "_text", lambda path, text=text: text)
        assert refusals._unit() == unit
