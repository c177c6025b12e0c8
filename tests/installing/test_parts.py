"""Small parts: activation's variables, what is told of downloads, and the order of packages."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path

import pytest
from rich.console import Console

from tests.truth import stock
from tritondoctor.commands.install_dialog import InstallDialog
from tritondoctor.installing import InstallError, activate, pips, recipe
from tritondoctor.installing.machine import Machine, look
from tritondoctor.installing.packages import LockedPackage, in_order

HERE = look(os.environ, "/")


def test_activation_sets_the_library_path(tmp_path: Path) -> None:
    """And deactivation gives back what was there; a second call changes nothing."""
    try:
        stock.make_venv(stock.interpreter("3.11"), tmp_path / "env")
    except stock.Absent as absent:
        pytest.skip(str(absent))
    one = recipe.named("cupy-cuda12")[0]
    settings = activate.settle(one, str(tmp_path / "env"), "venv")
    before = (tmp_path / "env/bin/activate").read_text()
    assert activate.settle(one, str(tmp_path / "env"), "venv") == settings
    assert (tmp_path / "env/bin/activate").read_text() == before
    script = (
        f'. {tmp_path}/env/bin/activate; echo "$LD_LIBRARY_PATH"; deactivate; echo "$LD_LIBRARY_PATH"'
    )
    variables = {"PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": "/mine"}
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=False, env=variables
    )
    inside, after = done.stdout.splitlines()
    site = f"{tmp_path}/env/lib/python3.11/site-packages/nvidia"
    assert inside.startswith(f"{site}/cublas/lib:{site}/cuda_nvrtc/lib:") and inside.endswith(":/mine")
    assert after == "/mine"
    assert (
        activate.variables(str(tmp_path / "env"), "venv", settings, variables)["LD_LIBRARY_PATH"]
        == inside
    )


def test_activation_lines() -> None:
    bare: Machine = HERE._replace(front=None)
    assert activate.line("/a b/env", "venv", bare) == ". '/a b/env/bin/activate'"
    assert "CONDA_PREFIX=/env" in activate.line("/env", "conda", bare)
    with pytest.raises(InstallError, match="needs an active conda"):
        activate.environments({"HOME": "/home/ana"})
    assert activate.environments({"CONDA_EXE": "/opt/conda/bin/conda"}) == "/opt/conda/envs"


@pytest.mark.parametrize(
    "lines",
    [
        ["Downloading numpy (17.0MiB)", "Downloading sh (40.0KiB)", "Downloaded sh", "Downloaded numpy",
         "Installed 2 packages in 1ms"],
        ["Downloading numpy-1.26.4-cp311-cp311-manylinux_2_17_x86_64.whl (17.0 MB)",
         "Downloading sh-2.4.0-py3-none-any.whl (40 kB)", "Installing collected packages: sh, numpy"],
    ],
    ids=["uv", "pip"],
)  # fmt: skip
def test_downloads_are_told_on_a_pipe(lines: list[str]) -> None:
    file = io.StringIO()
    talk = InstallDialog(Console(file=file, width=80))
    talk.begin("install 2 packages", 18_000_000)
    for line in lines:
        talk.line(line)
    talk.end()
    said = file.getvalue().splitlines()
    assert said[0].split() == ["numpy", "17.0", "MB"]
    assert "17.0 MB, " in said[1] and said[1].endswith("MB/s") and len(said) == 2
    assert max(map(len, said)) <= 80


def test_where_packages_lie_counts_for_uv_too() -> None:
    said = pips.for_uv({"PIP_INDEX_URL": "a", "PIP_FIND_LINKS": "/b /c", "LD_PRELOAD": "x"})
    assert said["UV_DEFAULT_INDEX"] == "a" and said["UV_FIND_LINKS"] == "/b,/c"
    assert "LD_PRELOAD" not in said and "UV_INDEX" not in said
    own = pips.for_uv({"PIP_EXTRA_INDEX_URL": "a", "UV_INDEX": "own"})
    assert own["UV_INDEX"] == "own"


def test_packages_that_depend_on_each_other() -> None:
    def one(name: str, *depends: str) -> LockedPackage:
        return LockedPackage(name, "1", f"https://host/linux-64/{name}-1-0.conda", depends=depends)

    order = in_order([one("a", "b"), one("b", "c", "__glibc"), one("c", "b"), one("d")])
    assert [package.name for package in order] == ["c", "b", "a", "d"]


def test_a_long_chain_of_dependencies_is_put_in_order() -> None:
    chain = [
        LockedPackage(str(number), "1", "x/y/z", depends=(str(number + 1),)) for number in range(20_000)
    ]
    assert in_order(chain) == chain[::-1]


def test_recipe_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    with pytest.raises(InstallError, match=r"recipe\.toml: No such file"):
        recipe.named(str(tmp_path / "own"))
    (tmp_path / "own" / recipe.TOML).write_text("summary = 1")
    with pytest.raises(InstallError, match="Expected `str`"):
        recipe.named(str(tmp_path / "own"))


def test_recipes_are_listed_as_they_would_be_chosen() -> None:
    names = [one.name for one in recipe.every()]
    assert names[:5] == [f"minimal-3.{minor}" for minor in range(13, 8, -1)]
    assert [one.name for one in recipe.named("minimal")] == names[:5]
