"""Machines that are not here: /proc, /sys and /dev of one with a card, in a sandbox (bubblewrap)."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.truth.stock import Absent

PAPER, PAPER_MODULE = Path(__file__).with_name("paper.c"), Path(__file__).with_name("paper_module.c")
NODES = {"nvidiactl": (195, 255), "nvidia-uvm": (511, 0)}
PCI_GPU, PCI_SWITCH = "0x030200", "0x068000"
CGROUP = Path("/sys/fs/cgroup/devices")
DEADLINE_S = 60.0


@dataclass(frozen=True)
class Seen:
    """What `check --json` told in a scene."""

    report: dict[str, Any]
    status: int
    text: str

    @property
    def gpu(self) -> dict[str, Any]:
        """The facts of the GPU."""
        facts: dict[str, Any] = self.report["facts"]["gpu"]
        return facts

    def found(self) -> dict[str, str]:
        """id -> severity of the findings that concern the GPU; of several with one id the first."""
        from tritondoctor.checks import CATALOGUE

        return {
            finding["id"]: finding["severity"] for finding in reversed(self.report["findings"])
            if CATALOGUE[finding["id"]].subject == "gpu"
        }  # fmt: skip


class Scene:
    """A machine without a card, until something is added."""

    def __init__(self, here: Path, prefix: str) -> None:
        if shutil.which("bwrap") is None:
            raise Absent("bubblewrap (bwrap) is not installed")
        self.here = here
        self.prefix = prefix
        self.variables = {"PATH": "/usr/bin:/bin", "HOME": str(here)}
        self.before: list[str] = []
        self._proc: list[str] = []
        self._sys: list[str] = []
        self._dev: list[str] = []
        self._more: list[str] = []
        self._denied = False
        #: as `attach` needs it; only where the kernel's own /proc has a folder `driver`
        self.shows_processes = False

    def file(self, name: str, text: str) -> str:
        """A file of this scene's own."""
        path = self.here / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def pci(self, address: str = "0000:01:00.0", kind: str = PCI_GPU, driver: str = "nvidia") -> None:
        """A device of NVIDIA on the bus."""
        folder = f"/sys/bus/pci/devices/{address}"
        self._sys += ["--perms", "0755", "--dir", folder]
        for name, text in (("vendor", "0x10de"), ("class", kind), ("device", "0x2330")):
            self._sys += ["--ro-bind", self.file(f"{address}-{name}", text + "\n"), f"{folder}/{name}"]
        if driver:
            self._sys += ["--symlink", f"../../drivers/{driver}", f"{folder}/driver"]

    def module(self, version: str, *, uvm: bool = True) -> None:
        """The kernel module is loaded."""
        text = (
            f"NVRM version: NVIDIA UNIX x86_64 Kernel Module  {version}  Thu Feb 22 01:44:30 UTC 2024\n"
            "GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n"
        )
        for folder in ("/proc/driver", "/proc/driver/nvidia"):
            self._proc += ["--perms", "0755", "--dir", folder]
        self._proc += ["--ro-bind", self.file("version", text), "/proc/driver/nvidia/version"]
        live = self.file("initstate", "live\n")
        for name in ["nvidia", *(["nvidia_uvm"] if uvm else [])]:
            self._sys += ["--perms", "0755", "--dir", f"/sys/module/{name}"]
            self._sys += ["--ro-bind", live, f"/sys/module/{name}/initstate"]

    def nodes(self, *numbers: int, uvm: bool = True, mode: int = 0o666) -> None:
        """The device nodes of cards; nothing answers behind them."""
        wanted = {name: NODES[name] for name in NODES if uvm or name != "nvidia-uvm"}
        wanted.update({f"nvidia{number}": (195, number) for number in numbers or (0,)})
        for name, (major, minor) in wanted.items():
            path = self.here / "files" / name
            path.parent.mkdir(exist_ok=True)
            try:
                os.mknod(path, stat.S_IFCHR, os.makedev(major, minor))
            except PermissionError as failure:
                raise Absent("device nodes can be made by root only") from failure
            path.chmod(mode)
            self._dev += ["--dev-bind", str(path), f"/dev/{name}"]

    def device(self, name: str) -> None:
        """A node that only has to be there."""
        self._dev += ["--dev-bind", "/dev/null", f"/dev/{name}"]

    def card(self, version: str = "550.54.15") -> None:
        """All of the above: a machine with one card whose driver is in order."""
        self.pci()
        self.module(version)
        self.nodes()

    def paper(self, *, version: str = "550.54.15", folder: str = "driver", nvml: bool = True,
              **answers: object) -> Path:  # fmt: skip
        """The stand-in libraries, first on the path; `answers` are their PAPER_ variables."""
        place = self.here / folder
        place.mkdir(parents=True)
        for soname, source in paper_libraries().items():
            if nvml or "cuda" in soname:
                shutil.copy(source, place / f"{soname[:-2]}.{version}")
                (place / soname).symlink_to(f"{soname[:-2]}.{version}")
        self.library_path(place)
        self.variables["PAPER_DRIVER"] = version
        self.variables.update({f"PAPER_{name.upper()}": str(value) for name, value in answers.items()})
        return place

    def library_path(self, folder: Path) -> None:
        """Puts a folder first on LD_LIBRARY_PATH."""
        rest = self.variables.get("LD_LIBRARY_PATH")
        self.variables["LD_LIBRARY_PATH"] = f"{folder}:{rest}" if rest else str(folder)

    def package(self, name: str, files: dict[str, str | bytes]) -> None:
        """A package on PYTHONPATH."""
        root = self.here / "packages"
        for path, content in {f"{name}/__init__.py": "", **files}.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)
        self.variables["PYTHONPATH"] = str(root)

    def torch(self, cuda: str | None, architectures: str = "") -> None:
        """torch as its files tell of it."""
        version = f"2.4.1+{'cpu' if cuda is None else 'cu' + cuda.replace('.', '')}"
        text = f"__version__ = '{version}'\ncuda = {cuda!r}\nhip = None\n"
        library = b"\x7fELF" + bytes(60) + b"\0" + architectures.encode() + b"\0"
        self.package("torch", {"torch/version.py": text, "torch/lib/libtorch_python.so": library})

    def container(self, **variables: str) -> None:
        """It is a container, with NVIDIA's variables."""
        self.variables.update({"container": "podman", **variables})

    def wsl(self, *, dxg: bool = True) -> Path:
        """Windows lends its card: /usr/lib/wsl/lib with the stand-in libcuda, and /dev/dxg."""
        hidden = str(self.here / "usr-lib")
        os.mkdir(hidden)
        self._more += ["--bind", "/usr/lib", hidden, "--tmpfs", "/usr/lib"]
        for name in os.listdir("/usr/lib"):
            self._more += ["--symlink", f"{hidden}/{name}", f"/usr/lib/{name}"]
        place = Path("/usr/lib/wsl/lib")
        for soname, source in paper_libraries().items():
            self._more += ["--ro-bind", str(source), f"{place}/{soname}"]
        if dxg:
            self.device("dxg")
        return place

    def empty(self, folder: str) -> None:
        """A folder of this machine that has nothing in it here."""
        self._more += ["--tmpfs", folder]

    def without(self, folder: str, *names: str) -> None:
        """A folder of this machine that lacks these files here."""
        hidden = str(self.here / f"hidden{folder.replace('/', '-')}")
        os.mkdir(hidden)
        self._more += ["--bind", folder, hidden, "--tmpfs", folder]
        for name in os.listdir(folder):
            if name not in names:
                self._more += ["--symlink", f"{hidden}/{name}", f"{folder}/{name}"]

    def as_nobody(self) -> None:
        """All runs as a user without rights (root's home is passable in a scene)."""
        if os.geteuid() != 0 or shutil.which("setpriv") is None:
            raise Absent("only root, with setpriv, can run the doctor as another user")
        self.before = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]

    def deny(self) -> None:
        """The device cgroup denies the nodes to all that runs in the scene."""
        if not os.access(CGROUP / "cgroup.procs", os.W_OK):
            raise Absent("there is no device cgroup (version 1) that may be changed here")
        self._denied = True

    def without_making_nodes(self) -> None:
        """Root in the scene may not make device nodes (in a sandbox they could not be opened)."""
        self.before = ["setpriv", "--bounding-set=-mknod", "--inh-caps=-mknod"]

    def options(self) -> list[str]:
        """What bubblewrap lays over a machine to make it this one."""
        line = (
            ["--proc", "/proc", "--tmpfs", "/proc/driver"]
            if self.shows_processes
            else self._copied_proc()
        )
        line += [*self._proc, "--tmpfs", "/sys/module", "--tmpfs", "/sys/bus/pci/devices", *self._sys]
        return [*line, "--dev", "/dev", *self._dev, *self._more]

    def _copied_proc(self) -> list[str]:
        """A /proc without processes, into which anything can be laid."""
        real = str(self.here / "proc")
        os.makedirs(real, exist_ok=True)
        line = ["--proc", real, "--tmpfs", "/proc"]
        for name in os.listdir("/proc"):
            if not name.isdigit() and name not in ("driver", "modules"):
                line += ["--symlink", f"{real}/{name}", f"/proc/{name}"]
        return line

    def command(self, *words: str) -> list[str]:
        """The words, run in the sandbox."""
        variables = [f"{name}={value}" for name, value in self.variables.items()]
        return [
            "bwrap", "--die-with-parent", *_root(), *self.options(), *self.before,
            "/usr/bin/env", "-i", *variables, *words,
        ]  # fmt: skip

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs a command in the scene."""
        command = self.command(*words)
        with _denying_cgroup() if self._denied else _no_prefix() as prefix:
            return subprocess.run(
                [*prefix, *command], env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, cwd=self.here,
                stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                timeout=DEADLINE_S,
            )  # fmt: skip

    def check(self, *options: str, target: str = "--prefix") -> Seen:
        """`check --json` there."""
        words = ["-I", "-m", "tritondoctor", "check", target, self.prefix, "--json", *options]
        done = self.run(sys.executable, *words)
        assert done.stdout, done.stderr
        return Seen(json.loads(done.stdout), done.returncode, done.stdout)


def _root() -> list[str]:
    """This machine's folders, without the marks that a container leaves in the root."""
    line: list[str] = []
    for name in os.listdir("/"):
        path = f"/{name}"
        if os.path.islink(path):
            line += ["--symlink", os.readlink(path), path]
        elif name == "root":  # where the Python of the tests may be; others may pass, as nobody does
            line += ["--perms", "0755", "--dir", path]
            for name in os.listdir(path):
                line += ["--dev-bind", f"{path}/{name}", f"{path}/{name}"]
        elif os.path.isdir(path) and name not in ("dev", "proc"):
            line += ["--dev-bind", path, path]
    return line


