"""The table of frameworks says what real starts have shown."""

from __future__ import annotations

import importlib.resources
import json
from typing import Any

import pytest

from tests.truth.environments import ALL
from tritondoctor.checks import advice
from tritondoctor.installing.beside import beside

TABLE = json.loads(importlib.resources.files("tritondoctor.data").joinpath("frameworks.json").read_text())
STARTED = [row for row in TABLE["frameworks"] if row["started"]]


def _release(version: str) -> dict[str, Any]:
    return next(row for row in advice.releases("x86_64") if row["version"] == version)


def _goes(framework: str, version: str, release: str = "0.7.0") -> bool:
    """Whether the table says that they go together, with the newest client too."""
    names = [row["version"] for row in TABLE["frameworks"] if row["framework"] == framework]
    position = names.index(version)
    for found in beside(_release(release)):
        if found.name == framework and names.index(found.oldest) <= position <= names.index(found.newest):
            return found.why is None and not found.client
    raise LookupError(version)


@pytest.mark.parametrize("row", STARTED, ids=lambda row: f"{row['package']}-{row['version']}")
def test_what_was_started_agrees(row: dict[str, Any]) -> None:
    """tests/truth starts these environments: what the checks must find there is an error, or nothing."""
    assert _goes(row["framework"], row["version"]) == (not ALL[row["started"]].ids)


def test_the_reason_names_what_both_need() -> None:
    reasons = {
        (found.name, found.oldest): str(found.why) for found in beside(_release("0.7.0")) if found.why
    }
    assert reasons["jax", "0.7.2"] == "needs NumPy >=2.0; PyTriton needs <2.0.0,>=1.21"


def test_an_older_client_takes_an_older_protobuf() -> None:
    """`fix` installs these clients (tests/remedies/test_frameworks.py), and PyTriton serves with them."""
    found = {(one.name, one.oldest): one for one in beside(_release("0.7.0"))}
    clients = {key: one.client for key, one in found.items() if one.client}
    assert clients == {("tensorflow", "2.12.1"): "2.51.0", ("tensorflow", "2.18.1"): "2.66.0"}
    assert all(found[key].why is None for key in clients)


def test_a_release_that_does_not_refuse_numpy_2_cannot_work_with_it() -> None:
    """0.5.6 asks for `numpy >=1.21`, and is built for NumPy 1 as all are (the finding numpy-too-new)."""
    assert not _goes("jax", "0.10.2", "0.5.6") and _goes("jax", "0.6.2", "0.5.6")
