"""NVIDIA's own user-space libraries in several branches, from Debian's non-free section.

Unpacked beside each other and kept as tests/truth/stock.py keeps its things.  Nothing is installed.
"""

from __future__ import annotations

import functools
import re
import shutil
from pathlib import Path

from tests.truth import stock

#: branch -> suite, packages
BRANCHES = {
    "418": ("bullseye", "libnvidia-tesla-418-cuda1 libnvidia-tesla-418-ml1 "
            "libnvidia-tesla-418-fatbinaryloader"),
    "450": ("bullseye", "libnvidia-tesla-450-cuda1 libnvidia-tesla-450-ml1"),
    "470": ("bookworm", "libnvidia-tesla-470-cuda1 libnvidia-tesla-470-ml1"),
    "525": ("bookworm", "libnvidia-tesla-cuda1 libnvidia-tesla-ml1"),
    "535": ("trixie", "libnvidia-tesla-535-cuda1 libnvidia-tesla-535-ml1"),
    "550": ("trixie", "libcuda1 libnvidia-ml1"),
}  # fmt: skip
#: what cuDriverGetVersion must say, by the release notes of each branch
CUDA = {"418": 10010, "450": 11000, "470": 11040, "525": 12000, "535": 12020, "550": 12040}


@functools.cache
def all_branches() -> Path:
    """The folder with one folder for each branch; raises `stock.Absent`."""
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise stock.Absent(f"{tool} is not installed")
    return stock.kept("nvidia-drivers", _fetch)


def driver(branch: str) -> Path:
    """The folder with libcuda.so.1 and libnvidia-ml.so.1 of a branch."""
    return all_branches() / branch


def library_path(branch: str) -> str:
    """Its LD_LIBRARY_PATH: what libcuda of 418 needs lies in a folder of its own."""
    folders = [driver(branch), driver(branch) / "needed"]
    return ":".join(str(folder) for folder in folders if folder.is_dir())


def version(branch: str) -> str:
    """The exact version of a branch, by the name of the file that the link leads to."""
    name = (driver(branch) / "libnvidia-ml.so.1").resolve().name
    match = re.fullmatch(r"libnvidia-ml\.so\.([\d.]+)", name)
    assert match and match.group(1).startswith(branch), name
    return match.group(1)


def _fetch(folder: Path) -> None:
    options = _own_apt(folder / "apt")
    stock.run(["apt-get", *options, "update"], "lists of non-free")
    for branch, (suite, packages) in BRANCHES.items():
        target = folder / branch
        target.mkdir()
        names = [f"{name}/{suite}" for name in packages.split()]
        # apt-get writes to the folder that it is started in
        command = f'cd "{target}" && apt-get "$@" download {" ".join(names)}'
        stock.run(["sh", "-c", command, "sh", *options], f"driver {branch}")
        for package in target.glob("*.deb"):
            stock.run(["dpkg-deb", "-x", str(package), str(target / "unpacked")], package.name)
            package.unlink()
        for library in (target / "unpacked").rglob("*.so*"):
            apart = "needed" if "fatbinaryloader" in library.name else "."
            (target / apart).mkdir(exist_ok=True)
            library.rename(target / apart / library.name)
        shutil.rmtree(target / "unpacked")
    shutil.rmtree(folder / "apt")


def _own_apt(folder: Path) -> list[str]:
    """Options with which apt-get knows those suites and nothing of this machine's state."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    key = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
    suites = sorted({suite for suite, _ in BRANCHES.values()})
    lines = [f"deb {key} {stock.mirror()} {suite} non-free\n" for suite in suites]
    (folder / "sources.list").write_text("".join(lines))
    values = {
        "Dir::Etc::sourcelist": folder / "sources.list", "Dir::Etc::sourceparts": "/dev/null",
        "Dir::Etc::preferencesparts": "/dev/null", "Dir::State::lists": folder / "lists",
        "Dir::State::status": folder / "status", "Dir::Cache": folder / "cache",
        "Acquire::Languages": "none", "APT::Sandbox::User": "root",
    }  # fmt: skip
    return [part for name, value in values.items() for part in ("-o", f"{name}={value}")]
