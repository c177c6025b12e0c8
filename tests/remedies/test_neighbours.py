"""A fix and what stands beside PyTriton: what is chosen, refused, imported again, and left behind."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from tests.remedies.test_requirements import environment, put
from tests.remedies.tree import difference, tree
from tritondoctor.checks.edits import Edit, Pip
from tritondoctor.checks.model import Finding, cure, text
from tritondoctor.checks.versions import words_of
from tritondoctor.loader import Files
from tritondoctor.remedies import neighbours, plan, together, wheels
from tritondoctor.remedies.apply import apply
from tritondoctor.remedies.emptied import bytecode, folders
from tritondoctor.remedies.journal import begin
from tritondoctor.remedies.operations import Operation, PutFile, RemedyError, Remove, RemoveFolder
from tritondoctor.remedies.permissions import Permissions
from tritondoctor.remedies.plan import Planner, Planning
from tritondoctor.remedies.simulate import World
from tritondoctor.remedies.undo import take_back

#: for each edit that pip can make, the versions that it puts in and what they require
Answers = dict[Edit, dict[str, tuple[str, ...]]]
NUMPY_1 = Pip("python", ("numpy<2",))
KEPT = Pip("python", ("nvidia-pytriton==0.7.0", "jax==0.10.2"))
MATCHED = Pip("python", ("numpy<2", "nvidia-pytriton==0.7.0", "jax"))
FAULT = Finding("numpy-too-new", "error", text("NumPy"), text(""), (), (cure("x", text("x"), NUMPY_1),))


class Machine:
    """NumPy 2 beside PyTriton and JAX, and what pip would do: a version for each edit it can make."""

    def __init__(self, folder: Path, answers: Answers) -> None:
        self.folder, self.answers = folder, answers
        self.site = folder / "site-packages"
        self.prefix = str(folder)
        self.waited, self.delay = 0.0, 0.0
        put(self.site, "nvidia-pytriton", "0.7.0", "numpy<2")
        put(self.site, "jax", "0.10.2", "numpy>=2.0")
        put(self.site, "numpy", "2.4.6")

    def operations(self, edit: Edit) -> tuple[Operation, ...]:
        """As the staging: files put and removed, or a RemedyError."""
        self.waited += self.delay
        if edit not in self.answers:
            raise RemedyError("pip failed: conflicting dependencies")
        found: list[Operation] = []
        for wish, requires in self.answers[edit].items():
            name, _, version = wish.partition("==")
            old = next(self.site.glob(f"{name}-*.dist-info"))
            new = put(self.folder / str(len(os.listdir(self.folder))), name, version, *requires)
            found += [
                Remove(str(old / "METADATA")),
                PutFile(str(self.site / new.name / "METADATA"), f"{new}/METADATA"),
            ]
        return tuple(found)

    def packages(self, edits: object) -> tuple[()]:
        return ()

    commands = packages

    def facts(self, world: World) -> Any:
        return self.environment(world)

    def environment(self, world: World) -> Any:
        """As the simulation."""
        from tritondoctor.remedies.operations import changes_of

        return environment(self.folder, Files().with_changes(changes_of(world.operations)))


def examine(facts: Any) -> Sequence[Finding]:
    """PyTriton's one need."""
    return () if facts.packages["numpy"].version.startswith("1.") else (FAULT,)


Plans = Callable[..., Planning]


@pytest.fixture
def planning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plans:
    monkeypatch.setattr(plan, "examine", examine)

    def made(
        answers: dict[Edit, dict[str, tuple[str, ...]]], *breaking: str, delay: float = 0
    ) -> Planning:
        machine: Any = Machine(tmp_path, answers)
        machine.delay = delay
        permissions = Permissions(breaking=breaking)
        monkeypatch.setattr(Planner, "_remedies", lambda self, one, facts: [(one.remedies[0], 4.0)])
        return Planner(machine, machine, permissions).plan([FAULT])

    return made


