"""Findings about conda prefixes."""

from __future__ import annotations

from typing import Optional

from tests.unit.build import PREFIX, facts
from tests.unit.checks.case import Case, FindingTests
from tritondoctor.facts.model import CondaPrefix


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
