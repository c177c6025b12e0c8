"""A front end that answers what none should: a reason, never an error of the doctor's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tritondoctor.checks.edits import Conda
from tritondoctor.remedies import conda
from tritondoctor.remedies.command import ProgramWatch
from tritondoctor.remedies.operations import RemedyError

PACKAGE = {"name": "x", "version": "1", "build_string": "0", "base_url": "u", "platform": "linux-64"}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "found nothing to change"),
        ("[1, 2]", "found nothing to change"),
        ({"success": True}, "found nothing to change"),
        ({"success": True, "actions": "none"}, "cannot read what front would do"),
        ({"success": True, "actions": [[]]}, "cannot read what front would do"),
        ({"success": True, "actions": {"LINK": [1, None]}}, "cannot read what front would do"),
        ({"success": True, "actions": {"UNLINK": {"a": 3}}}, "cannot read what front would do"),
        ({"success": True, "actions": {"LINK": [{"name": "x"}]}}, "cannot read the packages"),
        ({"success": True, "actions": {"LINK": [PACKAGE], "FETCH": [{}]}}, "cannot read the packages"),
        ({"success": True, "actions": {"LINK": [PACKAGE]}, "pkgs_dirs": [3]}, "not in the package cache"),
        (
            {
                "success": True,
                "actions": {"LINK": [{**PACKAGE, "name": "../../etc"}]},
                "pkgs_dirs": ["/"],
            },
            "not in the package cache",
        ),
        ({"success": True, "actions": {"UNLINK": [PACKAGE]}}, "front would remove x"),
    ],
)
def test_is_refused(tmp_path: Path, answer: object, why: str) -> None:
    front = tmp_path / "front"
    text = answer if isinstance(answer, str) else json.dumps(answer)
    front.write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\n")
    front.chmod(0o755)
    prefix = tmp_path / "prefix"
    (prefix / "conda-meta").mkdir(parents=True)
    edit = Conda(str(prefix), ("x>=1",))
    with pytest.raises(RemedyError, match=why):
        conda.stage(edit, {"CONDA_EXE": str(front)}, (), str(tmp_path), ProgramWatch())
