"""The place that one environment is built in: its interpreter, variables, files and limits."""

from __future__ import annotations

import functools
import os
import platform
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import tritondoctor
from tests.truth import seccomp, stock
from tests.truth.stock import Absent

NOBODY = 65534


class Place:
    """Starts as a sound environment; a declaration changes it in one way (or is healthy all the same).

    `variables` are all that the doctor and PyTriton get, `options` go to bubblewrap, `before` are
    commands that end in running the rest of their line.
    """

    def __init__(self, here: Path, python: str, release: str | None, doctor: Callable[[], str]) -> None:
        self.here = here
        self.release = release
        self.base = stock.interpreter(python)
        self.home = here / "home"
        self.cwd = here / "cwd"
        for folder in (self.home, self.cwd):
            folder.mkdir(parents=True)
        self.variables = {"PATH": "/usr/bin:/bin", "HOME": str(self.home)}
        if self.base.libpython and self.base.minor != "3.13" and python != stock.SYSTEM:
            self.variables["LD_LIBRARY_PATH"] = self.base.lib
        self.options: list[str] = []
        self.before: list[str] = []
        self.groups: list[Path] = []
        self.arguments: list[str] | None = None
        self.doctor = sys.executable
        self.from_outside = False
        self.name = python
        self._public_doctor = doctor
        self._python: str | None = None

    @property
    def python(self) -> str:
        """The interpreter that is started: the kept venv's unless something was changed in it."""
        if self._python is not None:
            return self._python
        kept = stock.pytriton(self.name, self.release) if self.release else stock.venv(self.name)
        return f"{kept}/bin/python"

    @python.setter
    def python(self, path: str | Path) -> None:
        self._python = str(path)

    @functools.cached_property
    def prefix(self) -> Path:
        """The environment's own venv, which may be changed (remove a file before writing it)."""
        prefix = self.here / "env"
        stock.link_tree(os.path.dirname(os.path.dirname(self.python)), prefix)
        self.python = prefix / "bin" / "python"
        return prefix

    def start_from(self, kept: Path) -> None:
        """Makes another kept venv of the same Python the environment's own."""
        self._python = str(kept / "bin" / "python")
        self.__dict__.pop("prefix", None)
        shutil.rmtree(self.here / "env", ignore_errors=True)
        _ = self.prefix

    @property
    def packages(self) -> Path:
        """site-packages of `prefix`."""
        return stock.site_packages(self.prefix)

    @property
    def stub(self) -> Path:
        """The stub in `packages` for this Python."""
        stubs = self.packages / "pytriton/tritonserver/python_backend_stubs"
        return stubs / self.base.minor / "triton_python_backend_stub"

    def set(self, **variables: str | Path) -> None:
        """Sets variables."""
        self.variables.update({name: str(value) for name, value in variables.items()})

    def unset(self, *names: str) -> None:
        """Takes variables away."""
        for name in names:
            self.variables.pop(name, None)

    def write(self, path: Path, text: str | bytes) -> Path:
        """Writes a file, never through a hard link into the kept venv."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def edit(self, path: Path) -> Path:
        """Makes a file of the venv this place's own, so that it may be changed."""
        content, mode = path.read_bytes(), path.stat().st_mode
        self.write(path, content).chmod(mode)
        return path

    def remove(self, *names: str) -> None:
        """Takes files or folders out of site-packages."""
        for name in names:
            path = self.packages / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def folder_with(self, name: str, *libraries: Path | str) -> Path:
        """A folder with copies of libraries."""
        folder = self.here / name
        folder.mkdir(exist_ok=True)
        for path in libraries:
            shutil.copy(os.path.realpath(path), folder / os.path.basename(path))
        return folder

    def debian(self, suite: str, soname: str) -> Path:
        """A folder that holds one library of another Debian suite and nothing else."""
        folder = self.here / f"{suite}-{soname}"
        folder.mkdir(exist_ok=True)
        shutil.copy(os.path.realpath(stock.debian_library(suite, soname)), folder / soname)
        return folder

    def library_path(self, *elements: str | Path) -> None:
        """Sets LD_LIBRARY_PATH."""
        self.set(LD_LIBRARY_PATH=":".join(str(element) for element in elements))

    def link_libpython(self) -> None:
        """The least invasive cure of a missing libpython: one link beside PyTriton's libraries."""
        self.unset("LD_LIBRARY_PATH")
        library = Path(self.base.lib) / f"libpython{self.base.minor}.so.1.0"
        link = self.packages / "nvidia_pytriton.libs" / library.name
        link.symlink_to(library)

    def compile(self, library: Path, source: str, *options: str, versions: str = "") -> Path:
        """A shared library from C, with the symbol versions of a version script."""
        if shutil.which("gcc") is None:
            raise Absent("gcc is not installed")
        library.parent.mkdir(parents=True, exist_ok=True)
        code = self.write(self.here / "library.c", source)
        script = []
        if versions:
            script = [f"-Wl,--version-script={self.write(self.here / 'library.map', versions)}"]
        name = f"-Wl,-soname,{library.name}"
        command = ["gcc", "-shared", "-fPIC", "-nostdlib", name, *script, *options]
        stock.run([*command, "-o", str(library), str(code)], f"gcc for {library.name}")
        return library

    def conda(self, name: str = "conda") -> Path:
        """A prefix as conda makes them: a whole Python with its library, and conda-meta.

        PyTriton is installed in it where the place has a release; it becomes the target.
        """
        prefix = self.here / name
        source = Path(self.base.prefix)
        lib = f"lib/python{self.base.minor}"
        for folder in ("bin", "conda-meta", f"{lib}/site-packages"):
            (prefix / folder).mkdir(parents=True)
        for item in (source / lib).iterdir():
            if item.name not in ("site-packages", "test", "__pycache__", "dist-packages"):
                stock.link_tree(item, prefix / lib / item.name)
        for program in ("python3", f"python{self.base.minor}"):
            shutil.copy2(source / "bin" / program, prefix / "bin" / program)
        (prefix / "bin/python").symlink_to("python3")
        for library in (source / "lib").glob("libpython*"):
            shutil.copy2(library, prefix / "lib" / library.name, follow_symlinks=False)
        self.write(prefix / "conda-meta/history", "==> 2024-01-01 00:00:00 <==\n")
        self.write(
            prefix / f"conda-meta/python-{self.base.version}-0.json",
            f'{{"name": "python", "version": "{self.base.version}", "build": "0", "files": []}}',
        )
        if self.release:
            kept = stock.site_packages(stock.pytriton(self.name, self.release))
            (prefix / lib / "site-packages").rmdir()
            stock.link_tree(kept, prefix / lib / "site-packages")
        self.python = prefix / "bin" / "python"
        self.set(CONDA_PREFIX=prefix, CONDA_DEFAULT_ENV=name, PATH=f"{prefix}/bin:/usr/bin:/bin")
        self.unset("LD_LIBRARY_PATH")
        return prefix

    def before_start(self, script: str) -> None:
        """Runs a line of sh in the sandbox, in the process that becomes the start."""
        self.before += ["sh", "-c", f'{script}; exec "$@"', "sh"]

    def own_tmp(self, *options: str) -> None:
        """An empty /tmp, in which only the tests' own folders are."""
        self.options += [*options, "--tmpfs", "/tmp"]
        source = os.path.dirname(os.path.dirname(tritondoctor.__file__))
        for folder in (str(self.here.parent), sys.prefix, source):
            if folder.startswith("/tmp/"):
                self.options += ["--bind", folder, folder]

    def preload_file(self, text: str) -> None:
        """Another /etc/ld.so.preload, in a copy of /etc."""
        etc = self.here / "etc"
        if not etc.exists():
            shutil.copytree("/etc", etc, symlinks=True, ignore_dangling_symlinks=True)
            self.options += ["--bind", str(etc), "/etc"]
        self.write(etc / "ld.so.preload", text)

    def limit(self, **limits: int) -> None:
        """Sets resource limits, as ulimit does."""
        self.before += ["prlimit", *(f"--{name}={value}:{value}" for name, value in limits.items())]

    def refuse(self, rules: str) -> None:
        """The kernel refuses system calls to the rest (seccomp.py has the rules)."""
        if platform.machine() != "x86_64":
            raise Absent("the filters of the tests are for x86-64")
        self.before += ["/usr/bin/python3", seccomp.__file__, rules, "--"]

    def as_nobody(self) -> None:
        """The rest runs as a user without any right, in a home of its own."""
        if os.geteuid() != 0:
            raise Absent("only root can start PyTriton as another user")
        if shutil.which("setpriv") is None:
            raise Absent("setpriv is not installed")
        ids = ["--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]
        self.before += ["setpriv", *ids]
        for folder in (self.home, self.cwd):
            os.chown(folder, NOBODY, NOBODY)
        self.doctor = self._public_doctor()

    def venv_without_packages(self, *options: str) -> Path:
        """A fresh venv of the same Python with nothing in it; it becomes the target."""
        prefix = self.here / "fresh"
        command = [self.base.path, "-m", "venv", "--without-pip", *options, str(prefix)]
        stock.run(command, "a bare venv")
        self.python = prefix / "bin" / "python"
        return prefix

    def kept_packages(self) -> Path:
        """site-packages of the kept venv, to be read or linked."""
        assert self.release
        return stock.site_packages(stock.pytriton(self.name, self.release))

    def pip(self, *arguments: str) -> None:
        """Installs into `prefix`."""
        _ = self.prefix
        stock.pip(self.python, *arguments)

    def occupy(self, address: str, port: int) -> None:
        """Another process listens on a port."""
        family = "AF_INET6" if ":" in address else "AF_INET"
        ready = self.here / "listening"
        listen = (
            f"import socket, time; s = socket.socket(socket.{family}); s.bind(('{address}', {port})); "
            f"s.listen(); open('{ready}', 'w'); time.sleep(600)"
        )
        wait = f"while [ ! -e {ready} ]; do sleep 0.1; done"
        self.before_start(f'rm -f {ready}; /usr/bin/python3 -c "{listen}" & {wait}')

    def listen(
        self, port: int, *, family: int = socket.AF_INET, kind: int = socket.SOCK_STREAM,
        listens: bool = True, options: Sequence[int] = (),
    ) -> None:  # fmt: skip
        """Another process holds a port in the way that is told; IPv6 for itself alone."""
        ready = self.here / "listening"
        lines = [f"import socket, time; s = socket.socket({int(family)}, {int(kind)})"]
        lines += [f"s.setsockopt({socket.SOL_SOCKET}, {int(option)}, 1)" for option in options]
        if family == socket.AF_INET6:
            lines.append(f"s.setsockopt({socket.IPPROTO_IPV6}, {socket.IPV6_V6ONLY}, 1)")
        address = "::" if family == socket.AF_INET6 else "0.0.0.0"
        lines.append(f"s.bind(('{address}', {port}))")
        if listens and kind == socket.SOCK_STREAM:
            lines.append("s.listen()")
        lines.append(f"open('{ready}', 'w'); time.sleep(600)")
        wait = f"while [ ! -e {ready} ]; do sleep 0.1; done"
        self.before_start(f'rm -f {ready}; /usr/bin/python3 -c "{"; ".join(lines)}" & {wait}')

    def group(self, controller: str, setting: str, value: int) -> None:
        """Runs the rest in a control group of its own with a limit (version 1 of cgroups)."""
        folder = Path(
            "/sys/fs/cgroup", controller, f"tritondoctor-{self.here.parent.name}-{self.here.name}"
        )
        try:
            folder.mkdir()
            (folder / setting).write_text(str(value))
        except OSError as failure:
            raise Absent(f"control groups cannot be made here: {failure}") from failure
        self.groups.append(folder)
        self.before_start(f"echo 0 > {folder}/cgroup.procs")

    def close(self) -> None:
        """Removes what lies outside the place's own folder, once its last process is gone."""
        deadline = time.monotonic() + 10
        while self.groups and time.monotonic() < deadline:
            try:
                self.groups[-1].rmdir()
                self.groups.pop()
            except OSError:
                time.sleep(0.1)

    def check(self, command: list[str]) -> str:
        """What a command prints; for declarations that need to know what they made."""
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
