"""Queries the driver in a child process: `driver_child.py nvml|cuda LIBRARY SITE_PACKAGES`.

Run by the doctor's interpreter with -I -S.  A line of JSON goes out before each call that may hang and
after each answer, so that the parent keeps all answers when it cuts the child off.
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


def drop_privileges() -> None:
    """Give up what would let the driver's libraries change the machine.

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


def emit(**facts: Any) -> None:
    """Write one line of the answer."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


class Queries:
    """Calls of NVML on one card; those that fail are kept by name, with NVML's code."""

    def __init__(self, error: type[Exception]) -> None:
        self.error = error
        self.refused: dict[str, int] = {}

    def __call__(self, what: str, function: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except self.error as failure:
            self.refused[what] = getattr(failure, "value", -1)
            return None


def query_nvml(path: str) -> None:
    """Emit the driver, the cards, their state and what runs on them."""
    import pynvml

    emit(step="dlopen")
    pynvml.nvmlLib = ctypes.CDLL(path)
    emit(step="nvmlInit")
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as failure:
        # nvidia-smi prints the same words
        emit(code=failure.value, message=pynvml.nvmlErrorString(failure.value))
        return
    query = Queries(pynvml.NVMLError)
    emit(
        code=0,
        driver=query("driver", pynvml.nvmlSystemGetDriverVersion),
        cuda=query("cuda", pynvml.nvmlSystemGetCudaDriverVersion),
        confidential_ready=_confidential(pynvml, query),
    )
    for index in range(query("count", pynvml.nvmlDeviceGetCount) or 0):
        emit(step=f"card-{index}")
        emit(card=_card(pynvml, index))
    emit(step="end")


def _confidential(nvml: Any, query: Queries) -> Optional[bool]:
    """Whether cards for confidential computing may be used yet; None where they are ordinary ones."""
    state = query("confidential", nvml.nvmlSystemGetConfComputeState)
    if state is None or not state.ccFeature:
        return None
    return _flag(query("confidential", nvml.nvmlSystemGetConfComputeGpusReadyState))


def _card(nvml: Any, index: int) -> dict[str, Any]:
    query = Queries(nvml.NVMLError)
    card = query("handle", nvml.nvmlDeviceGetHandleByIndex, index)
    if card is None:
        return {"index": index, "refused": query.refused}
    capability = query("capability", nvml.nvmlDeviceGetCudaComputeCapability, card)
    memory = _memory(nvml, card, query, "memory")
    mig = query("mig", nvml.nvmlDeviceGetMigMode, card)
    ecc = query("ecc", nvml.nvmlDeviceGetEccMode, card)
    rows = query("remapped-rows", nvml.nvmlDeviceGetRemappedRows, card)
    pages = [query("retired-pages", nvml.nvmlDeviceGetRetiredPages, card, cause) for cause in (0, 1)]
    pending = query("pages-pending", nvml.nvmlDeviceGetRetiredPagesPendingStatus, card)
    persistence = query("persistence", nvml.nvmlDeviceGetPersistenceMode, card)
    fabric = nvml.c_nvmlGpuFabricInfo_t()
    answer = query("fabric", nvml.nvmlDeviceGetGpuFabricInfo, card, ctypes.byref(fabric))
    return {
        "index": index,
        "name": query("name", nvml.nvmlDeviceGetName, card) or "",
        "uuid": query("uuid", nvml.nvmlDeviceGetUUID, card) or "",
        "bus": _bus(query("bus", nvml.nvmlDeviceGetPciInfo, card)),
        "capability": "{}.{}".format(*capability) if capability else None,
        "memory_total": memory and memory.total,
        "memory_free": memory and memory.free,
        "compute_mode": query("compute-mode", nvml.nvmlDeviceGetComputeMode, card),
        "mig": bool(mig[0]) if mig else None,
        "instances": _instances(nvml, card, query) if mig and mig[0] else [],
        "processes": _processes(nvml, card, query, "processes"),
        "ecc": bool(ecc[0]) if ecc else None,
        "uncorrected_errors": query("errors", nvml.nvmlDeviceGetTotalEccErrors, card, 1, 0),
        "retired_pages": None if None in pages else sum(len(page) for page in pages),
        "retirement_pending": bool(rows[2] or rows[3]) if rows else _flag(pending),
        "persistence": _flag(persistence),
        "fabric_state": fabric.state if answer is not None else None,
        "refused": query.refused,
    }


def _flag(value: Optional[int]) -> Optional[bool]:
    return None if value is None else bool(value)


def _bus(info: Any) -> str:
    text = getattr(info, "busId", "") or ""
    return text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)


