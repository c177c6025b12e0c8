"""Lines of real logs, and what they mean."""

from __future__ import annotations

import string

import pytest

from tritondoctor.checks import REGISTRY
from tritondoctor.selftest.cause import finding
from tritondoctor.selftest.recognise import SIGNS, recognise

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
    _LOAD + "unable to get number of CUDA devices: unknown error": (
        "cuda-does-not-start", {"what": "unknown error"}),
    "KeyError: 'PATH'": ("path-unset", {}),
    "FileNotFoundError: [Errno 2] No such file or directory: '/dev/fd'": ("proc-not-mounted", {}),
    "sh.CommandNotFound: /w/tritonserver/bin/tritonserver": ("tritonserver-not-executable", {}),
    "ModuleNotFoundError: No module named 'pytriton'": ("pytriton-missing", {}),
    "ModuleNotFoundError: No module named 'wrapt'": ("package-missing", {"module": "wrapt"}),
    "ValueError: cannot reshape array of size 0 into shape (128,3)": ("numpy-too-new", {}),
    "Triton Inference Server exited with failure. Please wait.": ("", {}),
}  # fmt: skip
HARMLESS = (
    "ERROR: ld.so: object '/nonexistent/libx.so' from LD_PRELOAD cannot be preloaded (cannot open "
    "shared object file): ignored.",
    'W1123 4 pinned_memory_manager.cc:273] "Unable to allocate pinned system memory, pinned memory pool '
    'will not be available: CUDA driver version is insufficient for CUDA runtime version"',
    'E1123 4 server.cc:241] "CudaDriverHelper has not been initialized."',
    "Error: Failed to initialize NVML",
    'W1123 4 metrics.cc:798] "DCGM unable to start: DCGM initialization error"',
    'E1123 7 model_repository_manager.cc:470] "Failed to set config modification time: '
    'model_config_content_name_ is empty"',
    'I1123 4 model_lifecycle.cc:472] "loading: Linear:1"',
    "Exception while checking server readiness: [Errno 101] Network is unreachable",
)


@pytest.mark.parametrize("line", LINES)
def test_a_line_means(line: str) -> None:
    seen = recognise(line)
    id, fields = LINES[line]
    assert seen is not None
    assert seen.id == id
    assert {name: seen.fields[name] for name in fields} == fields


@pytest.mark.parametrize("line", HARMLESS)
def test_what_every_start_says_means_nothing(line: str) -> None:
    assert recognise(line) is None


def test_every_sign_leads_to_a_finding_whose_texts_it_can_fill() -> None:
    known = {"python": "", "path": "", "version": "", "glibc": "", "release": ""}
    for sign in SIGNS:
        if sign.id:
            one = REGISTRY[sign.id]
            names = {
                name
                for template in (one.title, one.explanation)
                for _, name, _, _ in string.Formatter().parse(template)
                if name
            }
            given = {**known, **sign.fields, **dict.fromkeys(sign.pattern.groupindex, "")}
            assert set(sign.fields) <= names, sign.id
            missing = names - set(given)
            assert not missing or sign.id in ("numpy-too-new", "python3-elsewhere"), (sign.id, missing)
            assert str(finding(sign.id, given).title)
