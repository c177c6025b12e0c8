"""Cards, kernel module and device nodes, read from /sys, /proc and /dev without calling a driver.

No node is opened: opening /dev/nvidia0 may bring a sleeping card up, which takes seconds.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import Literal, Optional

import msgspec

from tritondoctor.facts.gpu.model import DeviceNode, KernelModule, PciDevice
from tritondoctor.loader import Files
from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import read_head

NVIDIA = "0x10de"
PCI = "/sys/bus/pci/devices"
VERSION = "/proc/driver/nvidia/version"
MODPROBE = "/usr/bin/nvidia-modprobe"
_WSL = "/usr/lib/wsl"
WSL_LIBRARIES = (f"{_WSL}/lib/libcuda.so*", f"{_WSL}/drivers/*/libcuda.so*")
_NODES = pattern(r"nvidia(\d+|ctl|-uvm)|dxg")
_MAJOR, _CONTROL_MINOR = 195, 255
_FABRIC_MANAGER = "nv-fabricmanage"  # as the kernel cuts it to 15 characters


class GpuDevices(msgspec.Struct, frozen=True):
    """What can be seen of a card without asking its driver."""

    pci: tuple[PciDevice, ...]
    module: KernelModule
    nodes: tuple[DeviceNode, ...]
    wsl: bool
    tegra: bool

    @property
    def present(self) -> bool:
        """Whether there is a card, or a way to one."""
        # vfio-pci holds a card for a virtual machine
        cards = any(device.kind == "gpu" and device.driver != "vfio-pci" for device in self.pci)
        numbered = any(node.path[-1].isdigit() for node in self.nodes)
        return cards or numbered or self.module.version is not None or self.wsl or self.tegra

    @property
    def cards(self) -> int:
        """How many cards there may be: sandboxes show nodes and no PCI bus."""
        on_the_bus = sum(device.kind == "gpu" for device in self.pci)
        return max(on_the_bus, sum(node.path[-1].isdigit() for node in self.nodes))


NOTHING = GpuDevices((), KernelModule(False), (), wsl=False, tegra=False)


def look(files: Files) -> GpuDevices:
    """Read /sys, /proc and the entries of /dev."""
    return GpuDevices(
        pci=_pci(files),
        module=_module(files),
        nodes=_nodes(),
        wsl=os.path.isdir(_WSL) and _has_wsl_libraries(),
        tegra=files.exists("/etc/nv_tegra_release") or files.exists("/dev/nvhost-gpu"),
    )


def _attribute(path: str) -> str:
    """Return what a file of a device in /sys says, without a look at each link on the way to it."""
    try:
        return read_head(path, 64).decode("ascii", "replace").strip()
    except OSError:
        return ""


def text_of(files: Files, path: str, size: int = 1 << 16) -> Optional[str]:
    """Return the text of a file in /proc or /sys; None where it cannot be read."""
    try:
        return files.head(path, size).decode("ascii", "replace")
    except OSError:
        return None


def _pci(files: Files) -> tuple[PciDevice, ...]:
    try:
        addresses = files.listdir(PCI)
    except OSError:
        return ()
    found: list[PciDevice] = []
    for address in addresses:
        folder = f"{PCI}/{address}"
        if _attribute(f"{folder}/vendor") != NVIDIA:
            continue
        what = _attribute(f"{folder}/class")
        if what.startswith(("0x0300", "0x0302")):
            device = _attribute(f"{folder}/device")
            found.append(PciDevice(address, device, "gpu", _bound(files, folder)))
        elif what.startswith("0x0680"):
            device = _attribute(f"{folder}/device")
            found.append(PciDevice(address, device, "nvswitch", _bound(files, folder)))
    return tuple(found)


def _bound(files: Files, folder: str) -> Optional[str]:
    try:
        return os.path.basename(files.readlink(f"{folder}/driver"))
    except OSError:
        return None


def _module(files: Files) -> KernelModule:
    """Read /proc/driver/nvidia, the module's own, and initstate, which the library reads."""
    first = (text_of(files, VERSION) or "").partition("\n")[0]
    match = re.search(r"\b(\d+\.\d+(?:\.\d+)?)\b", first)
    live = (text_of(files, "/sys/module/nvidia/initstate") or "").startswith("live")
    loaded = bool(match) or live
    return KernelModule(
        loaded=loaded,
        loadable=not loaded and _helper_is_root(files) and _installed(files),
        version=match.group(1) if match else None,
        open_source="Open Kernel Module" in first,
        uvm_loaded=files.exists("/sys/module/nvidia_uvm"),
    )


def _nodes() -> tuple[DeviceNode, ...]:
    try:
        names = sorted(name for name in os.listdir("/dev") if _NODES.fullmatch(name))
    except OSError:
        return ()
    found: list[DeviceNode] = []
    for name in names:
        path = f"/dev/{name}"
        try:
            info = os.stat(path)
        except OSError:
            continue
        device = stat.S_ISCHR(info.st_mode) and _numbered_right(name, info.st_rdev)
        mode = f"{stat.S_IMODE(info.st_mode):04o}"
        kind: Literal["device", "other"] = "device" if device else "other"
        found.append(DeviceNode(path, kind, mode, info.st_uid, info.st_gid, _refused(path)))
    return tuple(found)


def _numbered_right(name: str, number: int) -> bool:
    """The module's major number is 195, nvidiactl its last minor; those of the others may be any."""
    if name in ("nvidia-uvm", "dxg"):
        return True
    minor = _CONTROL_MINOR if name == "nvidiactl" else int(name[len("nvidia") :])
    return (os.major(number), os.minor(number)) == (_MAJOR, minor)


def _refused(path: str) -> str:
    """Return the error of access(2), which calls no driver; EPERM comes from the device cgroup."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if not libc.access(os.fsencode(path), os.R_OK | os.W_OK):
        return ""
    number = ctypes.get_errno()
    return errno.errorcode.get(number, str(number))


def makes_nodes(files: Files) -> bool:
    """Whether the driver's libraries would make missing nodes, as root or through their setuid helper.

    The module's parameter ModifyDeviceFiles can forbid both.
    """
    if re.search(r"^ModifyDeviceFiles: 0", text_of(files, "/proc/driver/nvidia/params") or "", re.M):
        return False
    return os.geteuid() == 0 or _helper_is_root(files)


def _helper_is_root(files: Files) -> bool:
    try:
        return bool(files.stat(MODPROBE).mode & stat.S_ISUID) or os.geteuid() == 0
    except OSError:
        return False


def _installed(files: Files) -> bool:
    """Whether there is such a module for the running kernel (Debian's is called nvidia-current)."""
    listed = text_of(files, f"/lib/modules/{os.uname().release}/modules.dep", 1 << 24) or ""
    return re.search(r"/nvidia(-[\w-]+)?\.ko", listed) is not None


def _has_wsl_libraries() -> bool:
    import glob

    return any(glob.glob(pattern) for pattern in WSL_LIBRARIES)


def fabric_manager_runs(files: Files) -> bool:
    """Whether a process of that name is seen (a container sees only its own)."""
    return any(
        (text_of(files, f"/proc/{name}/comm", 64) or "").strip() == _FABRIC_MANAGER
        for name in os.listdir("/proc")
        if name[0].isdigit()
    )
