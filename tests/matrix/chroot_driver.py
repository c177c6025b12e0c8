"""The driver `chroot`: the same scripts in bare roots through bubblewrap, where there is no engine.

What Docker gives a container by default – its own processes, network and 64 MB of /dev/shm, a user
without rights – bubblewrap gives it here.  Limits of control groups it does not set.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import engine
from tests.matrix import generate, materials
from tests.matrix.driver import CELL_DEADLINE_S, Broken, question, told
from tests.matrix.model import DOCKER, Cell
from tests.truth.stock import Absent

_SHM = "64m"
_UNITS = {"k": 2**10, "m": 2**20, "g": 2**30}
_BUILD_DEADLINE_S = 900


class ChrootDriver:
    """Cells in roots below `folder`; an environment's root is made once a session and copied."""

    name = "chroot"

    def __init__(self, folder: Path) -> None:
        if shutil.which("bwrap") is None:
            raise Absent("bubblewrap (bwrap) is not installed")
        if os.geteuid() != 0:
            raise Absent("bare roots with another user in them take root")
        self.folder = folder
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()
        self._doctor: Path | None = None

    @contextmanager
    def prepare(self, cell: Cell) -> Iterator[Path]:
        """The cell's own root."""
        if not cell.base.suite:
            raise Absent(f"{cell.base.image} must be pulled, which takes an engine")
        if cell.declared.docker.memory or cell.declared.docker.pids:
            raise Absent("bubblewrap sets no limits of control groups")
        environment = self._environment(cell)
        root = Path(tempfile.mkdtemp(prefix="cell-", dir=self.folder))
        try:
            _run(["cp", "-aT", "--reflink=auto", str(environment), str(root)], "the copy of a root")
            root.chmod(0o755)
            if cell.declared.defects:
                with tempfile.TemporaryDirectory() as place:
                    materials.bring(cell, Path(place))
                    mounts = {"/materials": Path(place), "/defects": DOCKER / "defects"}
                    variables = {"SOURCE": cell.source}
                    apply = ["sh", "/defects/apply.sh", "; ".join(cell.declared.defects)]
                    _inside(root, mounts, variables, apply, "its defects")
            (root / "home/ana/linear_quick_start.py").touch()
            yield root
        finally:
            shutil.rmtree(root, ignore_errors=True)

    def steps(self, cell: Cell, prepared: Path) -> Iterator[Mapping[str, Any]]:
        """Runs inside.py as the first process of a sandbox."""
        command = [
            *self._sandbox(cell, prepared), cell.base.doctor, "-I", "/matrix/inside.py", question(cell)
        ]  # fmt: skip
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        timer = threading.Timer(CELL_DEADLINE_S, process.kill)
        timer.start()
        try:
            assert process.stdout is not None and process.stderr is not None
            for line in process.stdout:
                yield told(line)
            if process.wait():
                raise Broken(f"the sandbox ended: {process.stderr.read()[-2000:].strip()}")
        finally:
            timer.cancel()
            process.kill()
            process.wait()

    def _sandbox(self, cell: Cell, root: Path) -> list[str]:
        options = cell.declared.docker
        command = [
            "bwrap", "--die-with-parent", "--unshare-net", "--unshare-pid", "--unshare-ipc", "--as-pid-1",
            "--ro-bind" if options.read_only else "--bind", str(root), "/", "--proc", "/proc",
            "--dev", "/dev", "--ro-bind", "/sys", "/sys",
            "--perms", "1777", "--size", str(size(options.shm_size or _SHM)), "--tmpfs", "/dev/shm",
            "--ro-bind", str(self._doctor_folder()), "/matrix",
            "--ro-bind", str(materials.wheels(cell.minor, cell.installable)), "/wheels",
        ]  # fmt: skip
        first: list[str] = []
        for place, text in options.tmpfs.items():
            how = dict(part.partition("=")[::2] for part in text.split(",") if part)
            command += ["--size", how["size"]] if "size" in how else []
            command += ["--perms", how.get("mode", "1777"), "--tmpfs", place]
            if "uid" in how:
                first.append(f"chown {how['uid']} {place}")
            if "exec" not in how:
                first.append(f"mount -o remount,noexec {place}")
        command += [
            "--ro-bind", str(materials.TRUTH / "linear.py"), "/home/ana/linear_quick_start.py",
            "--chdir", "/home/ana", "/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        ]  # fmt: skip
        user = options.user or "1000"
        limits = [f"--{name}={value}:{value}" for name, value in options.ulimits.items()]
        drop = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        line = "; ".join([*first, f'exec {shlex.join(["prlimit", *limits, *drop])} "$@"'])
        return [*command, "sh", "-c", line, "sh"]

    def _doctor_folder(self) -> Path:
        with self._lock:
            if self._doctor is None:
                self._doctor = materials.doctor(self.folder / "doctor")
                for path in (self.folder / "doctor").rglob("*"):
                    path.chmod(0o755 if path.is_dir() else 0o644)
        return self._doctor

    def _environment(self, cell: Cell) -> Path:
        with self._lock:
            lock = self._locks[cell.environment]
        with lock:
            root = self.folder / "environments" / cell.environment
            if not root.exists():
                making = root.with_name(f"{root.name}.making")
                shutil.rmtree(making, ignore_errors=True)
                self._make(cell, making)
                making.rename(root)
        return root

    def _make(self, cell: Cell, root: Path) -> None:
        root.mkdir(parents=True)
        archive = engine.archive(cell.base.suite, cell.base.packages)
        _run(
            ["tar", "-C", str(root), "--exclude=./dev/*", "-xpf", str(archive)], "the unpacking of a base"
        )
        (root / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
        if materials.needs_interpreter(cell):
            _run(["cp", "-aT", str(materials.interpreter(cell.minor)), str(root / "opt")], "its Python")
        _inside(
            root, {}, {},
            ["useradd", "--create-home", "--uid", "1000", "--shell", "/bin/bash", "ana"], "its user",
        )  # fmt: skip
        mounts = {
            "/wheels": materials.wheels(cell.minor, cell.release), "/parts": DOCKER / "parts",
            "/channel": materials.channel(cell.minor) if cell.source == "conda" else DOCKER / "channel",
        }  # fmt: skip
        arguments = {"FORCE": "no", **generate.arguments(cell)}
        _inside(root, mounts, arguments, ["sh", "/parts/environment.sh"], "its environment")
        _inside(root, {}, {}, ["chown", "-R", "--no-dereference", "1000:1000", "/opt"], "its owner")


def _inside(
    root: Path, mounts: Mapping[str, Path], variables: Mapping[str, str], words: list[str], what: str
) -> None:
    """A command of the build, as root in the root, without a network."""
    command = ["bwrap", "--die-with-parent", "--unshare-net", "--unshare-pid", "--bind", str(root), "/",
               "--proc", "/proc", "--dev", "/dev"]  # fmt: skip
    for place, path in mounts.items():
        command += ["--ro-bind", str(path), place]
    own = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", **variables}
    command += ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in own.items()), *words]
    _run(command, what)


def _run(command: list[str], what: str) -> None:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace", timeout=_BUILD_DEADLINE_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as failure:
        raise Broken(f"{what}: {failure}") from failure
    if done.returncode:
        raise Broken(f"{what}: {done.stdout[-2000:].strip()}")


def size(text: str) -> int:
    """Bytes of a size as Docker writes it: `64m`."""
    found = re.fullmatch(r"(\d+)([kmg]?)b?", text.lower())
    if found is None:
        raise Broken(f"no size: {text}")
    return int(found[1]) * _UNITS.get(found[2], 1)
