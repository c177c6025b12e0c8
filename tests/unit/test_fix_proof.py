"""A fix is judged by what it did: a port that a program takes meanwhile is not its fault."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.build import PYTHON, a_launch, a_port, facts
from tritondoctor.checks import examine
from tritondoctor.facts.model import Facts
from tritondoctor.remedies import fix
from tritondoctor.target import Target

_TAKEN = facts(launch=a_launch(ports=(a_port("http", 8000, "in-use"),)))
_BROKEN = facts(launch=a_launch(ports=(a_port("http", 8000, "in-use"),), bash=None), pytriton=None)


class _Talk(SimpleNamespace):
    """Never undoes by itself: a question is noted."""

    def __init__(self, passed: bool) -> None:
        super().__init__(passed=passed, asked=[])

    def ask(self, question: str) -> bool:
        self.asked.append(question)
        return False

    def selftest(self, target: object, facts: object) -> Any:
        return SimpleNamespace(passed=self.passed)


def _proved(
    monkeypatch: pytest.MonkeyPatch, now: Facts, talk: _Talk, variables: dict[str, str | None]
) -> fix.Fixed:
    monkeypatch.setattr(fix, "gather", lambda target: now)
    target = Target(PYTHON, None, "--python", {}, "/")
    applied = fix.Fixed("fixed", facts(), examine(facts()), fix="20260101-000000", variables=variables)
    return fix._proved(target, fix.Options(), talk, applied)


@pytest.mark.parametrize("variables", [{}, {"PYTRITON_HOME": "/var/tmp/x"}])
def test_a_port_taken_meanwhile_undoes_nothing(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str | None]
) -> None:
    talk = _Talk(passed=True)
    result = _proved(monkeypatch, _TAKEN, talk, variables)
    assert result.outcome == "incomplete" and result.exit_code == 1 and not talk.asked
    assert "Port 8000 (http) is not available now" in result.why


def test_what_does_not_serve_on_other_ports_either_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    talk = _Talk(passed=False)
    assert _proved(monkeypatch, _TAKEN, talk, {}).outcome == "failed" and talk.asked


def test_any_other_error_speaks_against_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    talk = _Talk(passed=True)
    assert _proved(monkeypatch, _BROKEN, talk, {}).outcome == "failed" and talk.asked