@contextmanager
def _no_prefix() -> Iterator[list[str]]:
    yield []


@contextmanager
def _denying_cgroup() -> Iterator[list[str]]:
    """A command prefix that enters a cgroup in which NVIDIA's device numbers are denied."""
    folder = CGROUP / f"tritondoctor-{os.getpid()}"
    folder.mkdir()
    try:
        for major in {major for major, _ in NODES.values()}:
            (folder / "devices.deny").write_text(f"c {major}:* rwm")
        yield ["sh", "-c", f'echo $$ > {folder}/cgroup.procs; exec "$@"', "sh"]
    finally:
        for _ in range(50):
            try:
                folder.rmdir()
                break
            except OSError:  # the last process is still leaving
                time.sleep(0.1)


@functools.cache
def paper_libraries() -> dict[str, Path]:
    """The stand-ins, built once a session: soname -> file."""
    folder = Path(tempfile.mkdtemp(prefix="paper-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return {
        "libcuda.so.1": build(PAPER, folder / "libcuda.so.1", "-DCUDA"),
        "libnvidia-ml.so.1": build(PAPER, folder / "libnvidia-ml.so.1"),
    }


def build(source: Path, library: Path, *options: str) -> Path:
    """Compiles a shared library."""
    if shutil.which("gcc") is None:
        raise Absent("gcc is not installed")
    name = f"-Wl,-soname,{library.name}"
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-O1", "-w", name, *options, "-o", str(library), str(source)],
        check=True,
    )
    return library
