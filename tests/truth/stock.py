"""What environments are made of, built once and kept: interpreters, PyTriton in venvs, other Debians.

All of it lies in one folder (TRITONDOCTOR_TEST_CACHE, else ~/.cache/tritondoctor-tests); to start
afresh, remove it.  What a machine cannot provide raises `Absent`, and the test is skipped with it.
"""

from __future__ import annotations

import fcntl
import functools
import glob
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import tritondoctor

CACHE = Path(os.environ.get("TRITONDOCTOR_TEST_CACHE") or Path.home() / ".cache" / "tritondoctor-tests")
SYSTEM, LIB64 = "system", "lib64"
#: of which suite which packages are taken; libraries only, nothing of it is ever run
SUITES = {
    "bullseye": "libstdc++6,libgcc-s1,libc6,libpython3.9",
    "bookworm": "libstdc++6,libgcc-s1,libc6,libpython3.11",
    "trixie": "libstdc++6,libgcc-s1,libc6,libpython3.13",
}
_BUILD_DEADLINE_S = 900
_QUESTION = (
    "import json, sys, sysconfig as s; import venv; "
    "print(json.dumps([sys.version.split()[0], sys.base_prefix, "
    "s.get_config_var('LIBDIR'), s.get_config_var('INSTSONAME')]))"
)


class Absent(Exception):  # noqa: N818 - it is no error
    """This machine lacks something that an environment needs; the text says what."""


@dataclass(frozen=True)
class Interpreter:
    """A Python of the machine; `libpython` is None where it was built without a shared library."""

    path: str
    version: str
    prefix: str
    libpython: str | None

    @property
    def minor(self) -> str:
        """`3.11` of `3.11.7`."""
        return self.version.rpartition(".")[0]

    @property
    def lib(self) -> str:
        """The folder of its shared library."""
        if self.libpython is None:
            raise Absent(f"{self.path} was built without --enable-shared")
        return os.path.dirname(self.libpython)


@functools.cache
def interpreter(name: str) -> Interpreter:
    """A Python by its minor version, `system` (/usr/bin/python3, which all may run) or `lib64`."""
    if name == LIB64:
        return lib64_interpreter()
    if name == SYSTEM:
        candidates = ["/usr/bin/python3"]
    else:
        own = str(Path.home() / f".pyenv/versions/{name}.*/bin/python{name}")
        places = [place for place in os.get_exec_path() if "shims" not in place]
        candidates = sorted(glob.glob(own)) + [
            path for path in (os.path.join(place, f"python{name}") for place in places)
            if os.access(path, os.X_OK)
        ]  # fmt: skip
    for path in candidates:
        asked = subprocess.run([path, "-I", "-c", _QUESTION], capture_output=True, text=True, check=False)
        if asked.returncode == 0:
            version, prefix, folder, library = json.loads(asked.stdout)
            shared = os.path.join(folder or "", library or "")
            there = ".so" in shared and os.path.exists(shared)
            return Interpreter(path, version, prefix, shared if there else None)
    raise Absent(f"there is no Python {name} with venv here")


#: a release whose source Debian keeps, with its folders as Fedora, openSUSE and Gentoo have them
_SOURCE = "pool/main/p/python3.11/python3.11_3.11.2.orig.tar.gz"
_LIB64 = ("--prefix=/usr", "--libdir=/usr/lib64", "--with-platlibdir=lib64", "--enable-shared",
          "--without-ensurepip", "LDFLAGS=-Wl,-rpath,'$$ORIGIN/../lib64'")  # fmt: skip


