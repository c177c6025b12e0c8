"""What a fix does to the frameworks beside PyTriton: all of it works afterwards, or nothing was changed.

pip chooses among wheels on disk, as it does among those of an index.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.remedies import wheels
from tests.remedies.cycle import Doctor
from tests.remedies.tree import difference, tree
from tests.truth import real, stock
from tests.truth.bench import PATIENCE_S
from tests.truth.environments import ALL
from tests.truth.place import Place
from tritondoctor.remedies.neighbours import FRAMEWORKS

NUMPY_1, PROTOBUF = ("nvidia-pytriton==0.7.0", "numpy<2"), ("protobuf>=6.33.5",)
#: the environment, the module of its framework, and what pip may choose from
CASES = {
    "framework-with-numpy-2 jax 0.10": ("jax", (NUMPY_1, ("jax", "numpy<2"))),
    "framework-with-numpy-2 torch": ("torch", (NUMPY_1,)),
    "tensorflow-with-protobuf-5 2.18": (
        "tensorflow", (("nvidia-pytriton==0.7.0", "protobuf<6"), PROTOBUF)
    ),
    "tensorflow-with-protobuf-4 2.15": (
        "tensorflow", (("nvidia-pytriton==0.7.0", "protobuf<5"), PROTOBUF)
    ),
}  # fmt: skip
SLICE = "framework-with-numpy-2 jax 0.10"
_CASES = [
    pytest.param(name, marks=[pytest.mark.truth, *([pytest.mark.truth_slice] if name == SLICE else [])])
    for name in CASES
]


@pytest.fixture
def here() -> Iterator[Path]:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap (bwrap) is not installed")
    folder = Path(tempfile.mkdtemp(prefix="tx-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder / "it"
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", _CASES)
def test_all_works_or_nothing_was_changed(name: str, here: Path) -> None:
    module, wishes = CASES[name]
    try:
        place, doctor = _built(name, here, wishes)
    except stock.Absent as absent:
        pytest.skip(str(absent))
    assert _said(place, doctor, "-c", f"import {module}").returncode == 0
    before, complaints = tree(here), _complaints(place, doctor)
    done = doctor.run("fix", *doctor.target(), "--yes", "--json", "--no-selftest")
    fix = json.loads(done.stdout)["fix"]
    told = f"{json.dumps(fix, indent=1)}\n{done.stderr}"
    if done.returncode == 1:
        assert fix["outcome"] == "breaking" and fix["breaks"], told
        assert not difference(before, tree(here)), told
        return
    assert (done.returncode, fix["outcome"]) == (0, "fixed"), told
    imported = _said(place, doctor, "-c", f"import {module}")
    assert imported.returncode == 0, f"{told}\n{imported.stderr}"
    assert _complaints(place, doctor) <= complaints, told
    assert not [path for path in place.packages.glob("*.dist-info") if not (path / "METADATA").exists()]
    outcome = real.serve_linear(place.python, place.variables, str(place.cwd), doctor.wrap, PATIENCE_S)
    assert outcome.served, f"{told}\n{outcome.log[-3000:]}"
    repaired = tree(here)
    assert doctor.run("undo", "--yes").returncode == 0
    after = tree(here)
    ours = {path: after[path] for path in after.keys() & {*before, *repaired}}
    assert not difference(before, ours)


@pytest.mark.truth
@pytest.mark.parametrize("name", [name for name in ALL if name.startswith("framework ")])
def test_framework_that_was_sound_is_left_alone(name: str, here: Path) -> None:
    """Its libpython is on no path: that is mended, and no package is touched."""
    try:
        place, doctor = _built(name, here, ())
    except stock.Absent as absent:
        pytest.skip(str(absent))
    place.unset("LD_LIBRARY_PATH")
    modules = [module for module in FRAMEWORKS if (place.packages / module).exists()]
    line = f"import {', '.join(modules)}"
    before, complaints = tree(here), _complaints(place, doctor)
    done = doctor.run("fix", *doctor.target(), "--yes", "--json", "--no-selftest")
    fix = json.loads(done.stdout)["fix"]
    told = f"{json.dumps(fix, indent=1)}\n{done.stderr}"
    assert (done.returncode, [step["remedy"] for step in fix["steps"]]) == (0, ["link-libpython"]), told
    assert modules and _said(place, doctor, "-c", line).returncode == 0
    assert _complaints(place, doctor) == complaints
    outcome = real.serve_linear(place.python, place.variables, str(place.cwd), doctor.wrap, PATIENCE_S)
    assert outcome.served, f"{told}\n{outcome.log[-3000:]}"
    assert doctor.run("undo", "--yes").returncode == 0
    after = tree(here)
    assert not difference(before, {path: after[path] for path in after.keys() & before.keys()})


def _built(name: str, here: Path, wishes: tuple[tuple[str, ...], ...]) -> tuple[Place, Doctor]:
    environment = ALL[name]
    house = wheels.house(environment.python, *wishes)
    place = Place(here, environment.python, environment.release, _nobody)
    environment.build(place)
    place.set(PYTHONDONTWRITEBYTECODE="1", OPENBLAS_NUM_THREADS="1")
    doctor = Doctor(place)
    doctor.own["PIP_FIND_LINKS"] = str(house)
    return place, doctor


def _nobody() -> str:
    raise stock.Absent("no doctor of another user is needed")


def _said(place: Place, doctor: Doctor, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*doctor.wrap, *real.with_variables(place.variables), place.python, *arguments]
    return subprocess.run(
        command, cwd=place.cwd, capture_output=True, text=True, check=False, timeout=180
    )


def _complaints(place: Place, doctor: Doctor) -> set[str]:
    """What pip says of packages that do not go together."""
    return set(_said(place, doctor, "-m", "pip", "check").stdout.splitlines()) - {
        "No broken requirements found."
    }
