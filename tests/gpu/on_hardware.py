"""Compare what the doctor reports on a real card with nvidia-smi, CUDA and PyTorch.

    on_hardware.py DOCTOR_PYTHON TARGET_PYTHON OUT SECONDS

Standard library only.  Each report is kept in OUT/gpu.json, whatever fails, SIGTERM included.  Status
1 if they disagree, 143 after SIGTERM.  Settings for which no time is left are skipped, and named.
"""

from __future__ import annotations

import glob
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from typing import Any, Optional

COUNT = """
import ctypes
cuda, count = ctypes.CDLL("libcuda.so.1"), ctypes.c_int()
code = cuda.cuInit(0) or cuda.cuDeviceGetCount(ctypes.byref(count))
print(code, count.value)
"""
TORCH = """
import json, torch
print(json.dumps([torch.__version__, torch.version.cuda, torch.cuda.get_arch_list()]))
"""
SMI = (
    "uuid",
    "name",
    "memory.total",
    "compute_cap",
    "driver_version",
    "compute_mode",
    "mig.mode.current",
)
MODES = {"Default": 0, "Exclusive_Thread": 1, "Prohibited": 2, "Exclusive_Process": 3}

#: NVIDIA's guide does not say how these are read, so the driver may differ from PyTorch's model of the
#: variable: noted, no failure
MAY_DIFFER = ("only-prefix", "twice", "like-strtoul", "uuid-then-number")
TORCH_COUNT = "import torch; print(torch.cuda.device_count())"

disagreements: list[str] = []


def same(what: str, doctor: object, other: object) -> None:
    """Compare, and print a line."""
    agrees = doctor == other
    print(
        f"{'agrees' if agrees else 'DIFFERS':8} {what}: {doctor!r}"
        + ("" if agrees else f", not {other!r}")
    )
    if not agrees:
        disagreements.append(what)


