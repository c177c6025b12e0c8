"""Describe this machine before anything is installed: probe.py PYTHON_VERSION prints JSON.

Standard library only.  It changes nothing; each command has a time limit.
"""

from __future__ import annotations

import glob
import json
import os
import platform
import subprocess
import sys
import time

CUDA = """
import ctypes, time
began = time.monotonic()
cuda, count = ctypes.CDLL("libcuda.so.1"), ctypes.c_int()
code = cuda.cuInit(0)
cuda.cuDeviceGetCount(ctypes.byref(count))
print(code, count.value, round(time.monotonic() - began, 2), hasattr(cuda, "cuCtxSynchronize_v2"))
"""
PYTHON = (
    "import importlib.util as u, sys; "
    "there = [name for name in ('torch', 'pip') if u.find_spec(name)]; "
    "print(sys.version.split()[0], sys.prefix, sys.base_prefix, *there)"
)
LIBRARIES = ("libpython", "libcuda", "libnvidia-ml", "libnvidia-ptxjit")


def words(command: list[str], limit_s: float = 20) -> str:
    """Return what a command prints, or why it failed."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=limit_s, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as failure:
        return f"{type(failure).__name__}: {failure}"
    return done.stdout.decode("utf-8", "replace").strip()


def text_of(path: str) -> str:
    """Return the contents of a small file, or why it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(1 << 16).strip()
    except OSError as failure:
        return str(failure)


def nodes() -> dict[str, str]:
    """Return mode, owner and numbers of NVIDIA's device nodes, by path."""
    found = {}
    for path in sorted(glob.glob("/dev/nvidia*") + glob.glob("/dev/dxg")):
        about = os.stat(path)
        number = f"{os.major(about.st_rdev)}:{os.minor(about.st_rdev)}"
        found[path] = f"{about.st_mode:o} {about.st_uid}:{about.st_gid} {number}"
    return found


def pythons() -> dict[str, str]:
    """Return version, prefix, base prefix and whether torch and pip are installed, by path."""
    patterns = [
        "/usr/bin/python3*",
        "/usr/local/bin/python3*",
        "/opt/*/bin/python3",
        "/root/*/bin/python3",
    ]
    paths = {path for pattern in patterns for path in glob.glob(pattern) if "config" not in path}
    return {path: words([path, "-c", PYTHON]) for path in sorted(paths)}


def main() -> None:
    """Collect everything and print it."""
    version = sys.argv[1]
    cached = words(["ldconfig", "-p"]).splitlines()
    smi = words(["nvidia-smi", "-q"], 60)
    kept = (
        "Persistence Mode",
        "Fabric",
        "State",
        "Status",
        "MIG Mode",
        "Current",
        "Product Name",
        "Driver",
    )
    found = {
        "written": time.strftime("%Y-%m-%d"),
        "kernel": platform.release(),
        "distribution": text_of("/etc/os-release").splitlines()[:2],
        "ids": [os.getuid(), os.getgid(), os.getgroups()],
        "pid_namespace": os.path.realpath("/proc/self/ns/pid").rpartition("/")[2],
        "pythons": pythons(),
        "libraries": [line.strip() for line in cached if any(name in line for name in LIBRARIES)],
        "libpython": words(["find", "/", "-xdev", "-name", f"libpython{version}.so*"]).splitlines(),
        "library_path": os.environ.get("LD_LIBRARY_PATH"),
        "nodes": nodes(),
        "module": text_of("/proc/driver/nvidia/version"),
        "nvidia_smi": [line.strip() for line in smi.splitlines() if any(word in line for word in kept)][
            :80
        ],
        "cuda": words([sys.executable, "-c", CUDA], 90),
        "glibc": platform.libc_ver()[1],
        "space": words(["df", "-Pm", "/tmp"]).splitlines()[-1:],
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
