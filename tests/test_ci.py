"""Every recipe of docs/ci.md and action.yml, judged by the linter or schema of whoever reads it.

A Jenkinsfile has no linter that needs neither Java nor a Jenkins: of it only the script is judged.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tritondoctor.examination.policy import find

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _recipes() -> dict[str, str]:
    """Name of the file that a recipe is -> its text."""
    found = {}
    for language, text in _BLOCK.findall((ROOT / "docs" / "ci.md").read_text()):
        named = re.search(r"^(?:#|//) (\S+)$", text, re.MULTILINE)
        found[named[1] if named else language] = text
    return found


RECIPES = _recipes()


def _judged(tool: str, *words: str, text: str | None = None) -> None:
    done = subprocess.run(
        [str(BIN / tool), *words], input=text, capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _scripts() -> dict[str, str]:
    found = {"job.sh": RECIPES["job.sh"]}
    for step in ACTION["runs"]["steps"]:
        if "run" in step:
            found[f"action: {step['name']}"] = f"#!/bin/bash\n{step['run']}"
    inner = re.search(r"sh '''\n(.*?)'''", RECIPES["Jenkinsfile"], re.DOTALL)
    assert inner
    found["Jenkinsfile"] = f"#!/bin/sh\n{inner[1]}"
    gitlab = yaml.safe_load(RECIPES[".gitlab-ci.yml"])["preflight"]["script"]
    return {**found, ".gitlab-ci.yml": "#!/bin/bash\n" + "\n".join(gitlab)}


def test_all_recipes_are_there() -> None:
    assert set(RECIPES) == {
        "toml", ".github/workflows/preflight.yml", ".gitlab-ci.yml", "Jenkinsfile", "Dockerfile",
        "deployment.yaml", "job.yaml", "job.sh",
    }  # fmt: skip


@pytest.mark.parametrize("name", _scripts())
def test_scripts(name: str) -> None:
    _judged("shellcheck", "--exclude=SC1091", "-", text=_scripts()[name])


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        (".github/workflows/preflight.yml", "vendor.github-workflows"),
        (".gitlab-ci.yml", "vendor.gitlab-ci"),
    ],
)
def test_pipelines(name: str, schema: str, tmp_path: Path) -> None:
    file = tmp_path / "it.yml"
    file.write_text(RECIPES[name])
    _judged("check-jsonschema", "--builtin-schema", schema, str(file))


def test_action() -> None:
    _judged("check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml")


def test_dockerfile() -> None:
    _judged("hadolint", "-", text=RECIPES["Dockerfile"])


@pytest.mark.parametrize("name", ["deployment.yaml", "job.yaml"])
def test_kubernetes(name: str) -> None:
    kubernetes_validate.validate(yaml.safe_load(RECIPES[name]), "1.31", strict=True)


def test_policy_of_the_documentation(tmp_path: Path) -> None:
    (tmp_path / "tritondoctor.toml").write_text(RECIPES["toml"])
    policy = find(str(tmp_path)).policy
    assert (policy.fail_on, policy.require.gpu) == ("warning", "required")


def _step(name: str) -> str:
    return str(next(step["run"] for step in ACTION["runs"]["steps"] if step.get("name") == name))


def test_the_action_does_what_it_says(environment: str, tmp_path: Path) -> None:
    doctor = tmp_path / "doctor" / "bin"
    doctor.mkdir(parents=True)
    (doctor / "tritondoctor").symlink_to(BIN / "tritondoctor")
    variables = {
        **os.environ, "DOCTOR": str(tmp_path / "doctor"), "REPORTS": str(tmp_path / "reports"),
        "PYTHON": f"{environment}/bin/python", "FAIL_ON": "error", "ARGUMENTS": "--ignore no-gpu",
        "GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
    }  # fmt: skip
    (tmp_path / "summary").touch()
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", _step("Check")],
        env=variables, capture_output=True, text=True, check=False,
    )  # fmt: skip
    report: dict[str, Any] = json.loads((tmp_path / "reports" / "report.json").read_text())
    assert done.returncode == int(report["verdict"] == "fail"), done.stderr
    assert "ignored: " in done.stdout
    assert (tmp_path / "summary").read_text().startswith("## ")
    assert (tmp_path / "output").read_text() == f"reports={tmp_path}/reports\n"
    names = {"report.sarif", "report.xml", "report.html", "report.json"}
    assert {path.name for path in (tmp_path / "reports").iterdir()} == names
