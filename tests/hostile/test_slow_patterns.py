"""No text keeps a regular expression busy: each is attacked with what it repeats."""

from __future__ import annotations

import subprocess
import sys
from heapq import nlargest
from pathlib import Path

import pytest

from tests.hostile.pumped import Attack, TooSlow, Use, attacks, seconds, uses
from tritondoctor.logs.signs import SIGNS
from tritondoctor.privacy.patterns import compiled
from tritondoctor.privacy.rules import RULES, SecretRule
from tritondoctor.privacy.scrub import scrub

#: the longest line of a log; the longest source or list that a check reads is not much more in practice
_LENGTH = 4096
_SHORT = 512
#: processor time; measured where nothing else ran, the slowest takes a third
_MOST_S = 0.5
#: below this, what is measured is noise
_TELLING_S = 0.05
_USES = uses()


def _attack(use: Use, *, mixed: int) -> None:
    """The worst attacks end in time; twice as long, a text takes no more than four times as long."""
    for attack in _worst(use, mixed):
        short, long = (_least(use, attack.of(length)) for length in (_LENGTH // 2, _LENGTH))
        assert long < _TELLING_S or long < 6 * short, attack


def _worst(use: Use, mixed: int) -> list[Attack]:
    """Those that take longest where they are short."""
    slowest = nlargest(
        3, ((_least(use, attack.of(_SHORT), 1), attack) for attack in attacks(use.pattern, mixed))
    )
    return [attack for _, attack in slowest]


def _least(use: Use, text: str, tries: int = 3) -> float:
    try:
        return min(seconds(use, text, _MOST_S) for _ in range(tries))
    except TooSlow:
        pytest.fail(f"{use.pattern.pattern!r} tries for long at {text[:200]!r}")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.kind)
def test_a_rule(rule: SecretRule) -> None:
    for pattern in filter(None, (rule.pattern, rule.gate)):
        _attack(Use(compiled(pattern)), mixed=3)


@pytest.mark.parametrize("number", range(len(SIGNS)))
def test_a_sign(number: int) -> None:
    _attack(Use(SIGNS[number].pattern), mixed=1)


@pytest.mark.parametrize("place", _USES)
def test_any_other(place: str) -> None:
    _attack(_USES[place], mixed=2)


def test_most_are_found() -> None:
    assert len(_USES) > 250
    assert {Path(place).parts[0] for place in _USES} >= {"checks", "facts", "logs", "privacy", "reports"}


@pytest.mark.parametrize(
    "text",
    [
        "import os #  openssl passwd" + " -salt" * 60,
        "signature: a" + "-aa" * 60 + "!",
        "restricted-protocolaa=" * 180,
        "name: KEY" + " \t" * 2000,
        "[" + " " * 4000,
    ],
    ids=lambda text: text[:20],
)
def test_a_line_that_was_endless(text: str, tmp_path: Path) -> None:
    (tmp_path / "line").write_text(text + "\n")
    code = "import sys; from tritondoctor.privacy.scrub import scrub; scrub(open(sys.argv[1]).read())"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "line")], check=True, timeout=10)
    assert scrub(text) is not None
