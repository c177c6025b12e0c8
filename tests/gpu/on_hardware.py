"""The doctor's word on a real card beside that of nvidia-smi, CUDA and PyTorch.

    on_hardware.py DOCTOR_PYTHON TARGET_PYTHON OUT

Standard library only.  Each report is kept in OUT/gpu.json; status 1 where they disagree.
"""

from __future__ import annotations

import glob
import json
import os
import shutil
import statistics
import subprocess
import sys
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

disagreements: list[str] = []


def same(what: str, doctor: object, other: object) -> None:
    """Compares, and prints a line."""
    agrees = doctor == other
    print(
        f"{'agrees' if agrees else 'DIFFERS':8} {what}: {doctor!r}"
        + ("" if agrees else f", not {other!r}")
    )
    if not agrees:
        disagreements.append(what)


def run(words: list[str], variables: Mapping[str, str]) -> str:
    """What a command prints."""
    done = subprocess.run(
        words, env={**os.environ, **variables}, capture_output=True, text=True, check=False, timeout=120
    )
    return done.stdout.strip()


def settings(uuids: list[str]) -> dict[str, dict[str, str]]:
    """Name -> variables of each start."""
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
    for stub in glob.glob("/usr/local/cuda*/**/stubs/libcuda.so*", recursive=True)[:1]:
        found["stubs"] = {"LD_LIBRARY_PATH": os.path.dirname(stub)}
    for compat in glob.glob("/usr/local/cuda*/compat/libcuda.so.1")[:1]:
        found["compat"] = {"LD_LIBRARY_PATH": os.path.dirname(compat)}
    return found


def main() -> int:
    """Runs all of it."""
    doctor, target, out = sys.argv[1:4]
    check = [doctor, "-I", "-m", "tritondoctor", "check", "--json", "--python", target]
    plain = json.loads(run([*check, "--gpu", "required"], {}))
    nvml = plain["facts"]["gpu"]["nvml"] or {"cards": []}
    kept = {"plain": plain}
    for name, variables in settings([one["uuid"] for one in nvml["cards"]]).items():
        report = kept[name] = json.loads(run([*check, "--gpu", "required"], variables))
        gpu = report["facts"]["gpu"]
        code, count = run([target, "-c", COUNT], variables).split() or ("", "")
        seen = gpu["cuda"] or {"code": None, "devices": []}
        same(f"{name}: code of cuInit", str(seen["code"]), code)
        same(f"{name}: cards that CUDA shows", len(seen["devices"]), int(count or 0))
        if gpu["visible"]["count"] is not None and name not in ("stubs", "compat"):
            same(
                f"{name}: cards by the rules of CUDA_VISIBLE_DEVICES",
                gpu["visible"]["count"],
                int(count or 0),
            )
        same(
            f"{name}: a cause is named exactly where CUDA does not run",
            _named(report),
            not int(count or 0),
        )
    _beside_smi(nvml)
    _beside_torch(plain, target)
    taken = [json.loads(run(check, {}))["seconds"] for _ in range(7)]
    print(f"check: median {statistics.median(taken):.3f} s, longest {max(taken):.3f} s")
    kept["auto"] = json.loads(run(check, {}))
    with open(os.path.join(out, "gpu.json"), "w") as file:
        json.dump(kept, file)
    print(f"{len(disagreements)} disagreements")
    return int(bool(disagreements))


def _named(report: dict[str, Any]) -> bool:
    causes = {
        "no-gpu", "gpu-without-driver", "gpu-module-not-loaded", "gpu-driver-mismatch",
        "cuda-does-not-start", "libcuda-missing", "libcuda-is-stub", "cuda-compat-refused",
        "container-without-gpu", "container-without-compute", "gpu-nodes-missing", "gpu-access-lost",
        "gpu-no-permission", "nvidia-uvm-missing", "wsl-gpu-unusable", "fabric-manager-missing",
        "mig-without-instances", "cuda-visible-devices", "gpu-driver-silent",
    }  # fmt: skip
    return any(one["id"] in causes and one["severity"] == "error" for one in report["findings"])


def _beside_smi(nvml: dict[str, Any]) -> None:
    if shutil.which("nvidia-smi") is None:
        print("nvidia-smi is not here")
        return
    told = run(["nvidia-smi", f"--query-gpu={','.join(SMI)}", "--format=csv,noheader,nounits"], {})
    for card, line in zip(nvml["cards"], told.splitlines()):
        uuid, name, memory, capability, driver, mode, mig = [part.strip() for part in line.split(",")]
        same("uuid", card["uuid"], uuid)
        same("name", card["name"], name)
        same("memory in MiB", card["memory_total"] >> 20, int(memory))
        same("capability", card["capability"], capability)
        same("driver", nvml["driver"], driver)
        same("compute mode", card["compute_mode"], MODES.get(mode))
        same("MIG", card["mig"], {"Enabled": True, "Disabled": False}.get(mig))


def _beside_torch(plain: dict[str, Any], target: str) -> None:
    told: Optional[str] = run([target, "-c", TORCH], {})
    build = next((one for one in plain["facts"]["gpu"]["builds"] if one["package"] == "torch"), None)
    if not told:
        same("torch", build, None)
        return
    version, cuda, architectures = json.loads(told)
    same("torch", build and [build["version"], build["cuda"]], [version, cuda])
    same("its architectures", build and build["architectures"], architectures)


if __name__ == "__main__":
    sys.exit(main())
