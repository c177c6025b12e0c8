"""A local conda channel with real packages: interpreters of this machine, libstdc++ of Debian."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.truth import stock

rattler = pytest.importorskip("rattler", reason="py-rattler is not installed")
SUBDIR = "linux-64"
#: what stands for the prefix in the packages' files
PLACEHOLDER = "/opt/placehold_placehold_placehold_placehold_placehold"
LIBSTDCXX = {"9.3.0": "bullseye", "12.2.0": "bookworm"}


def build(
    channel: Path,
    name: str,
    version: str,
    files: Mapping[str, Path | bytes],
    *depends: str,
    build: str = "0",
) -> None:
    """Writes a package.  A file that holds the placeholder gets the prefix in its place."""
    index = {
        "name": name, "version": version, "build": build, "build_number": 0, "depends": list(depends),
        "subdir": SUBDIR, "arch": "x86_64", "platform": "linux",
    }  # fmt: skip
    entries = []
    folder = channel / SUBDIR
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{build}.tar.bz2"
    with tarfile.open(path, "w:bz2", compresslevel=1, dereference=False) as archive:
        for place, source in files.items():
            entry: dict[str, object] = {"_path": place, "path_type": "hardlink"}
            if isinstance(source, bytes):
                member = tarfile.TarInfo(place)
                member.size, member.mode = len(source), 0o644
                archive.addfile(member, io.BytesIO(source))
                content = source
            else:
                archive.add(source, place, recursive=False)
                content = b"" if source.is_symlink() else source.read_bytes()
                if source.is_symlink():
                    entry["path_type"] = "softlink"
            if PLACEHOLDER.encode() in content:
                entry |= {"prefix_placeholder": PLACEHOLDER, "file_mode": "text"}
            if entry["path_type"] == "hardlink":
                entry |= {"sha256": hashlib.sha256(content).hexdigest(), "size_in_bytes": len(content)}
            entries.append(entry)
        for place, data in {
            "info/index.json": index,
            "info/paths.json": {"paths": entries, "paths_version": 1},
        }.items():
            text = json.dumps(data).encode()
            member = tarfile.TarInfo(place)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
        listed = "\n".join(files).encode()
        member = tarfile.TarInfo("info/files")
        member.size = len(listed)
        archive.addfile(member, io.BytesIO(listed))


def _interpreter(version: str, source: Path, prefix: str) -> dict[str, Path | bytes]:
    minor = version.rpartition(".")[0]
    lib = f"lib/python{minor}"
    found: dict[str, Path | bytes] = {}
    for here, folders, names in os.walk(source / lib):
        folders[:] = [
            folder for folder in folders if folder not in ("site-packages", "test", "__pycache__")
        ]
        for name in names:
            path = Path(here, name)
            inside = prefix.encode() in path.read_bytes() and name.endswith(".py")
            text = path.read_bytes().replace(prefix.encode(), PLACEHOLDER.encode())
            found[str(path.relative_to(source))] = text if inside else path
    for program in (f"bin/python{minor}", "bin/python3"):
        found[program] = source / program
    for library in (source / "lib").glob("libpython*"):
        found[f"lib/{library.name}"] = library
    found["etc/where"] = f"prefix={PLACEHOLDER}\n".encode()
    return found


def _libstdcxx(version: str) -> dict[str, Path | bytes]:
    library = stock.debian_library(LIBSTDCXX[version], "libstdc++.so.6")
    return {"lib/libstdc++.so.6": library, f"lib/{library.resolve().name}": library.resolve()}


def channel(*names: str) -> str:
    """The address of a channel with the interpreters of these minors, and libstdcxx-ng old and new."""

    bases = [stock.interpreter(name) for name in names]
    pythons = {base.version: (Path(base.prefix), base.prefix) for base in bases}
    return stock.kept(f"conda-channel-{'-'.join(names)}", lambda folder: make(folder, pythons)).as_uri()


def make(folder: Path, pythons: Mapping[str, tuple[Path, str]]) -> None:
    """Fills a channel: Pythons by version (where they lie, and the prefix that their files name)."""
    for version, (source, prefix) in pythons.items():
        build(folder, "python", version, _interpreter(version, source, prefix), "libstdcxx-ng >=7")
    for version in LIBSTDCXX:
        gcc = f"libgcc-ng >={version}"
        build(folder, "libgcc-ng", version, {f"share/libgcc-{version}": version.encode()})
        build(folder, "libstdcxx-ng", version, _libstdcxx(version), gcc)
    # the hole: a newer library under another name, beside which the old one may stay
    build(folder, "libstdcxx", "14.2.0", {"share/libstdcxx": b"14.2.0"})
    index(folder)


def index(folder: Path) -> None:
    """Makes a channel of the packages in a folder."""
    (folder / "noarch").mkdir()
    (folder / "noarch/repodata.json").write_text('{"info": {"subdir": "noarch"}, "packages": {}}')
    asyncio.run(rattler.index.index_fs(folder))


def two_channels(name: str) -> tuple[str, str]:
    """The addresses of a `defaults` and of a `conda-forge`, which differ as the real ones do."""
    folder = stock.kept(f"conda-two-channels-{name}", lambda here: _two(here, name))
    return (folder / "defaults").as_uri(), (folder / "conda-forge").as_uri()


def _two(here: Path, name: str) -> None:
    base = stock.interpreter(name)
    python = _interpreter(base.version, Path(base.prefix), base.prefix)
    defaults, forge = here / "defaults", here / "conda-forge"
    needs = ("libstdcxx-ng >=7", "pip")
    for folder, suite, version, suffix in (
        (defaults, "9.3.0", "11.2.0", "0"),
        (forge, "12.2.0", "13.2.0", "0_cpython"),
    ):
        build(folder, "python", base.version, python, *needs, build=f"h39{suffix}")
        build(folder, "libgcc-ng", version, {f"share/libgcc-{version}": version.encode()})
        build(folder, "libstdcxx-ng", version, _libstdcxx(suite), f"libgcc-ng >={version}")
        build(folder, "pip", "24.0", {"share/pip": b"24.0"})
    build(defaults, "oldtool", "1.0", {"share/oldtool": b"1.0"}, "libstdcxx-ng <12")
    build(defaults, "userapp", "1.0", {"share/userapp": b"1.0"}, "oldtool")
    build(forge, "oldtool", "0.5", {"share/oldtool": b"0.5"})
    build(forge, "toy", "1.0", {"share/toy": b"1.0"})
    for folder in (defaults, forge):
        index(folder)


def install(prefix: Path, address: str, *specs: str) -> None:
    """A real prefix, installed by py-rattler."""

    async def work() -> None:
        solved = await rattler.solve(
            sources=[address], specs=list(specs), platforms=[SUBDIR, "noarch"],
            virtual_packages=rattler.VirtualPackage.detect(),
        )  # fmt: skip
        await rattler.install(solved, str(prefix), show_progress=False)

    asyncio.run(work())


def with_pytriton(prefix: Path, name: str) -> Path:
    """The interpreter of a prefix into whose site-packages a release is linked."""
    kept = stock.site_packages(stock.pytriton(name, "0.7.0"))
    target = prefix / f"lib/{kept.parent.name}/site-packages"
    if target.exists():
        target.rmdir()
    stock.link_tree(kept, target)
    (prefix / "bin/python").symlink_to("python3")
    return prefix / "bin" / "python"
