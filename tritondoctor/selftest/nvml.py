# mypy: ignore-errors
"""What NVIDIA's management library sees of a process; runs in the target, ctypes only.

Python 3.8 syntax, standard library.
"""

import ctypes


class _Process(ctypes.Structure):
    """nvmlProcessInfo_t of the third version of nvmlDeviceGetComputeRunningProcesses (nvml.h)."""

    _fields_ = [
        ("pid", ctypes.c_uint),
        ("used", ctypes.c_ulonglong),
        ("gpu_instance", ctypes.c_uint),
        ("compute_instance", ctypes.c_uint),
    ]


class _Memory(ctypes.Structure):
    _fields_ = [(name, ctypes.c_ulonglong) for name in ("total", "free", "used")]


_NOT_AVAILABLE = (1 << 64) - 1


def seen(pid, uuid):
    """Driver version, whether the process is listed, the memory that it or the whole card uses.

    In a container NVML lists the processes by the host's numbers; `listed` is then False although
    there are processes, and the card's memory in use is what remains to be said.
    """
    try:
        library = ctypes.CDLL("libnvidia-ml.so.1")
    except OSError as failure:
        return {"nvml": str(failure)}
    if library.nvmlInit_v2():
        return {"nvml": "nvmlInit failed"}
    try:
        return _seen(library, pid, uuid)
    finally:
        library.nvmlShutdown()


def _seen(library, pid, uuid):
    said = {"nvml": "answers"}
    text = ctypes.create_string_buffer(96)
    if not library.nvmlSystemGetDriverVersion(text, 96):
        said["driver"] = text.value.decode()
    card = ctypes.c_void_p()
    if library.nvmlDeviceGetHandleByUUID(uuid.encode(), ctypes.byref(card)):
        said["nvml"] = "does not know " + uuid
        return said
    memory = _Memory()
    if not library.nvmlDeviceGetMemoryInfo(card, ctypes.byref(memory)):
        said["card_used_mib"] = memory.used >> 20
    count, processes = ctypes.c_uint(512), (_Process * 512)()
    function = library.nvmlDeviceGetComputeRunningProcesses_v3
    if not function(card, ctypes.byref(count), processes):
        found = list(processes)[: count.value]
        said["processes"] = len(found)
        ours = [one for one in found if one.pid == pid]
        said["listed"] = bool(ours)
        if ours and ours[0].used != _NOT_AVAILABLE:
            said["process_used_mib"] = ours[0].used >> 20
    return said
