"""Reports to hand on, notebooks, CI files, demos, checks of one's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.test_cli import run

RULES = """
from tritondoctor.checks.model import CheckResult, Remedy, check, text

@check("house-rule", "error", title="{name} is not our Python", explanation="We serve with 2.7.",
       means="m", verified="v", by_hand="b", reads=("interpreter.version",))
def house_rule(facts):
    if facts.interpreter.version != "2.7":
        yield CheckResult({"name": facts.interpreter.version}, remedies=(Remedy("x", text("Ask Ana")),))

RULES = (house_rule,)
"""
SNAPSHOT = str(Path(__file__).parent / "reports" / "cases" / "healthy.snapshot")


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    base = os.path.realpath(sys.executable)
    subprocess.run([base, "-m", "venv", "--without-pip", str(tmp_path / ".venv")], check=True)
    return tmp_path


def test_bundle_holds_no_secret(venv: Path) -> None:
    (venv / "server.log").write_text(f"loading {venv}/home/x password=hunter2\n\x1b[31mTimeoutError\n")
    variables = {**os.environ, "HOME": str(venv / "home"), "HF_TOKEN": "hunter2-hf"}
    done = run("report", "--log", "server.log", cwd=venv, env=variables)
    assert done.returncode == 0, done.stderr
    assert "### What I did, and what happened" in done.stdout and "pytriton-missing" in done.stdout
    with zipfile.ZipFile(venv / "tritondoctor-report.zip") as archive:
        names = archive.namelist()
        content = "".join(archive.read(name).decode() for name in names)
    assert {"check.txt", "check.json", "check.html", "here.snapshot", "log.txt", "issue.md"} == set(names)
    assert "hunter2" not in content and "\x1b" not in content
    assert "loading ~/x" in content
    assert os.stat(venv / "tritondoctor-report.zip").st_mode & 0o077 == 0
    assert run("report", cwd=venv, env=variables).returncode == 2, "nothing is overwritten"


def test_notebook_shows_the_page_of_this_python() -> None:
    code = (
        "import tritondoctor, sys, json; checked = tritondoctor.check(); "
        "print(json.dumps([checked.as_json()['target']['python'], sys.executable, checked.verdict, "
        "checked._repr_html_()[:16], 'script' in checked._repr_html_(), repr(checked)]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    python, executable, verdict, page, has_script, text = json.loads(done.stdout)
    assert os.path.basename(python) == os.path.basename(executable)
    assert verdict in ("ok", "warn", "fail") and page == '<iframe srcdoc="' and not has_script
    assert text.startswith("PyTriton will ")


@pytest.mark.parametrize(
    ("system", "file"),
    [("github", ".github/workflows/preflight.yml"), ("gitlab", "preflight.gitlab-ci.yml")],
)
def test_file_for_ci(tmp_path: Path, system: str, file: str) -> None:
    done = run("init", "--ci", system, cwd=tmp_path)
    assert (done.returncode, file in done.stdout) == (0, True), done.stderr
    steps = yaml.safe_load((tmp_path / file).read_text())
    assert "tritondoctor" in json.dumps(steps) and "preflight" in json.dumps(steps)
    again = run("init", "--ci", system, cwd=tmp_path)
    assert (again.returncode, "nothing was written" in again.stderr) == (1, True)


def test_demo_shows_check_plan_and_page(tmp_path: Path) -> None:
    listed = run("demo")
    rows = [line for line in listed.stdout.splitlines() if line.startswith("  ") and line[2] != " "]
    names = [row.split()[0] for row in rows]
    assert (listed.returncode, len(names)) == (0, 6)
    for name in names:
        done = run("demo", name, "--html", str(tmp_path / f"{name}.html"))
        assert done.returncode == 0 and "will not" in done.stdout.splitlines()[0]
        assert "The plan has" in done.stdout or "cannot repair" in done.stdout
        assert (tmp_path / f"{name}.html").read_text().startswith("<!DOCTYPE html>")
    assert run("demo", "cond").returncode == 2


@pytest.mark.parametrize("name", ["rules.py", "rules"])
def test_checks_of_ones_own(tmp_path: Path, name: str) -> None:
    (tmp_path / "rules.py").write_text(RULES)
    done = run("check", "--from", SNAPSHOT, "--plugin", name, cwd=tmp_path)
    assert (done.returncode, "house-rule" in done.stdout, "Ask Ana" in done.stdout) == (1, True, True)
    policy = f'plugins = ["{name}"]\n[ignore]\nhouse-rule = "not here"\n'
    (tmp_path / "tritondoctor.toml").write_text(policy)
    for agreed, variables in ((("--plugin", name), {}), ((), {"CI": "true"})):
        done = run("check", "--from", SNAPSHOT, *agreed, cwd=tmp_path, env={**os.environ, **variables})
        assert (done.returncode, "not here" in done.stdout) == (0, True), done.stderr


def test_plugin_of_a_project_that_was_just_fetched_is_not_run(tmp_path: Path) -> None:
    """`git clone …; cd …; tritondoctor` runs nothing of what was fetched."""
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci/rules.py").write_text("open('ran', 'w')\n" + RULES)
    for name in ("ci/rules.py", "ci.rules", "antigravity"):
        (tmp_path / "tritondoctor.toml").write_text(f'plugins = ["{name}"]\n')
        done = run("check", "--from", SNAPSHOT, cwd=tmp_path, env={**os.environ, "CI": ""})
        assert (done.returncode, (tmp_path / "ran").exists()) == (0, False), done.stderr
        assert "--plugin ci/rules.py" in done.stdout or f"--plugin {name}" in done.stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("RULES = 1\n", "it has no RULES"),
        ("raise ValueError('no')\n", "ValueError: no"),
        (RULES.replace("house-rule", "no-gpu"), "no-gpu"),
        (RULES.replace("facts.interpreter.version", "facts.nothing"), "check house-rule: AttributeError"),
    ],
)
def test_plugin_that_fails_is_named(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "rules.py").write_text(content)
    done = run("check", "--from", SNAPSHOT, "--plugin", "rules.py", cwd=tmp_path)
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr


def test_plugin_that_others_can_write_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "rules.py").write_text("open('ran', 'w')\n" + RULES)
    os.chmod(tmp_path / "rules.py", 0o666)
    (tmp_path / "tritondoctor.toml").write_text('plugins = ["rules.py"]\n')
    done = run("check", "--from", SNAPSHOT, cwd=tmp_path, env={**os.environ, "CI": "true"})
    assert (done.returncode, (tmp_path / "ran").exists()) == (2, False)
