"""What conda's activation sets: read in conda's order, named in findings, not set again after a cure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.build import PYTHON, a_launch, a_link_problem, an_interpreter, facts
from tritondoctor.checks import examine
from tritondoctor.checks.edits import CommentOut, CondaVariable
from tritondoctor.checks.library_path import drop_folder
from tritondoctor.checks.links import from_library_path, setting_lines
from tritondoctor.facts.conda.activation import OURS, probe
from tritondoctor.facts.conda.model import PathElement, ShellLine
from tritondoctor.loader import Files
from tritondoctor.remedies.activation_settings import requested
from tritondoctor.remedies.operations import PutFile, RemedyError
from tritondoctor.remedies.staging import Staging
from tritondoctor.target import Target

OLD = "/opt/old/lib"


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    for folder in ("etc/conda/activate.d", "etc/conda/env_vars.d", "conda-meta"):
        (tmp_path / "MS" / folder).mkdir(parents=True)
    return tmp_path / "MS"


def lines_of(prefix: Path) -> tuple[ShellLine, ...]:
    return probe(Files(), {"CONDA_PREFIX": str(prefix)})


def script(prefix: Path, name: str, text: str) -> Path:
    path = prefix / "etc/conda/activate.d" / name
    path.write_text(text)
    return path


def state(prefix: Path, **variables: str) -> Path:
    path = prefix / "conda-meta/state"
    path.write_text(json.dumps({"env_vars": variables, "version": 1}, indent=1))
    return path


def test_all_that_conda_reads_in_its_order(prefix: Path) -> None:
    script(prefix, "b.sh", "# mine\nexport LD_LIBRARY_PATH=$CONDA_PREFIX/lib:$LD_LIBRARY_PATH\n")
    script(prefix, "a.sh", "export CFLAGS=-O2\nexport LD_PRELOAD=/x.so\n")
    script(prefix, f"{OURS}.sh", "export LD_LIBRARY_PATH=/ours\n")
    script(prefix, "a.fish", "set -gx LD_LIBRARY_PATH /fish\n")
    state(prefix, ld_library_path="$HOME/x", OTHER="1")
    (prefix / "etc/conda/env_vars.d/p.json").write_text('{"PYTHONHOME": "/usr"}')
    found = [(Path(line.file).name, line.line, line.variable) for line in lines_of(prefix)]
    assert found == [
        ("p.json", 1, "PYTHONHOME"),
        ("state", 3, "LD_LIBRARY_PATH"),
        ("a.sh", 2, "LD_PRELOAD"),
        ("b.sh", 2, "LD_LIBRARY_PATH"),
    ]
    assert lines_of(prefix)[1].value == "'$HOME/x'"  # conda expands nothing in it


@pytest.mark.parametrize("text", ["", "{", "[]", '{"env_vars": []}', '{"env_vars": {"LD_PRELOAD": 1}}'])
def test_a_state_of_another_form_says_nothing(prefix: Path, text: str) -> None:
    (prefix / "conda-meta/state").write_text(text)
    assert lines_of(prefix) == ()


@pytest.mark.parametrize(
    "given", [{}, {"CONDA_PREFIX": ""}, {"CONDA_PREFIX": "x"}, {"CONDA_PREFIX": "/"}]
)
def test_without_an_active_environment_there_is_nothing(given: dict[str, str]) -> None:
    assert probe(Files(), given) == ()


def line(value: str, file: str = "/env/etc/conda/activate.d/a.sh") -> ShellLine:
    return ShellLine(file, 1, f"export LD_LIBRARY_PATH={value}", "LD_LIBRARY_PATH", value, True)


@pytest.mark.parametrize(
    ("value", "element", "brings"),
    [
        (f"{OLD}:$LD_LIBRARY_PATH", OLD, True),
        (f"{OLD}/:$LD_LIBRARY_PATH", OLD, True),
        (f"'{OLD}'", f"{OLD}/", True),
        ("${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}/opt/old/lib", OLD, True),
        ("$CONDA_PREFIX/lib", "/conda/envs/MS/lib", True),
        ("$CONDA_PREFIX/lib", OLD, False),
        ("/opt/old/lib64", OLD, False),
        ("$LD_LIBRARY_PATH:/x", "", True),
        ("/x${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}", "", False),
        (f"$(echo {OLD})", OLD, True),
    ],
)
def test_the_line_that_brings_an_element(value: str, element: str, brings: bool) -> None:
    conda = "/conda/envs/MS" if element.startswith("/conda") else None
    there = PathElement(element, "folder" if element else "empty", conda)
    assert bool(setting_lines(facts(shell=(line(value),)), there)) == brings


def test_the_finding_names_the_script_and_its_cure_ends_it() -> None:
    file = "/env/etc/conda/activate.d/env_vars.sh"
    problem = a_link_problem(
        "version", "libstdc++.so.6", provider=f"{OLD}/libstdc++.so.6", version="GLIBCXX_3.4.30"
    )
    world = facts(
        library_path=(PathElement(OLD, "folder"),),
        shell=(line(OLD, "/home/alice/.bashrc"), line(OLD, file)),
        variables={"LD_LIBRARY_PATH": OLD},
        launch=a_launch({"tritonserver": (problem,)}),
    )
    assert f"{file} line 1 sets it" in str(from_library_path(world, f"{OLD}/libstdc++.so.6"))
    (finding,) = (found for found in examine(world) if found.id == "libstdcxx-too-old")
    assert any(f"{file} line 1" in str(evidence) for evidence in finding.evidence)
    (remedy,) = drop_folder(world, f"{OLD}/libstdc++.so.6")
    assert [edit.file for edit in remedy.edits if isinstance(edit, CommentOut)] == [
        "/home/alice/.bashrc", file
    ]  # fmt: skip


def test_what_conda_keeps_is_unset_by_conda() -> None:
    world = facts(
        library_path=(PathElement(OLD, "folder"),), shell=(line(OLD, "/env/conda-meta/state"),),
        variables={"LD_LIBRARY_PATH": OLD},
    )  # fmt: skip
    (remedy,) = drop_folder(world, f"{OLD}/libstdc++.so.6")
    assert remedy.edits[1:] == (CondaVariable("/env", "LD_LIBRARY_PATH"),)
    assert remedy.commands[1] == "conda env config vars unset -p /env LD_LIBRARY_PATH"


def staged(edit: CommentOut | CondaVariable, text: str) -> None:
    with Staging(Target(PYTHON, None, "--python", {}, "/"), (), lambda message: None) as staging:
        (operation,) = staging.operations(edit)
        assert isinstance(operation, PutFile)
        assert text in Path(operation.source).read_text()


def test_conda_state_keeps_all_else(prefix: Path) -> None:
    path = state(prefix, ld_library_path=OLD, KEPT="1")
    staged(CondaVariable(str(prefix), "LD_LIBRARY_PATH"), '{"env_vars": {"KEPT": "1"}, "version": 1}')
    path.write_text("changed since")
    with pytest.raises(RemedyError, match="has changed since"):
        staged(CondaVariable(str(prefix), "LD_LIBRARY_PATH"), "")


def test_a_script_of_a_package_is_not_edited(prefix: Path) -> None:
    text = f"export LD_LIBRARY_PATH={OLD}"
    path = script(prefix, "p.sh", text + "\n")
    record = {"name": "oldtool", "files": ["etc/conda/activate.d/other.sh"]}
    (prefix / "conda-meta/oldtool-1.0-0.json").write_text(json.dumps(record))
    staged(CommentOut(str(path), 1, text), f": # {text}")
    record["files"] = ["etc/conda/activate.d/p.sh"]
    (prefix / "conda-meta/oldtool-1.0-0.json").write_text(json.dumps(record))
    with pytest.raises(RemedyError, match="belongs to the conda package oldtool"):
        staged(CommentOut(str(path), 1, text), "")


@pytest.mark.parametrize("active", [True, False])
def test_an_environment_is_tried_as_its_activation_makes_it(prefix: Path, active: bool) -> None:
    """From outside, conda's own lines come first; ours are the last, whatever the others are called."""
    script(prefix, "zz.sh", f"export LD_LIBRARY_PATH={OLD}\nexport PYTHONHOME=$CONDA_PREFIX\n")
    given = {"CONDA_PREFIX": str(prefix)} if active else {}
    world = facts(interpreter=an_interpreter(kind="conda", prefix=str(prefix)), variables=given)
    settings = requested(world, conda=True, venv=False)
    assert settings is not None
    after = settings.variables({"LD_LIBRARY_PATH": "/mine"})
    if active:
        assert after == {"LD_LIBRARY_PATH": f"{prefix}/lib:/mine"}
    else:
        assert after == {"LD_LIBRARY_PATH": f"{prefix}/lib:{OLD}", "PYTHONHOME": str(prefix)}
    assert sorted(["zz.sh", "zzz~.sh", "_.sh", f"{OURS}.sh"])[-1] == f"{OURS}.sh"