ALONE = {NUMPY_1: {"numpy==1.26.4": ()}}


def test_an_older_framework_goes_with_it(planning: Plans) -> None:
    matched = {"numpy==1.26.4": (), "jax==0.7.1": ("numpy>=1.26",)}
    found = planning({**ALONE, MATCHED: matched})
    assert found.plan is not None and not found.plan.breaks
    assert found.plan.steps[0].remedy.id == together.MATCHING
    (refused,) = found.refused
    assert refused.remedy.id == together.KEEPING and "conflicting" in refused.why


def test_a_framework_that_can_stay_stays(planning: Plans) -> None:
    found = planning({**ALONE, KEPT: {"numpy==1.27.0": (), "jax==0.10.2": ("numpy>=1.27",)}})
    assert found.plan is not None and found.plan.steps[0].remedy.id == together.KEEPING


def test_where_nothing_goes_together_the_plan_says_what_it_breaks(planning: Plans) -> None:
    found = planning(ALONE)
    assert found.plan is not None
    breaks = [str(words_of(requirement)) for requirement in found.plan.breaks]
    assert breaks == ["jax 0.10.2 needs numpy>=2.0, and 1.26.4 is installed"]
    assert {one.remedy.id for one in found.refused} == {together.KEEPING, together.MATCHING}


def test_what_may_be_broken(planning: Plans) -> None:
    found = planning(ALONE, "JAX")
    assert found.plan is not None and not found.plan.breaks and not found.refused


