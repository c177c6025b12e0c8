"""Composed environments against real starts (`make generated` runs them several at a time), and the parts
that compose and shrink them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.generated.atom import ATOMS, STAGES
from tests.generated.causes import least, shrink
from tests.generated.judge import Judge, log_names
from tests.generated.recipe import Recipe, generate, recipe
from tests.generated.store import Store
from tests.truth.real import Outcome
from tests.truth.stock import Absent

SEEDS = range(350)
#: decided within seconds, and of different kinds
SLICE = {1, 3, 5, 28, 37, 52}


def _parameters() -> list[object]:
    both = [pytest.mark.generated, pytest.mark.generated_slice]
    return [pytest.param(seed, marks=both if seed in SLICE else both[:1]) for seed in SEEDS]


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judge]:
    """A judge that knows nothing yet."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap (bwrap) is not installed")
    made = Judge(Store(tmp_path_factory.mktemp("generated")))
    yield made
    made.close()


@pytest.mark.parametrize("seed", _parameters())
def test_prediction_is_the_truth(seed: int, judge: Judge) -> None:
    try:
        judged = judge.verdict(generate(seed))
    except Absent as absent:
        pytest.skip(str(absent))
    if judged.wrong:
        judged = least(judge, judged)
    assert not judged.wrong, (
        f"{judged.recipe.name}: {judged.wrong}\n--- the doctor\n{judged.prediction.said}\n"
        f"--- PyTriton\n{judged.outcome.log[-4000:]}"
    )


def test_a_seed_is_always_the_same_environment() -> None:
    assert [generate(seed) for seed in range(100)] == [generate(seed) for seed in range(100)]
    drawn = [generate(seed) for seed in range(2000)]
    assert {one.python for one in drawn} >= {"3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "system"}
    used = {ATOMS[name].subject for one in drawn for name in one.atoms}
    assert used == {atom.subject for atom in ATOMS.values()}
    for one in drawn:
        stages = [STAGES.index(ATOMS[name].stage) for name in one.atoms]
        assert stages == sorted(stages)
        assert len({ATOMS[name].subject for name in one.atoms}) == len(one.atoms)


def test_shrinking_leaves_what_is_needed() -> None:
    names = ["sitecustomize:prints", "path:empty", "locale:c", "umask:0077", "limit:core"]
    whole = recipe("3.9", "0.7.0", names)
    two = {"path:empty", "limit:core"}
    shrunk = shrink(whole, lambda one: set(one.atoms) >= two)
    assert set(shrunk.atoms) == two
    assert (shrunk.python, shrunk.release) == ("3.11", "0.7.0")

    def absent(one: Recipe) -> bool:
        raise Absent("it cannot be built")

    assert shrink(whole, absent) == whole


def test_what_was_seen_is_kept_and_not_taken_for_other_code(tmp_path: Path) -> None:
    seen = recipe("3.11", "0.7.0", ["path:empty"])
    Store(tmp_path).keep_outcome(seen, Outcome(False, 1.0, "a\udcffb"))
    again = Store(tmp_path)
    assert again.outcome(seen) == Outcome(False, 1.0, "a\udcffb")
    assert again.outcome(seen.without("path:empty")) is None
    assert again.prediction(seen) is None
    assert Store(tmp_path, afresh=True).outcome(seen) is None


def test_log_names_only_what_a_log_says() -> None:
    assert log_names("KeyError: 'PATH'\n") == {"path-unset"}
    assert log_names("all is well\n") == set()
