#!/usr/bin/env python3
"""Write ``pytriton_releases.json``: what each released wheel of nvidia-pytriton contains.

pip downloads the wheels from the index that it is configured for, one at a time; each is deleted after
reading. Releases that are already in the file are kept unless ``--all`` is given. Needs pyelftools.

A release has these keys beside its name, tag, size and requirements:

``needs``            highest version of each symbol family that any ELF file of the wheel needs
``glibc_of_server``  the same for glibc, for tritonserver, its backend and cache alone (no stub)
``stubs``            per Python: the libpython needed, whether the wheel bundles it, the glibc
                     needed, and ``isolated``: the stub starts Python in isolated mode, blind to
                     PYTHONPATH, PYTHONHOME and the user's site directory. Releases that have one
                     stub for all have the one key ``only``, and ``python`` names its Python
``stub_path``        where the stubs are, below ``pytriton``
``libs_dir_exists``  whether the directory that PyTriton puts on ``LD_LIBRARY_PATH`` is in the wheel
``triton``           Triton's version, read from libtritonserver; null if it is not readable
``launch``           what differs in how PyTriton launches, read from the wheel's own Python files
"""

from __future__ import annotations

import argparse
import ast
import email.parser
import json
import posixpath
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Optional

from tritondoctor.data.make_releases_binaries import (
    STUB,
    TREE,
    Binary,
    highest,
    read_binary,
    triton_version,
    version_key,
    with_libraries,
)
from tritondoctor.data.make_releases_sources import ReleaseSources, launch

DISTRIBUTION = "nvidia-pytriton"
OUTPUT = Path(__file__).with_name("pytriton_releases.json")
ARCHITECTURES = ("x86_64", "aarch64")
PYTHONS = ("3.12", "3.10", "3.8")
GLIBC_MINORS = range(17, 42)
LIBPYTHON = re.compile(r"libpython3(?:-[0-9a-f]+)?\.(\d+)\.so")

Release = dict[str, Any]