def test_fetching_is_not_planning(planning: Plans, monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour on the network is no reason to give up."""
    matched = {"numpy==1.26.4": (), "jax==0.7.1": ("numpy>=1.26",)}
    clock = time.monotonic
    machines: list[Any] = []
    monkeypatch.setattr(Machine, "__init__", _noted(Machine.__init__, machines))
    monkeypatch.setattr(time, "monotonic", lambda: clock() + (machines[-1].waited if machines else 0))
    assert planning({**ALONE, MATCHED: matched}, delay=3600.0).plan is not None


def _noted(init: Callable[..., None], machines: list[Any]) -> Callable[..., None]:
    def noted(self: Any, *arguments: Any) -> None:
        init(self, *arguments)
        machines.append(self)

    return noted


def test_giving_up_is_told(planning: Plans, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "_MOST_SECONDS", -1.0)
    found = planning(ALONE)
    assert found.plan is None and "gave up after 0 simulations" in found.gave_up


def test_a_remedy_without_effect_is_told(planning: Plans) -> None:
    found = planning({NUMPY_1: {"numpy==2.0.0": ()}})
    assert found.plan is None
    assert "does not fix this" in found.refused[0].why


def test_what_is_lost(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text("")
    (tmp_path / "dead.py").write_text("import nothing_of_that_name")
    (tmp_path / "exits.py").write_text("raise SystemExit(0)")
    (tmp_path / "talks.py").write_text("print('hello ' * 9)")
    variables = {"PYTHONPATH": str(tmp_path), "PATH": os.environ["PATH"]}
    modules = ["good", "dead", "exits", "talks"]
    imports = neighbours.WorkingImports(sys.executable, modules, variables)
    assert imports.modules == ["good", "talks"]
    (tmp_path / "good.py").write_text("raise AttributeError('no StringDType')")
    assert imports.lost(variables) == (neighbours.Lost("good", "AttributeError: no StringDType"),)
    assert not (tmp_path / "__pycache__").exists()


def test_an_import_has_a_deadline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "DEADLINE_S", 1.0)
    (tmp_path / "hangs.py").write_text("import time; time.sleep(600)")
    assert not neighbours.WorkingImports(sys.executable, ["hangs"], {"PYTHONPATH": str(tmp_path)}).modules


def test_what_is_at_stake(tmp_path: Path) -> None:
    """Frameworks, and what needs what changes; their names are read, nothing is imported for that."""
    site = tmp_path / "site-packages"
    rows = {
        ("flax", "1", "jax"): "flax/__init__.py,,\nflax/x.py,,\n../../bin/flax,,\n_flax.py,,\n",
        ("jax", "0.10.2", "numpy>=2.0"): "jax/__init__.py,,\n",
        ("torch", "2"): "torch/__init__.py,,\ntorchgen/__init__.py,,\n",
        ("plain", "1"): "plain.py,,\n",
        ("numpy", "2.4.6"): "numpy/__init__.py,,\n",
    }
    for distribution, record in rows.items():
        (put(site, *distribution) / "RECORD").write_text(record)
    before = environment(tmp_path)
    other = {**before.packages, "numpy": structs.replace(before.packages["numpy"], version="1.26.4")}
    found = neighbours.at_stake(Files(), before, structs.replace(before, packages=other))
    assert found == ["torch", "jax", "flax"]
    assert neighbours.at_stake(Files(), before, before) == []


def test_no_folder_of_a_package_that_is_gone_stays(tmp_path: Path) -> None:
    """Nor its bytecode; an undo brings all of it back, and what others put there keeps its folder."""
    site = tmp_path / "env/lib/site-packages"
    for path in ("p-1.dist-info/METADATA", "p-1.dist-info/licenses/a/LICENSE", "p/m.py", "q/m.py",
                 "p/__pycache__/m.cpython-311.opt-1.pyc", "q/of-the-user"):  # fmt: skip
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(path)
    (site / "p-1.dist-info/licenses").chmod(0o750)
    names = ("p-1.dist-info/METADATA", "p-1.dist-info/licenses/a/LICENSE", "p/m.py", "q/m.py")
    old = [str(site / name) for name in names]
    gone = [*old, *bytecode(old)]
    before = tree(tmp_path / "env")
    variables = {"HOME": str(tmp_path / "home")}
    journal = begin(variables, str(tmp_path / "env"), "python", ("x",))
    removed: list[Operation] = [Remove(one) for one in gone]
    removed += [RemoveFolder(folder) for folder in folders(gone, ())]
    apply(removed, journal)
    assert sorted(os.listdir(site)) == ["q"] and os.listdir(site / "q") == ["of-the-user"]
    assert take_back(journal) == []
    assert not difference(before, tree(tmp_path / "env"))


def test_a_folder_that_is_needed_again_is_kept(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    (site / "p").mkdir(parents=True)
    (site / "p/old.py").write_text("")
    assert folders([str(site / "p/old.py")], [str(site / "p/new.py")]) == []


def test_wheels_are_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And fetched again where the one that is kept is another than the index has now."""
    fetched: list[str] = []
    wheel = b"a wheel"

    def pip(command: Sequence[str], variables: object, name: str, watch: object) -> str:
        place = Path(command[command.index("--dest") + 1])
        for one in (part for part in command if "==" in part):
            fetched.append(one)
            (place / f"{one.replace('==', '-')}-py3-none-any.whl").write_bytes(wheel)
        return ""

    monkeypatch.setattr(wheels, "output_of", pip)
    digest = hashlib.sha256(wheel).hexdigest()
    address = "https://example.org/a-1-py3-none-any.whl"
    choices = [
        wheels.ChosenWheel("a==1", address, digest),
        wheels.ChosenWheel("b==1", "https://example.org/b-1.tar.gz", digest),
        wheels.ChosenWheel("c==1", "file:///house/c-1-py3-none-any.whl", digest),
    ]  # fmt: skip
    variables = {"XDG_CACHE_HOME": str(tmp_path)}
    target = tmp_path / "copies"
    for _ in range(2):
        assert wheels.copies(["pip"], choices, variables, str(target)) == (["a==1"], ["b==1", "c==1"])
    assert fetched == ["a==1"]
    (tmp_path / "tritondoctor/wheels/a-1-py3-none-any.whl").write_bytes(b"another")
    assert wheels.copies(["pip"], choices, variables, str(target))[0] == ["a==1"]
    assert fetched == ["a==1", "a==1"]
