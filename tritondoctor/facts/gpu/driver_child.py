"""What a child process asks the driver: `child.py nvml|cuda LIBRARY SITE_PACKAGES`.

Run by the doctor's interpreter with -I -S.  A line of JSON goes out before each call that may hang
and after each answer, so that what was answered survives where the parent cuts it off.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from collections.abc import Callable
from typing import Any, Optional

_NO_NEW_PRIVILEGES, _MKNOD = 38, 27  # prctl(2), capabilities(7)
_CAPABILITY_VERSION_3 = 0x20080522
_FIRST_PID_NAMESPACE = "pid:[4026531836]"
_CAPABILITY = (75, 76)  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, _MINOR


def unarm() -> None:
    """Gives up what would let the driver's libraries change the machine.

    As root they make (or replace) device nodes, as others through a setuid helper.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()
    if libc.capget(header, sets) == 0:
        for number in range(3):
            sets[number] &= ~(1 << _MKNOD)
        libc.capset(header, sets)


def say(**facts: Any) -> None:
    """One line of the answer."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


class Asked:
    """Calls of NVML on one card; what it does not answer is kept by name, with its code."""

    def __init__(self, error: type[Exception]) -> None:
        self.error = error
        self.refused: dict[str, int] = {}

    def __call__(self, what: str, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except self.error as failure:
            self.refused[what] = getattr(failure, "value", -1)
            return None


def ask_nvml(path: str) -> None:
    """Driver, cards, their state and what runs on them."""
    import pynvml

    say(asking="the library")
    pynvml.nvmlLib = ctypes.CDLL(path)
    say(asking="nvmlInit")
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as failure:
        # the library's own words are those of nvidia-smi
        say(code=failure.value, said=pynvml.nvmlErrorString(failure.value))
        return
    ask = Asked(pynvml.NVMLError)
    say(
        code=0,
        driver=ask("driver", pynvml.nvmlSystemGetDriverVersion),
        cuda=ask("cuda", pynvml.nvmlSystemGetCudaDriverVersion),
        confidential_ready=_confidential(pynvml, ask),
    )
    for index in range(ask("count", pynvml.nvmlDeviceGetCount) or 0):
        say(asking=f"card {index}")
        say(card=_card(pynvml, index))
    say(asking="the end")


def _confidential(nvml: Any, ask: Asked) -> Optional[bool]:
    """Whether cards for confidential computing may be used yet; None where they are ordinary ones."""
    state = ask("confidential", nvml.nvmlSystemGetConfComputeState)
    if state is None or not state.ccFeature:
        return None
    return _flag(ask("confidential", nvml.nvmlSystemGetConfComputeGpusReadyState))


def _card(nvml: Any, index: int) -> dict[str, Any]:
    ask = Asked(nvml.NVMLError)
    card = ask("handle", nvml.nvmlDeviceGetHandleByIndex, index)
    if card is None:
        return {"index": index, "refused": ask.refused}
    capability = ask("capability", nvml.nvmlDeviceGetCudaComputeCapability, card)
    memory = _memory(nvml, card, ask, "memory")
    mig = ask("mig", nvml.nvmlDeviceGetMigMode, card)
    ecc = ask("ecc", nvml.nvmlDeviceGetEccMode, card)
    rows = ask("remapped rows", nvml.nvmlDeviceGetRemappedRows, card)
    pages = [ask("retired pages", nvml.nvmlDeviceGetRetiredPages, card, cause) for cause in (0, 1)]
    pending = ask("pages pending", nvml.nvmlDeviceGetRetiredPagesPendingStatus, card)
    persistence = ask("persistence", nvml.nvmlDeviceGetPersistenceMode, card)
    fabric = nvml.c_nvmlGpuFabricInfo_t()
    asked = ask("fabric", nvml.nvmlDeviceGetGpuFabricInfo, card, ctypes.byref(fabric))
    return {
        "index": index,
        "name": ask("name", nvml.nvmlDeviceGetName, card) or "",
        "uuid": ask("uuid", nvml.nvmlDeviceGetUUID, card) or "",
        "bus": _bus(ask("bus", nvml.nvmlDeviceGetPciInfo, card)),
        "capability": "{}.{}".format(*capability) if capability else None,
        "memory_total": memory and memory.total,
        "memory_free": memory and memory.free,
        "compute_mode": ask("compute mode", nvml.nvmlDeviceGetComputeMode, card),
        "mig": bool(mig[0]) if mig else None,
        "instances": _instances(nvml, card, ask) if mig and mig[0] else [],
        "processes": _processes(nvml, card, ask, "processes"),
        "ecc": bool(ecc[0]) if ecc else None,
        "uncorrected_errors": ask("errors", nvml.nvmlDeviceGetTotalEccErrors, card, 1, 0),
        "retired_pages": None if None in pages else sum(len(page) for page in pages),
        "retirement_pending": bool(rows[2] or rows[3]) if rows else _flag(pending),
        "persistence": _flag(persistence),
        "fabric_state": fabric.state if asked is not None else None,
        "refused": ask.refused,
    }


def _flag(value: Optional[int]) -> Optional[bool]:
    return None if value is None else bool(value)


def _bus(info: Any) -> str:
    text = getattr(info, "busId", "") or ""
    return text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)


def _memory(nvml: Any, card: Any, ask: Asked, what: str) -> Any:
    """The second version does not count what the driver reserves as used; 470 has the first only."""
    memory = ask(what, nvml.nvmlDeviceGetMemoryInfo, card, nvml.nvmlMemory_v2)
    if memory is None:
        memory = ask(what, nvml.nvmlDeviceGetMemoryInfo, card)
        if memory is not None:
            ask.refused.pop(what, None)
    return memory


def _instances(nvml: Any, card: Any, ask: Asked) -> list[dict[str, Any]]:
    found = []
    for number in range(ask("instances", nvml.nvmlDeviceGetMaxMigDeviceCount, card) or 0):
        try:
            one = nvml.nvmlDeviceGetMigDeviceHandleByIndex(card, number)
        except nvml.NVMLError:
            continue
        memory = _memory(nvml, one, ask, "memory of an instance")
        found.append(
            {
                "uuid": ask("uuid of an instance", nvml.nvmlDeviceGetUUID, one) or "",
                "name": ask("name of an instance", nvml.nvmlDeviceGetName, one) or "",
                "memory": memory and memory.total,
                "memory_free": memory and memory.free,
                "processes": _processes(nvml, one, ask, "processes of an instance"),
            }
        )
    return found


#: the third version came with driver 510, the second with 470; clients of MPS are listed apart
_RUNNING = (
    ("nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses_v2"),
    ("nvmlDeviceGetMPSComputeRunningProcesses_v3",),
)


def _processes(nvml: Any, card: Any, ask: Asked, what: str) -> list[dict[str, Any]]:
    """Closed modules number them as the first PID namespace does; elsewhere /proc would name others."""
    try:
        own = os.readlink("/proc/self/ns/pid") == _FIRST_PID_NAMESPACE
    except OSError:
        own = False
    found: dict[int, Any] = {}
    for versions, subject in zip(_RUNNING, (what, f"{what}, MPS")):
        for version in versions:
            function = getattr(nvml, version, None)  # nvidia-ml-py 12.535 has not all
            listed = ask(subject, function, card) if function is not None else None
            if listed is not None:
                ask.refused.pop(subject, None)
                found.update((one.pid, one) for one in listed)
                break
    return [
        {"pid": one.pid, "memory": one.usedGpuMemory, "name": _name(one.pid) if own else ""}
        for one in found.values()
    ]


def _name(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def ask_cuda(path: str) -> None:
    """The driver's CUDA version, whether CUDA starts, and the cards that it shows."""
    say(asking="the library")
    try:
        library = ctypes.CDLL(path)
    except OSError as failure:
        say(problem=str(failure), loads=False)
        return
    version, count = ctypes.c_int(), ctypes.c_int()
    say(asking="cuDriverGetVersion")
    if library.cuDriverGetVersion(ctypes.byref(version)) == 0:
        say(version=version.value)
    say(asking="cuInit")
    code = library.cuInit(0)
    if code == 0:
        say(asking="cuDeviceGetCount")
        code = library.cuDeviceGetCount(ctypes.byref(count))
    name, said = ctypes.c_char_p(), ctypes.c_char_p()
    library.cuGetErrorName(code, ctypes.byref(name))
    library.cuGetErrorString(code, ctypes.byref(said))
    say(code=code, name=(name.value or b"").decode(), said=(said.value or b"").decode())
    for number in range(count.value):
        say(asking=f"device {number}")
        say(device=_device(library, number))
    say(asking="the end")


