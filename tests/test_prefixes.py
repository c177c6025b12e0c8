"""Environments by the names that conda gives them; each scene was seen with conda 26.7 itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tritondoctor.target import Named, TargetError, find_target
from tritondoctor.target.conda_environments import environment_names, named_prefixes


def environment(path: Path) -> Path:
    (path / "conda-meta").mkdir(parents=True)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def base(path: Path) -> Path:
    (path / "condabin").mkdir(parents=True)
    (path / "condabin/conda").write_text("")
    return environment(path)


@pytest.mark.parametrize("variable", ["CONDA_ENVS_PATH", "CONDA_ENVS_DIRS"])
def test_variable_with_folders_of_environments(home: Path, tmp_path: Path, variable: str) -> None:
    two = environment(tmp_path / "mine/two")
    variables = {"HOME": str(home), variable: f"/nowhere:{tmp_path}/mine"}
    assert named_prefixes("two", variables) == [str(two)]


@pytest.mark.parametrize("file", [".condarc", ".conda/condarc", ".config/conda/condarc.d/mine.yml"])
@pytest.mark.parametrize("form", ["envs_dirs:\n  - ~/mine\n", "envs_path: [$HOME/mine]\n"])
def test_condarc_with_folders_of_environments(home: Path, file: str, form: str) -> None:
    two = environment(home / "mine/two")
    (home / file).parent.mkdir(parents=True, exist_ok=True)
    (home / file).write_text(f"channels: [conda-forge]\n{form}")
    assert named_prefixes("two", {"HOME": str(home)}) == [str(two)]


def test_condarc_of_the_base(home: Path, tmp_path: Path) -> None:
    root = base(tmp_path / "base")
    (root / ".condarc").write_text(f"envs_dirs: ['{tmp_path}/mine']\n")
    two = environment(tmp_path / "mine/two")
    variables = {"HOME": str(home), "CONDA_EXE": f"{root}/bin/conda"}
    assert named_prefixes("two", variables) == [str(two)]


@pytest.mark.parametrize("text", ["envs_dirs: [", "envs_dirs: 7", "- envs_dirs", "envs_dirs: {a: b}"])
def test_condarc_that_says_nothing(home: Path, text: str) -> None:
    (home / ".condarc").write_text(text)
    assert environment_names({"HOME": str(home)}) == environment_names({"HOME": "/nowhere"})


def test_home_of_environments_without_a_list(home: Path) -> None:
    two = environment(home / ".conda/envs/two")
    assert named_prefixes("two", {"HOME": str(home)}) == [str(two)]


def test_base_without_the_hook(home: Path, tmp_path: Path) -> None:
    """Only environments.txt is there, and it names an environment below the base."""
    root = base(tmp_path / "base")
    inner = environment(root / "envs/MS")
    (home / ".conda").mkdir()
    (home / ".conda/environments.txt").write_text(f"{inner}\n")
    assert named_prefixes("base", {"HOME": str(home)}) == [str(root)]


def test_same_name_twice_names_both(home: Path, tmp_path: Path) -> None:
    """conda takes that of CONDA_ENVS_PATH; nobody is given one of the two silently."""
    root = base(tmp_path / "base")
    ours, theirs = environment(tmp_path / "mine/MS"), environment(root / "envs/MS")
    variables = {
        "HOME": str(home),
        "CONDA_EXE": f"{root}/bin/conda",
        "CONDA_ENVS_PATH": f"{tmp_path}/mine",
    }
    assert named_prefixes("MS", variables) == [str(ours), str(theirs)]
    with pytest.raises(TargetError, match=f"{ours} .the one that conda.*{theirs}.*--prefix"):
        find_target(variables, str(tmp_path), Named(conda_env="MS"))


def test_same_environment_by_two_ways_is_one(home: Path, tmp_path: Path) -> None:
    two = environment(tmp_path / "mine/two")
    os.symlink(tmp_path / "mine", home / "link")
    variables = {"HOME": str(home), "CONDA_ENVS_PATH": f"{tmp_path}/mine:{home}/link"}
    assert find_target(variables, "/", Named(conda_env="two")).prefix == str(two)


def test_base_of_the_conda_that_is_on_path(home: Path, tmp_path: Path) -> None:
    """`export PATH=~/conda/bin:$PATH`, and no hook."""
    root = base(tmp_path / "base")
    (root / "bin").mkdir()
    (root / "bin/conda").write_text("")
    (root / "bin/conda").chmod(0o755)
    inner = environment(root / "envs/MS")
    (home / "bin").mkdir()
    (home / "bin/conda").symlink_to(root / "bin/conda")
    for folder in (root / "bin", home / "bin"):
        variables = {"HOME": str(home), "PATH": f"{folder}:/usr/bin"}
        assert named_prefixes("base", variables) == [str(root)]
        assert named_prefixes("MS", variables) == [str(inner)]
