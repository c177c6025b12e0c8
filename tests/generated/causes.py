"""Whether named causes are the causes, by taking atoms away; and what the least case of a fault is."""

from __future__ import annotations

from collections.abc import Callable

from tests.generated.judge import Judge, Judged
from tests.generated.recipe import PLAIN, Recipe
from tests.truth.stock import Absent


def shrink(recipe: Recipe, still: Callable[[Recipe], bool]) -> Recipe:
    """The recipe with atoms taken away, one after the other, as long as it `still` shows something.

    No atom of what is left can be taken away alone (1-minimal, as of Zeller's delta debugging; with so
    few atoms there is nothing to halve).  What cannot be built shows nothing.
    """
    kept = recipe
    again = True
    while again:
        again = False
        for name in reversed(kept.atoms):
            if _shows(still, kept.without(name)):
                kept, again = kept.without(name), True
    python, release = PLAIN
    for plainer in (kept._replace(release=release), kept._replace(python=python, release=release)):
        if plainer != kept and _shows(still, plainer):
            kept = plainer
    return kept


def _shows(still: Callable[[Recipe], bool], recipe: Recipe) -> bool:
    try:
        return still(recipe)
    except Absent:
        return False


def least(judge: Judge, judged: Judged) -> Judged:
    """The least environment that shows a disagreement of the same kind."""
    kinds = judged.wrong.keys()
    return judge.verdict(shrink(judged.recipe, lambda one: bool(judge.verdict(one).wrong.keys() & kinds)))


def counterfactual(judge: Judge, judged: Judged) -> list[Judged]:
    """Environments that must agree where the causes of a failed start are right.

    For each id that is named: the atoms without which the doctor does not name it; with those alone the
    start must fail.  And the whole without the atoms of all named causes: that must serve, or fail
    by what only then is named.
    """
    recipe, found = judged.recipe, []
    seen = set()
    while True:
        said = judge.predict(recipe)
        if said.serves or said.verdict is None:
            break
        blamed: set[str] = set()
        for id in dict.fromkeys(said.ids):
            atoms = _blamed(judge, recipe, id)
            blamed.update(atoms)
            alone = recipe._replace(atoms=atoms)
            if alone not in seen and alone != judged.recipe:
                seen.add(alone)
                found.append(judge.verdict(alone))
        if not blamed:
            return found  # what is left fails with no atom at all
        recipe = recipe.without(*blamed)
        try:
            judge.predict(recipe)
        except Absent:
            return found
    if recipe != judged.recipe:
        found.append(judge.verdict(recipe))
    return found


def _blamed(judge: Judge, recipe: Recipe, id: str) -> tuple[str, ...]:
    """The least set of a recipe's atoms with which the doctor names the id."""
    kept = recipe
    for name in reversed(recipe.atoms):
        fewer = kept.without(name)
        if _shows(lambda one: id in judge.predict(one).ids, fewer):
            kept = fewer
    return kept.atoms