def _device(library: Any, number: int) -> dict[str, Any]:
    device, memory = ctypes.c_int(), ctypes.c_size_t()
    name, uuid = ctypes.create_string_buffer(128), (ctypes.c_ubyte * 16)()
    library.cuDeviceGet(ctypes.byref(device), number)
    library.cuDeviceGetName(name, 128, device)
    # where there is a second version of a function, the first knows no MIG or 32-bit addresses only
    getattr(library, "cuDeviceGetUuid_v2", library.cuDeviceGetUuid)(ctypes.byref(uuid), device)
    library.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
    capability = []
    for attribute in _CAPABILITY:
        value = ctypes.c_int()
        library.cuDeviceGetAttribute(ctypes.byref(value), attribute, device)
        capability.append(str(value.value))
    told, text = name.value.decode("utf-8", "replace"), bytes(uuid).hex()
    parts = [text[:8], text[8:12], text[12:16], text[16:20], text[20:]]
    kind = "MIG-" if " MIG " in f" {told} " else "GPU-"
    return {
        "name": told, "uuid": kind + "-".join(parts), "capability": ".".join(capability),
        "memory": memory.value,
    }  # fmt: skip


if __name__ == "__main__":
    subject, library, packages = sys.argv[1:4]
    sys.path.append(packages)
    unarm()
    try:
        {"nvml": ask_nvml, "cuda": ask_cuda}[subject](library)
    except (OSError, AttributeError, ImportError) as failure:
        say(problem=str(failure))
