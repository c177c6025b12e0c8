"""The unit tests of the findings are complete, and a sound machine has none."""

from __future__ import annotations

import pytest

from tests.new_check import missing
from tests.unit.build import an_import_problem, facts, with_gpu, with_import
from tests.unit.checks.case import files
from tritondoctor.checks import CATALOGUE, examine


def test_every_finding_that_a_check_draws_has_a_case() -> None:
    drawn = {id for id, rule in CATALOGUE.items() if "check" in rule.seen_by}
    missing = drawn - files().keys()
    assert not missing, f"add a Case to a file of tests/unit/checks: {sorted(missing)}"
    assert files().keys() <= set(CATALOGUE), "cases of findings that do not exist"


def test_sound_machine_has_no_finding() -> None:
    assert [finding.id for finding in examine(facts())] == ["no-gpu"]
    assert examine(with_gpu()) == ()


def test_the_variable_that_brings_the_packages_of_another_python_comes_first() -> None:
    other = "/opt/env/lib/python3.9/site-packages"
    problem = an_import_problem("missing", "numpy.core._multiarray_umath", importer=f"{other}/numpy/x.py")
    here = with_import(problem, variables={"PYTHONPATH": other})
    assert [finding.id for finding in examine(here)][:2] == ["setting-invalid", "package-missing"]


def test_findings_are_ordered_by_severity() -> None:
    ranks = {"error": 0, "warning": 1, "info": 2}
    here = facts(pytriton=None, launch=None, preload_missing=("/nowhere/libx.so",))
    severities = [ranks[finding.severity] for finding in examine(here)]
    assert severities == sorted(severities) and set(severities) == {0, 1, 2}


@pytest.mark.parametrize("id", CATALOGUE)
def test_no_finding_lacks_a_file(id: str) -> None:
    assert missing(id) == []
