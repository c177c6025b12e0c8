"""A plan that needs something built from source: the user is asked on a terminal, and not otherwise."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tritondoctor.checks.edits import Pip
from tritondoctor.remedies import fix
from tritondoctor.remedies.operations import RemedyError, UnbuiltError
from tritondoctor.remedies.plan import Planning
from tritondoctor.remedies.staging import Staging
from tritondoctor.target import Target

_NUMPY = Pip("/venv/bin/python", ("numpy<2",))
_GONE = Pip("/venv/bin/python", ("gone",))
_PLAN: Any = SimpleNamespace(steps=())


def _staging(monkeypatch: pytest.MonkeyPatch) -> Staging:
    """One whose pip finds a source archive of NumPy, and nothing else."""
    made = Staging(Target("/venv/bin/python", "/venv", "", {}, "/"), (), lambda line: None)

    def make(edit: Pip) -> tuple[()]:
        if edit == _NUMPY and made.may_build:
            return ()
        raise UnbuiltError("built with --yes") if edit == _NUMPY else RemedyError("no such package")

    monkeypatch.setattr(made, "_make", make)
    return made


class _Planner:
    def __init__(self, simulation: Any, staging: Staging, *_: Any, **__: Any) -> None:
        self.staging = staging

    def plan(self, findings: Any) -> Planning:
        made = 0
        for edit in (_GONE, _NUMPY):
            try:
                self.staging.operations(edit)
                made += 1
            except RemedyError:
                continue
        return Planning(_PLAN if made else None, None, ())


@pytest.mark.parametrize("options, agrees, asked, planned", [
    (fix.Options(), True, 1, True),
    (fix.Options(), False, 1, False),
    (fix.Options(dry_run=True), True, 0, False),
])  # fmt: skip
def test_whether_it_is_built(
    monkeypatch: pytest.MonkeyPatch, options: fix.Options, agrees: bool, asked: int, planned: bool
) -> None:
    questions: list[str] = []

    def offer(question: str) -> bool:
        questions.append(question)
        return agrees

    monkeypatch.setattr(fix, "Planner", _Planner)
    talk: Any = SimpleNamespace(offer=offer)
    nothing: Any = None
    planning = fix._planned(nothing, _staging(monkeypatch), options, None, (), talk)
    assert (len(questions), planning.plan is not None) == (asked, planned)
    assert all("runs its code" in question for question in questions)


def test_nobody_is_asked_where_nothing_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made = _staging(monkeypatch)
    with pytest.raises(RemedyError):
        made.operations(_GONE)
    assert not made.waits_for_a_build
    with pytest.raises(UnbuiltError):
        made.operations(_NUMPY)
    assert made.waits_for_a_build
    made.allow_building()
    assert not made.waits_for_a_build and made.operations(_NUMPY) == ()