def pip(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this interpreter's pip and capture its output."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def released_versions() -> list[str]:
    """Every released version, newest first, as pip lists them."""
    answer = pip("index", "versions", DISTRIBUTION)
    found = re.search(r"^Available versions: (.+)$", answer.stdout, re.MULTILINE)
    if found is None:
        raise SystemExit(f"pip lists no versions of {DISTRIBUTION}:\n{answer.stderr}")
    return [version.strip() for version in found[1].split(",")]


def download(version: str, arch: str, folder: Path) -> Optional[Path]:
    """Fetch one wheel into ``folder``; ``None`` if there is none for this machine."""
    platforms = [f"--platform=manylinux_2_{minor}_{arch}" for minor in GLIBC_MINORS]
    requirement = f"{DISTRIBUTION}=={version}"
    for python in PYTHONS:
        answer = pip(
            *("download", "--no-deps", "--only-binary=:all:", "--no-cache-dir"),
            *(f"--python-version={python}", f"--dest={folder}", *platforms, requirement),
        )
        if answer.returncode == 0:
            return next(folder.glob("*.whl"))
        if "No matching distribution found" not in answer.stderr:
            raise SystemExit(f"{version} {arch}: {answer.stderr}")
    return None


def python_of(libraries: Iterable[str]) -> Optional[str]:
    """The Python that a libpython belongs to: ``libpython3-a12cd27d.8.so.1.0`` is of 3.8."""
    for library in libraries:
        found = LIBPYTHON.match(library)
        if found:
            return f"3.{found[1]}"
    return None


def describe_stub(stub: Binary, binaries: list[Binary]) -> dict[str, Any]:
    """What one stub needs from the machine."""
    libraries = [name for name in stub.needed if name.startswith("libpython")]
    carried = {binary.name for binary in binaries}
    return {
        "libpython": libraries,
        "bundled": bool(libraries) and carried.issuperset(libraries),
        "glibc": highest(with_libraries([stub], binaries)).get("GLIBC"),
        "isolated": "PyConfig_InitIsolatedConfig" in stub.symbols,
    }


def describe_stubs(binaries: list[Binary]) -> Release:
    """The stubs of a wheel, one for each Python or one for all, and where they lie."""
    found = {posixpath.dirname(b.path): b for b in binaries if b.name == STUB}
    by_python = {f: b for f, b in found.items() if re.search(r"/3\.\d+$", f)}
    if by_python:
        names = sorted(by_python, key=lambda folder: version_key(posixpath.basename(folder)))
        stubs = {posixpath.basename(n): describe_stub(by_python[n], binaries) for n in names}
        return {"stubs": stubs, "stub_path": f"tritonserver/python_backend_stubs/{{}}/{STUB}"}
    (stub,) = found.values()
    only = describe_stub(stub, binaries)
    only["python"] = python_of(only["libpython"])
    return {"stubs": {"only": only}, "stub_path": posixpath.relpath(stub.path, "pytriton")}


def libs_directory(sources: ReleaseSources) -> Optional[str]:
    """The directory beside ``pytriton`` that PyTriton puts on LD_LIBRARY_PATH."""
    for node in ast.walk(sources["pytriton.utils.distribution"]):
        value = node.value if isinstance(node, ast.Constant) else None
        if isinstance(value, str) and re.fullmatch(r"\w+\.libs", value):
            return value
    return None


def describe(path: Path, version: str, arch: str) -> Release:
    """Everything about one wheel."""
    with zipfile.ZipFile(path) as wheel:
        files = {name: wheel.read(name) for name in wheel.namelist() if not name.endswith("/")}
        sources = ReleaseSources(wheel)
    metadata_name = next(name for name in files if name.endswith(".dist-info/METADATA"))
    metadata = email.parser.BytesParser().parsebytes(files[metadata_name])
    elves = {name: content for name, content in files.items() if content[:4] == b"\x7fELF"}
    binaries = [read_binary(name, content) for name, content in elves.items()]
    in_tree = [b for b in binaries if b.path.startswith(TREE) and b.name != STUB]
    core = next(content for name, content in elves.items() if "/libtritonserver" in name)
    libs = libs_directory(sources)
    cudart = (re.search(r"/libcudart\b.*?\.so\.([\d.]+)$", binary.path) for binary in binaries)
    required = metadata.get_all("Requires-Dist") or []
    return {
        "version": version,
        "arch": arch,
        "wheel_tag": path.name[: -len(".whl")].rsplit("-", 1)[1],
        "size_bytes": path.stat().st_size,
        "requires_python": metadata["Requires-Python"],
        "requires_dist": [text for text in required if "extra ==" not in text],
        "needs": highest(binaries),
        "glibc_of_server": highest(with_libraries(in_tree, binaries))["GLIBC"],
        **describe_stubs(binaries),
        "libs_dir_exists": any(name.startswith(f"{libs}/") for name in files),
        "cudart": sorted({found[1] for found in cudart if found}),
        "triton": triton_version(core),
        "launch": launch(sources),
    }


def load() -> list[Release]:
    """The releases that the file holds already."""
    if not OUTPUT.exists():
        return []
    releases: list[Release] = json.loads(OUTPUT.read_text(encoding="utf-8"))
    return releases


def save(releases: list[Release]) -> None:
    """Write the file, newest first and one release a line."""

    def order(release: Release) -> tuple[tuple[int, ...], int]:
        return version_key(release["version"]), -ARCHITECTURES.index(release["arch"])

    lines = ",\n".join(json.dumps(r) for r in sorted(releases, key=order, reverse=True))
    OUTPUT.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def add(version: str, arch: str, releases: list[Release]) -> None:
    """Fetch, read and record one wheel, then forget it."""
    with tempfile.TemporaryDirectory(prefix="pytriton-wheel-") as folder:
        wheel = download(version, arch, Path(folder))
        print(version, arch, wheel.name if wheel else "no wheel", flush=True)
        if wheel:
            releases.append(describe(wheel, version, arch))
            save(releases)


def main() -> None:
    """Bring the file up to date."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--all", action="store_true", help="read every wheel again")
    arguments = parser.parse_args()
    releases = [] if arguments.all else load()
    known = {(release["version"], release["arch"]) for release in releases}
    for version in released_versions():
        for arch in ARCHITECTURES:
            if (version, arch) not in known:
                add(version, arch, releases)


if __name__ == "__main__":
    main()