def run(words: list[str], variables: Mapping[str, str]) -> str:
    """Return what a command prints; "" if it does not end in time."""
    try:
        done = subprocess.run(
            words, env={**os.environ, **variables}, capture_output=True, text=True, check=False,
            timeout=60,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        print(f"no end of {words[:3]} within 60 s")
        return ""
    return done.stdout.strip()


def report_of(words: list[str], variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the JSON report of a check."""
    report: dict[str, Any] = json.loads(run(words, variables) or "{}")
    return report


def first(folder: str) -> dict[str, str]:
    """Put a folder first on LD_LIBRARY_PATH; keep the rest, which may hold the driver."""
    given = os.environ.get("LD_LIBRARY_PATH")
    return {"LD_LIBRARY_PATH": f"{folder}:{given}" if given else folder}


def settings(uuids: list[str], made: str) -> dict[str, dict[str, str]]:
    """Return the variables of each start, by its name."""
    visible = {
        "empty": "", "minus": "-1", "first": "0", "beyond": "99", "first-then-beyond": "0,99",
        "twice": "0,0", "like-strtoul": "0gpu", "word": "all", "spaces": " 0 ",
    }  # fmt: skip
    if uuids:
        visible.update({
            "uuid": uuids[0], "short-uuid": uuids[0][:12], "no-such-uuid": "GPU-ffffffff",
            "uuid-then-number": f"{uuids[0]},0", "every-uuid": ",".join(uuids), "only-prefix": "GPU-",
        })  # fmt: skip
    found = {"plain": {}, **{name: {"CUDA_VISIBLE_DEVICES": value} for name, value in visible.items()}}
    for stub in glob.glob("/usr/local/cuda*/**/stubs/libcuda.so", recursive=True)[:1]:
        # no program loads the toolkit's file by its own name; images add this link
        folder = os.path.join(made, "stubs")
        os.makedirs(folder)
        os.symlink(stub, os.path.join(folder, "libcuda.so.1"))
        found["stubs"] = first(folder)
    for compat in glob.glob("/usr/local/cuda*/compat/libcuda.so.1")[:1]:
        found["compat"] = first(os.path.dirname(compat))
    return found


def main() -> int:
    """Run all comparisons."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # `timeout` sends it
    doctor, target, out, seconds = sys.argv[1:5]
    until = time.monotonic() + float(seconds)
    check = [doctor, "-I", "-m", "tritondoctor", "check", "--json", "--python", target]
    kept: dict[str, Any] = {}
    try:
        with tempfile.TemporaryDirectory(prefix="on-hardware-") as made:
            _compare(check, target, kept, until, made)
    finally:
        with open(os.path.join(out, "gpu.json"), "w") as file:
            json.dump(kept, file)
    print(f"{len(disagreements)} disagreements")
    return int(bool(disagreements))


def _compare(check: list[str], target: str, kept: dict[str, Any], until: float, made: str) -> None:
    required = [*check, "--gpu", "required"]
    plain = kept["plain"] = report_of(required, {})
    nvml = plain["facts"]["gpu"]["nvml"] or {"cards": []}
    _beside_smi(nvml)
    _beside_torch(plain, target)
    kept["auto"] = report_of(check, {})
    for name, variables in settings([card["uuid"] for card in nvml["cards"]], made).items():
        if time.monotonic() > until:
            print(f"skipped, no time left: {name}")
            continue
        kept[name] = report_of(required, variables)
        _beside_cuda(name, kept[name], target, variables)
    taken: list[float] = []
    while len(taken) < 7 and time.monotonic() < until:
        taken.append(report_of(check, {})["seconds"])
    if taken:
        print(f"check: median {statistics.median(taken):.3f} s, longest {max(taken):.3f} s")


def _beside_cuda(name: str, report: dict[str, Any], target: str, variables: Mapping[str, str]) -> None:
    gpu = report["facts"]["gpu"]
    code, count = run([target, "-c", COUNT], variables).split() or ("", "")
    shown = int(count or 0)
    seen = gpu["cuda"] or {"code": None, "devices": []}
    # the doctor's None and an empty line both mean: no answer
    same(f"{name}: code of cuInit", "" if seen["code"] is None else str(seen["code"]), code)
    same(f"{name}: cards that CUDA shows", len(seen["devices"]), shown)
    same(f"{name}: a cause is named exactly where CUDA does not run", _named(report), not shown)
    rule = gpu["visible"]["count"]
    if rule is None or name in ("stubs", "compat"):
        return
    if name not in MAY_DIFFER:
        same(f"{name}: cards by the rules of CUDA_VISIBLE_DEVICES", rule, shown)
        return
    by_torch = run([target, "-c", TORCH_COUNT], variables) or "no torch"
    print(f"noted    {name}: by the rules {rule}, by the driver {shown}, by PyTorch {by_torch}")


def _named(report: dict[str, Any]) -> bool:
    causes = {
        "no-gpu", "gpu-without-driver", "gpu-module-not-loaded", "gpu-driver-mismatch",
        "cuda-does-not-start", "libcuda-missing", "libcuda-is-stub", "cuda-compat-refused",
        "container-without-gpu", "container-without-compute", "gpu-nodes-missing", "gpu-access-lost",
        "gpu-no-permission", "nvidia-uvm-missing", "wsl-gpu-unusable", "fabric-manager-missing",
        "mig-without-instances", "cuda-visible-devices", "gpu-driver-silent",
    }  # fmt: skip
    return any(
        finding["id"] in causes and finding["severity"] == "error" for finding in report["findings"]
    )


def _beside_smi(nvml: dict[str, Any]) -> None:
    if shutil.which("nvidia-smi") is None:
        print("nvidia-smi is not here")
        return
    table = run(["nvidia-smi", f"--query-gpu={','.join(SMI)}", "--format=csv,noheader,nounits"], {})
    for card, line in zip(nvml["cards"], table.splitlines()):
        uuid, name, memory, capability, driver, mode, mig = [part.strip() for part in line.split(",")]
        same("uuid", card["uuid"], uuid)
        same("name", card["name"], name)
        same("memory in MiB", card["memory_total"] >> 20, int(memory))
        same("capability", card["capability"], capability)
        same("driver", nvml["driver"], driver)
        same("compute mode", card["compute_mode"], MODES.get(mode))
        same("MIG", card["mig"], {"Enabled": True, "Disabled": False}.get(mig))


def _beside_torch(plain: dict[str, Any], target: str) -> None:
    output: Optional[str] = run([target, "-c", TORCH], {})
    build = next(
        (build for build in plain["facts"]["gpu"]["builds"] if build["package"] == "torch"), None
    )
    if not output:
        same("torch", build, None)
        return
    version, cuda, architectures = json.loads(output)
    same("torch", build and [build["version"], build["cuda"]], [version, cuda])
    same("its architectures", build and build["architectures"], architectures)


if __name__ == "__main__":
    sys.exit(main())
