"""Made servers, really started: what `attach` says of each, as root, as another user, by URL."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.running.made import KINDS, Made, server

SLICE = ("sound", "dead-lock")
#: for a look at a hang, so that the tests are short
HANG_AFTER_S = 6


def looked(made: Made, *options: str) -> dict[str, Any]:
    """What `attach --json` says of a server."""
    hang_after = 60 if made.kind == "long" else HANG_AFTER_S
    command = [sys.executable, "-m", "tritondoctor", "attach", str(made.pid), "--json"]
    command += ["--hang-after", str(hang_after), *options]
    run = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert run.stderr == "", run.stderr
    result: dict[str, Any] = json.loads(run.stdout)
    assert run.returncode == (result["verdict"] == "fail"), run.stdout
    return result


def complaint(kind: str, result: dict[str, Any]) -> str:
    """What is wrong with what was said of a server of that kind; "" where it is right."""
    expected = KINDS[kind]
    ids = {finding["id"] for finding in result["findings"]}
    if not expected.shown <= ids <= expected.shown | expected.perhaps:
        return f"said {sorted(ids)}: {json.dumps(result['models'])}"
    words = " ".join(finding["explanation"] + finding["title"] for finding in result["findings"])
    return "" if expected.says in words else f"does not say {expected.says!r}: {words}"


@pytest.mark.attach
@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.attach_slice if kind in SLICE else ()) for kind in KINDS],
)
def test_made_server(kind: str) -> None:
    with server(kind) as made:
        assert not complaint(kind, looked(made))
