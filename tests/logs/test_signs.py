"""Each sign against the real line that it was made for, and against the lines of all others."""

from __future__ import annotations

import string

import pytest

from tritondoctor.checks import CATALOGUE
from tritondoctor.logs.finding import finding
from tritondoctor.logs.line import plain
from tritondoctor.logs.recognise import recognise
from tritondoctor.logs.signs import SIGNS, Sign

_STUB = "/h/.cache/pytriton/workspace_k/tritonserver/backends/python/triton_python_backend_stub"
_LOAD = "E1123 01:03:29.401293 4 model_lifecycle.cc:642] \"failed to load 'Linear' version 1: Internal: "
LINES = {
    f"{_STUB}: error while loading shared libraries: libpython3.9.so.1.0: cannot open shared object "
    "file: No such file or directory": ("libpython-missing", {"soname": "libpython3.9.so.1.0"}),
    "/w/bin/tritonserver: error while loading shared libraries: libb64-aa.so.0d: cannot open shared "
    "object file: No such file or directory": ("library-missing", {"soname": "libb64-aa.so.0d"}),
    f"{_STUB}: /old/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by {_STUB})": (
        "libstdcxx-too-old", {"library": "/old/libstdc++.so.6", "versions": "GLIBCXX_3.4.30"}),
    "ImportError: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by "
    "/new/libstdc++.so.6)": ("glibc-too-old", {"file": "/new/libstdc++.so.6"}),
    "/e/bin/python: symbol lookup error: /t/lib/libc.so.6: undefined symbol: "
    "__tunable_is_initialized, version GLIBC_PRIVATE": ("glibc-from-elsewhere", {"folder": "/t/lib"}),
    'E1123 01:26:07.7 6 main.cc:257] "failed to start Metrics service: Unavailable - Socket '
    "'0.0.0.0:8002' already in use \"": ("port-in-use", {"number": "8002", "name": "Metrics"}),
    _LOAD + "Unable to initialize shared memory key 'pytrtion2-d8' to requested size (4194304 bytes).": (
        "shared-memory-unusable", {"needed": "4194304 bytes"}),
    "E1123 1 model_repository_manager.cc:1460] \"Poll failed for model directory 'Linear': Failed to "
    'create local temp folder: /tmp/folderE5PFZi, errno:Read-only file system"': (
        "temporary-not-writable", {"why": "Read-only file system"}),
    "[warn] Error from accept() call: Too many open files": ("limit-too-low", {"what": "open files"}),
    _LOAD + "AttributeError: '_thread.RLock' object has no attribute '_recursion_count'": (
        "libpython-wrong-build", {}),
    _LOAD + "ModuleNotFoundError: No module named '_socket'\\n\\nAt:": ("python3-elsewhere", {}),
    _LOAD + "ModuleNotFoundError: No module named 'zmq'\\n\\nAt:": ("package-missing", {"module": "zmq"}),
    _LOAD + "UnicodeEncodeError: 'ascii' codec can't encode character": ("workspace-path-not-ascii", {}),
    "| add_sub | 1 | UNAVAILABLE: Internal: ModuleNotFoundError: No module named 'model' |": (
        "model-file-missing", {"file": "model"}),  # server#7410; no package has this name
    _LOAD + "unable to get number of CUDA devices: unknown error": (
        "cuda-does-not-start", {"what": "unknown error"}),
    "KeyError: 'PATH'": ("path-unset", {}),
    "FileNotFoundError: [Errno 2] No such file or directory: '/dev/fd'": ("proc-not-mounted", {}),
    "sh.CommandNotFound: /w/tritonserver/bin/tritonserver": ("tritonserver-not-executable", {}),
    "sh.CommandNotFound: /w/workspace_k/tritonserver/bin/tritonserver": (
        "workspace-noexec", {"path": "/w"}),
    "ModuleNotFoundError: No module named 'pytriton'": ("pytriton-missing", {}),
    "ModuleNotFoundError: No module named 'wrapt'": ("package-missing", {"module": "wrapt"}),
    "ValueError: cannot reshape array of size 0 into shape (128,3)": ("numpy-too-new", {}),
    "Triton Inference Server exited with failure. Please wait.": ("", {}),
}  # fmt: skip
#: fields that no line of a log holds; the texts then say that they are not known
UNKNOWN = {"version", "release", "glibc", "python", "who", "path", "found", "encoding", "why", "file",
           "consequence", "detail", "value"}  # fmt: skip

#: lines of the kernel's log that look like those of a refused start: of other programs, or of no harm
OF_OTHERS = (
    'type=AVC msg=audit(1665420973.105:11631): avc:  denied  { execute } for  pid=216047 comm="python3" '
    "scontext=system_u:system_r:pcp_pmcd_t:s0 tclass=file permissive=1",
    'audit: type=1400 audit(1611064871.204:52): apparmor="DENIED" operation="ptrace" '
    'profile="docker-default" pid=1042 comm="python3" requested_mask="read" denied_mask="read"',
    'audit: type=1400 audit(1611064871.204:52): apparmor="DENIED" operation="open" '
    'profile="snap.firefox" name="/proc/1042/mounts" pid=1042 comm="firefox" requested_mask="r"',
    'audit[811024]: SECCOMP auid=1000 uid=1000 gid=1000 ses=2 pid=811024 comm="chrome" '
    'exe="/opt/google/chrome/chrome" sig=31 arch=c000003e syscall=105 compat=0 ip=0x7f58 code=0x80000000',
    "[ 1042.135818] gnome-shell[2211]: segfault at 18 ip 00007f2f5a8d1c04 sp 00007ffd9b1b2a30 error 4 in "
    "libmutter-8.so.0.0.0[7f2f5a7f0000+12d000]",
)


@pytest.mark.parametrize("line", OF_OTHERS)
def test_the_kernel_log_of_others_means_nothing(line: str) -> None:
    assert recognise(line) is None


@pytest.mark.parametrize("line", LINES)
def test_a_line_means(line: str) -> None:
    seen = recognise(line)
    id, fields = LINES[line]
    assert seen is not None
    assert seen.id == id
    assert {name: str(seen.fields[name]) for name in fields} == fields


@pytest.mark.parametrize("sign", SIGNS, ids=lambda sign: f"{sign.id or sign.role}: {sign.line[:40]}")
def test_a_sign_is_found_by_its_line_and_by_no_other(sign: Sign) -> None:
    seen = recognise(plain(sign.line.encode()))
    assert seen is not None
    assert (seen.id, seen.role, seen.why) == (sign.id, sign.role, sign.why)
    assert sign.source
    assert any(needle in sign.line.encode() for needle in sign.needles), "the reader would skip it"


@pytest.mark.parametrize(
    "sign", [sign for sign in SIGNS if sign.role == "cause"], ids=lambda sign: sign.id
)
def test_a_sign_of_a_cause_fills_the_texts_of_its_finding(sign: Sign) -> None:
    one = CATALOGUE[sign.id]
    assert all(other in CATALOGUE for other in sign.others)
    assert "{" not in sign.fix, "the repair by hand is shown as it stands"
    names = {
        name
        for template in (one.title, one.explanation)
        for _, name, _, _ in string.Formatter().parse(template)
        if name
    }
    assert set(sign.fields) <= names, "fields that no text shows"
    seen = recognise(plain(sign.line.encode()))
    assert seen is not None
    assert names - set(seen.fields) <= UNKNOWN
    assert str(finding(sign.id, seen.fields).title)


def test_what_frightens_has_its_reason() -> None:
    for sign in SIGNS:
        assert bool(sign.why) == (sign.role in ("effect", "harmless")), sign.line
