"""Every recipe's locks: complete, consistent, solvable, and what conda-lock itself accepts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tritondoctor.checks import advice
from tritondoctor.installing import packages, recipe
from tritondoctor.installing.conda_part import SOLVER
from tritondoctor.reports.install import example
from tritondoctor.support import own_files

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
RECIPES = [one.name for one in recipe.every()]
#: what conda-forge's index says of the packages; a lock does not hold all of it
RECORDS = {load["url"]: load for load in json.loads((HERE / "conda_records.json").read_text())}
MINIMAL = {f"minimal-3.{minor}" for minor in range(9, 14)}

pytestmark = pytest.mark.parametrize("name", RECIPES)


@cache
def loaded(name: str) -> recipe.Recipe:
    return recipe.named(name)[0]


def locked(name: str) -> list[packages.LockedPackage]:
    return packages.of_lock(loaded(name).path(recipe.LOCK))


def raw(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load(Path(loaded(name).path(recipe.LOCK)).read_text()))


def test_all_that_were_promised(name: str) -> None:
    others = {"torch-cuda12", "torch-cpu", "cupy-cuda12", "development"}
    frameworks = {"tensorflow-cpu", "jax-cpu", "onnxruntime-cpu", "llama-cpu"}
    assert {*MINIMAL, *others, *frameworks} == set(RECIPES)
    one = loaded(name)
    rows = [row for row in advice.releases("x86_64") if row["version"] == one.pytriton]
    assert one.python in advice.pythons(rows[0])
    assert one.needs.glibc == rows[0]["wheel_tag"].split("manylinux_")[1][:4].replace("_", ".")
    assert dict(one.requirements())["nvidia-pytriton"] == one.pytriton


def test_complete(name: str) -> None:
    """What each package depends on is there; every archive has both hashes."""
    names = {one.name for one in locked(name)}
    for one in locked(name):
        assert one.md5 and one.sha256
        assert {need for need in one.depends if not need.startswith("__")} <= names, one.name
    assert {"python", "pip", "libstdcxx-ng"} <= names


def test_hashes_and_dependencies_are_those_of_the_index(name: str) -> None:
    for one in locked(name):
        record = RECORDS[one.url]
        assert (record["md5"], record["sha256"]) == (one.md5, one.sha256)
        assert {need.partition(" ")[0] for need in record["depends"]} == set(one.depends)
    size = sum(RECORDS[one.url]["size"] for one in locked(name))
    assert round(size / 1e6) == loaded(name).size.conda


def test_solvable_offline(name: str, tmp_path: Path) -> None:
    """py-rattler solves environment.yml with these packages and takes each of them: with the
    constraints of the index, on a machine with the glibc that the recipe asks for.
    """
    pytest.importorskip("rattler", reason="py-rattler is not installed")
    for subdir in ("linux-64", "noarch"):
        rows = {one.file_name: RECORDS[one.url] for one in locked(name) if one.subdir == subdir}
        index: dict[str, Any] = {"info": {"subdir": subdir}, "packages": {}, "packages.conda": {}}
        for file_name, row in rows.items():
            kind = "packages.conda" if file_name.endswith(".conda") else "packages"
            index[kind][file_name] = {k: v for k, v in row.items() if k != "url" and v is not None}
        (tmp_path / subdir).mkdir()
        (tmp_path / subdir / "repodata.json").write_text(json.dumps(index))
    environment = yaml.safe_load(Path(loaded(name).path(recipe.ENVIRONMENT)).read_text())
    done = subprocess.run(
        [sys.executable, own_files.path(SOLVER), "create", "--json", "--channel", tmp_path.as_uri(),
         *environment["dependencies"]],
        capture_output=True, text=True, check=False,
        env={**os.environ, "CONDA_SUBDIR": "linux-64", "CONDA_OVERRIDE_GLIBC": loaded(name).needs.glibc},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    taken = {load["fn"] for load in json.loads(done.stdout)["actions"]["FETCH"]}
    assert taken == {one.file_name for one in locked(name)}


def test_pip_part(name: str) -> None:
    """Every line has a hash, no address stands in it, and its sizes are told."""
    one = loaded(name)
    text = Path(one.path(recipe.REQUIREMENTS)).read_text()
    blocks = re.split(r"\n(?=[a-z])", text.partition("\n")[2])
    assert len(blocks) == len(one.requirements())
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text + Path(one.path(recipe.REQUIREMENTS_IN)).read_text()
    assert text.startswith(f"# Written by `tritondoctor lock`: {len(blocks)} packages, {one.size.pip} MB")
    pinned = dict(one.requirements())
    for wanted in Path(one.path(recipe.REQUIREMENTS_IN)).read_text().splitlines():
        package, _, version = wanted.partition("==")
        if version:
            assert pinned[package] == version


def test_no_address_but_of_conda_channels(name: str) -> None:
    for file in recipe.files():
        text = Path(loaded(name).path(file)).read_text()
        found = set(re.findall(r"https?://([^/\s]+)", text))
        # conda-lock names its own home
        assert found <= {"conda.anaconda.org", "github.com", "download.pytorch.org"}, file


def test_conda_lock_renders_it(name: str, tmp_path: Path) -> None:
    pytest.importorskip("conda_lock", reason="conda-lock is not installed")
    done = _conda_lock(
        tmp_path, "render", "-k", "explicit", "-p", "linux-64", loaded(name).path(recipe.LOCK)
    )
    assert done.returncode == 0, done.stderr
    said = (tmp_path / "conda-linux-64.lock").read_text()
    assert set(re.findall(r"^(https\S+)", said, re.M)) == {f"{one.url}#{one.md5}" for one in locked(name)}


def test_conda_lock_installs_it(name: str, tmp_path: Path) -> None:
    """A stand-in for conda is told to create the prefix from exactly these archives."""
    pytest.importorskip("conda_lock", reason="conda-lock is not installed")
    conda = tmp_path / "conda"
    conda.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo conda 24.1.0 && exit\n'
        f'echo "$@" >{tmp_path}/told\nwhile [ $# -gt 0 ]; do\n'
        f'[ "$1" = --file ] && cp "$2" {tmp_path}/file\nshift\ndone\n'
    )
    conda.chmod(0o755)
    prefix = tmp_path / "prefix"
    lock = loaded(name).path(recipe.LOCK)
    done = _conda_lock(tmp_path, "install", "--conda", str(conda), "--prefix", str(prefix), lock)
    assert done.returncode == 0, done.stderr
    told = (tmp_path / "told").read_text()
    assert told.startswith("create ") and f"--prefix {prefix}" in told
    said = (tmp_path / "file").read_text()
    assert set(re.findall(r"^(https\S+)", said, re.M)) == {f"{one.url}#{one.md5}" for one in locked(name)}


def test_explicit_file_is_in_order(name: str) -> None:
    """Each package stands after those that it depends on, as front ends link them in that order."""
    found = locked(name)
    text = packages.explicit(found, {one.url: f"/archives/{one.file_name}" for one in found})
    lines = text.splitlines()
    assert lines[0] == "@EXPLICIT" and len(lines) == len(found) + 1
    order = [one.name for one in packages.in_order(found)]
    python = next(one for one in found if one.name == "python")
    assert all(order.index(need) < order.index("python") for need in python.depends if need in order)


def test_wheel_has_it(name: str, wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    assert {f"tritondoctor/recipes/{name}/{file}" for file in recipe.files()} <= names
    assert "tritondoctor/data/starter/server.py" in names


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(ROOT)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"no wheel can be built here: {done.stderr.strip().splitlines()[-1]}")
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def _conda_lock(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "conda_lock", *arguments],
        capture_output=True, text=True, check=False, cwd=cwd, timeout=120,
    )  # fmt: skip


def test_what_is_proposed_to_start_from_is_written(name: str, tmp_path: Path) -> None:
    """The line of `init` that an installation ends with, as it stands there."""
    options, folder = example(loaded(name))
    command = f"{sys.executable} -m tritondoctor init {options}{folder}"
    subprocess.run(command, shell=True, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / folder / "server.py").is_file()