def lib64_interpreter() -> Interpreter:
    """A Python 3.11 whose standard library stands in lib64, compiled once (a quarter of an hour)."""

    def make(folder: Path) -> None:
        work = folder.parent / "source"
        work.mkdir()
        try:
            urllib.request.urlretrieve(f"{mirror()}/{_SOURCE}", work / "python.tar.gz")
        except OSError as failure:
            raise Absent(f"the source of Python: {failure}") from failure
        run(["tar", "xzf", "python.tar.gz", "--strip-components=1", "-C", str(work)], "source", cwd=work)
        for command in (
            ["nice", "-n", "19", "./configure", "-q", *_LIB64],
            ["nice", "-n", "19", "make", "-s"],
            ["nice", "-n", "19", "make", "-s", "install", f"DESTDIR={folder}"],
        ):
            run(command, "a Python with lib64", cwd=work, deadline=4 * _BUILD_DEADLINE_S)

    root = kept("lib64-3.11.2", make) / "usr"
    return Interpreter(
        str(root / "bin/python3.11"), "3.11.2-lib64", str(root), str(root / "lib64/libpython3.11.so.1.0")
    )


def kept(key: str, make: Callable[[Path], None]) -> Path:
    """The folder of that name in the cache; made first where it is not there, by one process."""
    CACHE.mkdir(parents=True, exist_ok=True)
    folder = CACHE / key
    with open(CACHE / f".{key}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            making = Path(tempfile.mkdtemp(prefix=".making-", dir=CACHE))
            try:
                make(making / "it")
                (making / "it").rename(folder)
            finally:
                shutil.rmtree(making, ignore_errors=True)
    return folder


def run(
    command: Sequence[str], what: str, *, cwd: Path | None = None, deadline: float = _BUILD_DEADLINE_S
) -> None:
    """Runs a command of the build; `Absent` with its last line where it fails."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=deadline, check=False, cwd=cwd,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise Absent(f"{what}: {failure}") from failure
    if done.returncode:
        said = done.stdout.strip().splitlines()[-1:]
        raise Absent(f"{what}: {' '.join(said)}")


def pip(python: str, *arguments: str) -> None:
    """Installs into the environment of `python`, with its own pip or else with this one."""
    own = subprocess.run([python, "-I", "-c", "import pip"], capture_output=True, check=False)
    start = [python, "-m", "pip"] if own.returncode == 0 else [
        sys.executable, "-m", "pip", "--python", python,
    ]  # fmt: skip
    options = ["-q", "--disable-pip-version-check", "--no-warn-script-location"]
    run([*start, "install", *options, *arguments], f"pip install {' '.join(arguments)}")


def make_venv(base: Interpreter, folder: Path, *options: str) -> str:
    """A venv with pip where the base has ensurepip; the path of its python."""
    known = subprocess.run([base.path, "-I", "-c", "import ensurepip"], capture_output=True, check=False)
    bare = [] if known.returncode == 0 else ["--without-pip"]
    run([base.path, "-m", "venv", *bare, *options, str(folder)], f"a venv of {base.path}")
    return str(folder / "bin" / "python")


def venv(name: str, *requirements: str) -> Path:
    """A kept venv of a Python with packages in it.  Link it, and never write to it."""
    base = interpreter(name)
    what = "+".join(re.sub(r"[^\w.]+", "-", requirement) for requirement in requirements) or "bare"
    kind = "usr-" if base.prefix == "/usr" else ""

    def make(folder: Path) -> None:
        python = make_venv(base, folder)
        if requirements:
            pip(python, *requirements)

    return kept(f"{kind}{base.version}-{what}", make)


def pytriton(name: str, release: str) -> Path:
    """A kept venv with a release of PyTriton, also where the release refuses that Python."""
    # some older ones do not refuse NumPy 2, with which they cannot work
    requirements = [f"nvidia-pytriton=={release}"] + (["numpy<2"] if release != "0.7.0" else [])
    try:
        return venv(name, *requirements)
    except Absent:
        if release == "0.7.0":
            raise
    return venv(name, *requirements, "--ignore-requires-python")


def with_frameworks(name: str, *steps: Sequence[str]) -> Path:
    """A kept venv with PyTriton 0.7.0 in which pip was run once more for each of `steps`."""
    base = interpreter(name)
    what = "+".join(re.sub(r"[^\w.]+", "-", one).strip("-") for step in steps for one in step)

    def make(folder: Path) -> None:
        link_tree(pytriton(name, "0.7.0"), folder)
        for step in steps:
            pip(str(folder / "bin" / "python"), *step)

    return kept(f"{base.version}-frameworks-{what}", make)


def site_packages(prefix: Path) -> Path:
    """The one folder lib/python3.X/site-packages of a prefix."""
    return next(prefix.glob("lib/python3*/site-packages"))


def link_tree(source: Path | str, target: Path | str) -> None:
    """A copy made of hard links; a plain copy where the file systems differ."""
    done = subprocess.run(["cp", "-alT", source, target], capture_output=True, check=False)
    if done.returncode:
        shutil.rmtree(target, ignore_errors=True)
        run(["cp", "-aT", str(source), str(target)], f"copy of {source}")


def mirror() -> str:
    """The Debian mirror that this machine's own apt uses."""
    sources = [*Path("/etc/apt").glob("sources.list.d/*"), Path("/etc/apt/sources.list")]
    found: list[tuple[str, str]] = []
    for text in (path.read_text(errors="replace") for path in sources if path.is_file()):
        found += [
            (match.group(1), match.group(2))
            for match in re.finditer(r"^deb\s+(?:\[.*?\]\s+)?(\S+)\s+(\S+)", text, re.M)
        ]
        for block in re.split(r"\n\s*\n", text):
            address = re.search(r"^URIs:\s*(\S+)", block, re.M)
            suites = re.search(r"^Suites:\s*(.+)$", block, re.M)
            if address and suites:
                found += [(address.group(1), suite) for suite in suites.group(1).split()]
    system = dict(re.findall(r'^(\w+)="?([^"\n]*)', Path("/etc/os-release").read_text(), re.M))
    if system.get("ID") != "debian":
        raise Absent("libraries of other Debian suites are taken on Debian only")
    own = system.get("VERSION_CODENAME", "")
    plain = [address for address, suite in found if suite == own]
    if not plain:
        raise Absent("no Debian mirror stands in this machine's apt sources")
    return plain[0]


def suite(name: str) -> Path:
    """A folder with the unpacked libraries of another Debian suite."""
    if shutil.which("mmdebstrap") is None:
        raise Absent("mmdebstrap is not installed")

    def make(folder: Path) -> None:
        run(
            ["mmdebstrap", "--variant=extract", f"--include={SUITES[name]}", name, str(folder),
             mirror()],
            f"libraries of Debian {name}",
        )  # fmt: skip

    return kept(f"debian-{name}", make)


def debian_library(name: str, soname: str) -> Path:
    """One library of another Debian suite."""
    for place in ("usr/lib", "lib"):
        for path in suite(name).glob(f"{place}/*-linux-gnu/{soname}"):
            return path
    raise Absent(f"Debian {name} has no {soname} for this machine")


def cached_by_loader(soname: str) -> bool:
    """Whether this machine's ld.so.cache knows the library."""
    known = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=False)
    return f"\t{soname} " in known.stdout


def public_doctor(folder: Path) -> None:
    """Makes a venv with the doctor that every user of the machine may run, below `folder`."""
    requires = importlib.metadata.requires("tritondoctor") or []
    plain = [require.replace(" ", "") for require in requires if "extra ==" not in require]
    kept = venv(SYSTEM, *plain)
    folder.mkdir()
    link_tree(kept, folder / "venv")
    shutil.copytree(
        Path(tritondoctor.__file__).parent, folder / "source" / "tritondoctor",
        ignore=shutil.ignore_patterns("__pycache__"),
    )  # fmt: skip
    (site_packages(folder / "venv") / "doctor.pth").write_text(f"{folder}/source\n")
