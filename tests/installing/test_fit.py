"""Which recipe and release suit a machine: against pip's own rules, and on machines that are not here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, Optional

import msgspec
import pytest

from tests.truth import stock
from tritondoctor.checks import advice
from tritondoctor.installing import advise, fit, recipe
from tritondoctor.installing.machine import Machine, Python, look
from tritondoctor.loader import Files, read_system

HERE = look(os.environ, "/")
ALL = recipe.every()


def machine(
    glibc: Optional[str] = "2.36", driver: Optional[str] = None, card: bool = False,
    processor: str = "x86_64", pythons: tuple[str, ...] = ("3.11",), **other: Any,
) -> Machine:  # fmt: skip
    """A machine that is like this one but for what is said."""
    host = msgspec.structs.replace(HERE.host, glibc=glibc, machine=processor, system="Linux")
    there = {
        python: Python(python, f"{python}.2", f"/usr/bin/python{python}", True, True)
        for python in pythons
    }
    plain: dict[str, Any] = {"front": None, "rattler": False, "uv": None, "compiler": True, **other}
    return HERE._replace(host=host, card=card, driver=driver, pythons=there, **plain)


def ids(name: str, here: Machine, form: fit.Form = "venv") -> list[str]:
    return [reason.id for reason in fit.reasons(recipe.named(name)[0], here, form)]


def test_glibc_too_old() -> None:
    assert ids("minimal-3.11", machine("2.34")) == ["glibc"]
    assert ids("minimal-3.11", machine("2.35")) == []
    assert ids("minimal-3.11", machine(None)) == ["glibc"]


def test_driver() -> None:
    assert ids("torch-cuda12", machine()) == ["card"]
    assert ids("torch-cuda12", machine(card=True)) == ["driver"]
    assert ids("torch-cuda12", machine(card=True, driver="470.82.01")) == ["driver"]
    assert ids("torch-cuda12", machine(card=True, driver="535.104.05")) == []


def test_python_that_is_not_here() -> None:
    assert ids("minimal-3.12", machine()) == ["python"]
    assert ids("minimal-3.12", machine(uv="/usr/bin/uv")) == []


def test_python_without_its_library() -> None:
    bare = Python("3.11", "3.11.2", "/usr/bin/python3.11", False, True)
    here = machine()._replace(pythons={"3.11": bare})
    (reason,) = fit.reasons(recipe.named("minimal-3.11")[0], here, "venv")
    assert (reason.id, reason.advice) == ("libpython", "apt-get install libpython3.11")


def test_what_must_be_compiled() -> None:
    assert ids("minimal-3.13", machine(pythons=("3.13",))) == []
    assert ids("minimal-3.13", machine(pythons=("3.13",), compiler=False)) == ["compiler"]


def test_no_conda_of_any_kind() -> None:
    assert ids("minimal-3.11", machine(), "conda") == ["conda"]
    assert ids("minimal-3.11", machine(rattler=True), "conda") == []


def test_disk() -> None:
    one = recipe.named("minimal-3.11")[0]
    reason = fit.room(one, "venv", 100)
    assert reason is not None and "100 MB are free" in str(reason.text)
    assert fit.room(one, "venv", 100_000) is None


def test_the_best_of_a_family() -> None:
    family = recipe.named("minimal")
    chosen = fit.best(family, machine(pythons=("3.9", "3.11", "3.13")), "venv")
    assert chosen.name == "minimal-3.11", "nothing is compiled where a wheel will do"
    assert fit.best(family, machine(pythons=("3.13",)), "venv").name == "minimal-3.13"


@pytest.mark.parametrize("glibc", ["2.17", "2.31", "2.34", "2.35", "2.36", "2.41"])
def test_releases_as_pip_would_take_them(glibc: str) -> None:
    """pip's own rule for wheels, release by release."""
    from packaging import tags

    minor = int(glibc.split(".")[1])
    allowed = {f"manylinux_2_{one}_x86_64" for one in range(5, minor + 1)}
    rows = advice.releases("x86_64")
    takes = {
        row["version"] for row in rows
        if set(tags.compatible_tags((3, 8), "cp38", [row["wheel_tag"]])) and row["wheel_tag"] in allowed
    }  # fmt: skip
    every = tuple(f"3.{one}" for one in range(8, 14))
    said = set()
    for release_row in advise.release_rows(machine(glibc, pythons=every)):
        versions = [row["version"] for row in rows]
        first, last = versions.index(release_row.newest), versions.index(release_row.oldest)
        said |= set(versions[first : last + 1]) if release_row.why is None else set()
    assert said == takes


@pytest.mark.parametrize(("suite", "newest"), [("bullseye", "0.2.5"), ("bookworm", "0.7.0"),
                                               ("trixie", "0.7.0")])  # fmt: skip
def test_debians(suite: str, newest: str) -> None:
    """With the glibc of that Debian's own loader."""
    try:
        root = stock.suite(suite)
    except stock.Absent as absent:
        pytest.skip(str(absent))
    loader = next(root.glob("usr/lib/x86_64-linux-gnu/ld-linux*"), None) or next(
        root.glob("lib/x86_64-linux-gnu/ld-linux*")
    )
    version = "{}.{}".format(*read_system(Files(), str(loader)).version)
    said = advise.advise(ALL, machine(version, pythons=("3.8", "3.9", "3.11", "3.13")))
    fitting = [release.newest for release in said.releases if release.why is None]
    assert fitting[0] == newest
    if suite == "bullseye":
        assert said.commands[1].endswith("nvidia-pytriton==0.2.5 'numpy<2'")
        assert all(choice.against["venv"] for choice in said.choices)
    else:
        assert said.commands == ("tritondoctor install minimal-3.11 --venv",)


def test_another_processor() -> None:
    said = advise.advise(ALL, machine(processor="aarch64"))
    assert all(why for choice in said.choices for why in choice.against.values())
    assert said.releases[0].newest == "0.7.0" and said.commands[1].startswith("venv/bin/python")
    assert advise.advise(ALL, machine(processor="riscv64")).commands == ()


def test_card() -> None:
    said = advise.advise(ALL, machine(card=True, driver="550.54.15"))
    assert said.commands == ("tritondoctor install torch-cuda12 --venv",)


def test_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tritondoctor", "advise", "--json"], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert said["schema"] == advise.SCHEMA
    assert {one["name"] for one in said["recipes"]} == {one.name for one in ALL}
    assert done.returncode == int(not said["commands"])
    told = subprocess.run(
        [sys.executable, "-m", "tritondoctor", "advise"], capture_output=True, text=True, check=False,
        env={**os.environ, "COLUMNS": "80"},
    )  # fmt: skip
    assert all(one in told.stdout for one in ("torch-cuda12", "0.5.14-0.7.0"))
    prose = [line for line in told.stdout.splitlines() if sys.executable not in line]
    assert max(map(len, prose)) <= 80
