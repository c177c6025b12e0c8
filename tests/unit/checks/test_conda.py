"""Findings about conda prefixes."""

from __future__ import annotations

from typing import Optional

import pytest

from tests.unit.build import PREFIX, facts
from tests.unit.checks.case import Case, FindingTests
from tritondoctor.checks.installing import conda_installs
from tritondoctor.facts.conda.model import CondaPrefix


def _linked(prefix: str, target: Optional[str] = "/usr/lib/libstdc++.so.6.0.30") -> CondaPrefix:
    return CondaPrefix(prefix, "mine", False, (), target)


class TestConda(FindingTests):
    CASES = (
        Case(
            "libstdcxx-symlinked-to-system",
            fires=facts(conda=(_linked(PREFIX),)),
            silent=facts(conda=(_linked("/opt/conda/envs/other"), _linked(PREFIX, None))),
            says=(f"{PREFIX}/lib/libstdc++.so.6", "/usr/lib/libstdc++.so.6.0.30", "conda install"),
        ),
    )


@pytest.mark.parametrize(
    ("prefix", "front_end", "again", "command"),
    [
        ("/envs/MS", "", False, "conda install -p /envs/MS -c conda-forge 'x>=1'"),
        ("/envs/MS", "micromamba", False, "micromamba install -p /envs/MS -c conda-forge 'x>=1'"),
        ("/e/M S", "mamba", True, "mamba install -p '/e/M S' -c conda-forge --force-reinstall 'x>=1'"),
        ("/p/.pixi/envs/default", "conda", False, "pixi add --manifest-path /p 'x>=1'"),
        ("/p/.pixi/envs/gpu", "", True, "pixi reinstall --manifest-path /p -e gpu x"),
    ],
)
def test_command_is_of_the_front_end_that_is_there(
    prefix: str, front_end: str, again: bool, command: str
) -> None:
    edit = conda_installs(facts(conda_front_end=front_end), prefix, "x>=1", again=again)
    assert edit.commands() == (command,)