def _memory(nvml: Any, card: Any, query: Queries, what: str) -> Any:
    """The second version does not count what the driver reserves as used; 470 has the first only."""
    memory = query(what, nvml.nvmlDeviceGetMemoryInfo, card, nvml.nvmlMemory_v2)
    if memory is None:
        memory = query(what, nvml.nvmlDeviceGetMemoryInfo, card)
        if memory is not None:
            query.refused.pop(what, None)
    return memory


def _instances(nvml: Any, card: Any, query: Queries) -> list[dict[str, Any]]:
    found = []
    for number in range(query("instances", nvml.nvmlDeviceGetMaxMigDeviceCount, card) or 0):
        try:
            instance = nvml.nvmlDeviceGetMigDeviceHandleByIndex(card, number)
        except nvml.NVMLError:
            continue
        memory = _memory(nvml, instance, query, "instance-memory")
        found.append(
            {
                "uuid": query("instance-uuid", nvml.nvmlDeviceGetUUID, instance) or "",
                "name": query("instance-name", nvml.nvmlDeviceGetName, instance) or "",
                "memory": memory and memory.total,
                "memory_free": memory and memory.free,
                "processes": _processes(nvml, instance, query, "instance-processes"),
            }
        )
    return found


#: the third version came with driver 510, the second with 470; clients of MPS are listed apart
_RUNNING = (
    ("nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses_v2"),
    ("nvmlDeviceGetMPSComputeRunningProcesses_v3",),
)


def _processes(nvml: Any, card: Any, query: Queries, what: str) -> list[dict[str, Any]]:
    """Closed modules number them as the first PID namespace does; elsewhere /proc would name others."""
    try:
        own = os.readlink("/proc/self/ns/pid") == _FIRST_PID_NAMESPACE
    except OSError:
        own = False
    found: dict[int, Any] = {}
    for versions, subject in zip(_RUNNING, (what, f"mps-{what}")):
        for version in versions:
            function = getattr(nvml, version, None)  # nvidia-ml-py 12.535 has not all
            listed = query(subject, function, card) if function is not None else None
            if listed is not None:
                query.refused.pop(subject, None)
                found.update((process.pid, process) for process in listed)
                break
    return [
        {"pid": pid, "memory": process.usedGpuMemory, "name": _name(pid) if own else ""}
        for pid, process in found.items()
    ]


def _name(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def query_cuda(path: str) -> None:
    """Emit the driver's CUDA version, whether CUDA starts, and the cards that it shows."""
    emit(step="dlopen")
    try:
        library = ctypes.CDLL(path)
    except OSError as failure:
        emit(problem="failed", message=str(failure), loads=False)
        return
    version, count = ctypes.c_int(), ctypes.c_int()
    emit(step="cuDriverGetVersion")
    if library.cuDriverGetVersion(ctypes.byref(version)) == 0:
        emit(version=version.value)
    emit(step="cuInit")
    code = library.cuInit(0)
    if code == 0:
        emit(step="cuDeviceGetCount")
        code = library.cuDeviceGetCount(ctypes.byref(count))
    name, message = ctypes.c_char_p(), ctypes.c_char_p()
    library.cuGetErrorName(code, ctypes.byref(name))
    library.cuGetErrorString(code, ctypes.byref(message))
    emit(code=code, name=(name.value or b"").decode(), message=(message.value or b"").decode())
    for number in range(count.value):
        emit(step=f"device-{number}")
        emit(device=_device(library, number))
    emit(step="end")


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
    label, text = name.value.decode("utf-8", "replace"), bytes(uuid).hex()
    parts = [text[:8], text[8:12], text[12:16], text[16:20], text[20:]]
    kind = "MIG-" if " MIG " in f" {label} " else "GPU-"
    return {
        "name": label, "uuid": kind + "-".join(parts), "capability": ".".join(capability),
        "memory": memory.value,
    }  # fmt: skip


if __name__ == "__main__":
    subject, library, packages = sys.argv[1:4]
    sys.path.append(packages)
    drop_privileges()
    try:
        {"nvml": query_nvml, "cuda": query_cuda}[subject](library)
    except (OSError, AttributeError, ImportError) as failure:
        emit(problem="failed", message=str(failure))
