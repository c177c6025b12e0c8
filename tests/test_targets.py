"""Which environment is examined: the one named, the active one, or the one that lies here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tritondoctor.target import Named, Target, TargetError, find_target, managers, unnamed


@pytest.fixture(autouse=True)
def not_installed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor's own environment is none of these."""
    monkeypatch.setattr(unnamed, "own_prefix", lambda: "")


def environment(path: Path, pytriton: str = "") -> Path:
    (path / "bin").mkdir(parents=True)
    (path / "bin/python").symlink_to(os.path.realpath(sys.executable))
    (path / "pyvenv.cfg").write_text(f"home = {os.path.dirname(os.path.realpath(sys.executable))}\n")
    if pytriton:
        (path / f"lib/python3.11/site-packages/nvidia_pytriton-{pytriton}.dist-info").mkdir(parents=True)
    return path


def found(folder: Path, named: Named | None = None, /, **variables: str) -> Target:
    known = {"HOME": str(folder / "home"), "PATH": "/usr/bin:/bin", **variables}
    return find_target(known, str(folder), named or Named())


@pytest.mark.parametrize("name", [".venv", "venv", "env", ".pixi/envs/default"])
def test_found_in_this_folder_or_above(tmp_path: Path, name: str) -> None:
    prefix = environment(tmp_path / name)
    below = tmp_path / "src/deep"
    below.mkdir(parents=True)
    assert found(tmp_path).prefix == found(below).prefix == str(prefix)
    assert found(tmp_path).chosen_by == f"{name} in this folder"
    assert found(below).chosen_by == f"{name} in {tmp_path}"


def test_named_by_the_link_by_which_it_was_found(tmp_path: Path) -> None:
    environment(tmp_path / "far/away")
    (tmp_path / ".venv").symlink_to("far/away")
    assert found(tmp_path).python == f"{tmp_path}/.venv/bin/python"


def test_active_one_is_examined_before_what_lies_here(tmp_path: Path) -> None:
    environment(tmp_path / ".venv", "0.7.0")
    active = environment(tmp_path / "active")
    assert found(tmp_path, VIRTUAL_ENV=str(active)).prefix == str(active)


def test_own_environment_is_not_examined_where_another_lies_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = environment(tmp_path / "doctor"), environment(tmp_path / ".venv")
    monkeypatch.setattr(unnamed, "own_prefix", lambda: str(own))
    variables = {"VIRTUAL_ENV": str(own), "PATH": f"{own}/bin:/usr/bin:/bin"}
    assert found(tmp_path, **variables).prefix == str(other)
    (other / "bin/python").unlink()
    (other / "pyvenv.cfg").unlink()
    assert found(tmp_path, **variables).prefix == str(own), "activated, and nothing else is here"
    del variables["VIRTUAL_ENV"]
    (own / "bin/python3").symlink_to("python")
    assert found(tmp_path, **variables).python != f"{own}/bin/python3"


def test_own_environment_with_pytriton_in_it_is_a_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = environment(tmp_path / "doctor", "0.7.0")
    environment(tmp_path / ".venv")
    monkeypatch.setattr(unnamed, "own_prefix", lambda: str(own))
    assert found(tmp_path, VIRTUAL_ENV=str(own)).prefix == str(own)


def test_several_are_listed_with_what_is_in_them(tmp_path: Path) -> None:
    environment(tmp_path / ".venv", "0.7.0")
    environment(tmp_path / "venv", "0.5.14")
    environment(tmp_path / "env")
    with pytest.raises(TargetError) as failure:
        found(tmp_path)
    lines = str(failure.value).splitlines()
    assert lines[1:4] == [
        "  .venv  PyTriton 0.7.0 (.venv)",
        "  venv   PyTriton 0.5.14 (venv)",
        "  env    no PyTriton (env)",
    ]
    assert lines[4].endswith("tritondoctor check .venv")


def test_the_only_one_with_pytriton_is_taken(tmp_path: Path) -> None:
    environment(tmp_path / "venv")
    prefix = environment(tmp_path / "env", "0.7.0")
    target = found(tmp_path)
    assert target.prefix == str(prefix)
    assert target.chosen_by == "env in this folder; without PyTriton: venv"


def test_nothing_is_started_that_others_can_write(tmp_path: Path) -> None:
    environment(tmp_path / ".venv")
    inner = tmp_path / "inner"
    inner.mkdir()
    os.chmod(tmp_path, 0o777)
    assert found(inner).chosen_by == "python3 on PATH"
    os.chmod(tmp_path, 0o755)
    assert found(inner).chosen_by == f".venv in {tmp_path}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_root_in_the_folder_of_a_user_finds_what_is_that_users(tmp_path: Path) -> None:
    """As in a container with the user's project mounted; it is then examined as that user."""
    prefix = environment(tmp_path / "project/.venv")
    for path in (prefix, prefix.parent):
        os.chown(path, 1234, 1234)
    assert found(prefix.parent).prefix == str(prefix)
    os.chown(prefix, 4321, 4321)
    assert found(prefix.parent).chosen_by == "python3 on PATH", "somebody else's"


def test_conda_environment_that_the_project_names(tmp_path: Path) -> None:
    prefix = tmp_path / "home/.conda/envs/inference"
    (prefix / "conda-meta").mkdir(parents=True)
    environment(prefix)
    (tmp_path / "environment.yml").write_text("name: inference\nchannels: [conda-forge]\n")
    assert found(tmp_path).prefix == str(prefix)
    assert found(tmp_path).chosen_by == "environment.yml, for this project"


#: seen with Poetry 2.5.1, Pipenv 2026.10.3, Hatch 1.18.2 and PDM 2.29.4: a project's folder, its hash
@pytest.mark.parametrize(
    ("path", "size", "digest"),
    [
        ("/tmp/mintools/proj poetry", 32, "Mhcku6gX"),
        ("/tmp/mintools/proj pipenv/Pipfile", 6, "VYflSWZ3"),
        ("/tmp/mintools/proj hatch", 32, "Pq_KoL7f"),
    ],
)
def test_names_by_which_tools_keep_environments(path: str, size: int, digest: str) -> None:
    assert managers._digest(path, size) == digest


@pytest.mark.parametrize(
    ("file", "place", "owner"),
    [
        ("pyproject.toml", ".cache/pypoetry/virtualenvs/my-proj-{whole}-py3.11", "Poetry"),
        ("pyproject.toml", ".local/share/hatch/env/virtual/my-proj/{whole}/my-proj", "Hatch"),
        ("Pipfile", ".local/share/virtualenvs/proj-{pipfile}", "Pipenv"),
    ],
)
def test_environments_that_tools_keep_elsewhere(
    tmp_path: Path, file: str, place: str, owner: str
) -> None:
    (tmp_path / file).write_text('[project]\nname = "My.Proj"\n')
    digests = {
        "whole": managers._digest(str(tmp_path)),
        "pipfile": managers._digest(f"{tmp_path}/Pipfile", 6),
    }
    prefix = environment(tmp_path / "home" / place.format(**digests))
    assert (found(tmp_path).prefix, found(tmp_path).chosen_by) == (
        str(prefix),
        f"{owner}, for this project",
    )


def test_interpreter_that_pdm_has_written_down(tmp_path: Path) -> None:
    prefix = environment(tmp_path / "far/venvs/proj-hDOe6Lt7-other")
    (tmp_path / ".pdm-python").write_text(f"{prefix}/bin/python")
    assert found(tmp_path).prefix == str(prefix)


def test_path_of_each_kind(tmp_path: Path) -> None:
    prefix = environment(tmp_path / "proj/.venv")
    script = prefix / "bin/serve"
    script.write_text(f"#!{prefix}/bin/python\nprint()\n")
    long = prefix / "bin/long"
    long.write_text(f"#!/bin/sh\n'''exec' \"{prefix}/bin/python\" \"$0\" \"$@\"\n' '''\n")
    python = f"{prefix}/bin/python"
    for path in ("proj/.venv", "proj", "proj/.venv/bin/python", str(script), str(long)):
        assert found(tmp_path, Named(path=path)).python == python, path
    assert found(tmp_path, Named(path="proj")).chosen_by == "--prefix proj/.venv"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere", "no such file or folder"),
        ("plain", "plain is not an environment (it has no bin/python), and none was found in it"),
    ],
)
def test_path_of_nothing(tmp_path: Path, path: str, message: str) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(TargetError, match=message.partition("(")[0]) as failure:
        found(tmp_path, Named(path=path))
    assert message in str(failure.value)


def test_plain_folder_is_no_prefix(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    with pytest.raises(TargetError, match="not an environment: it has no bin/python"):
        found(tmp_path, Named(prefix="plain"))


def test_process_with_its_variables_and_directory(tmp_path: Path) -> None:
    prefix = environment(tmp_path / "there")
    work = tmp_path / "work"
    work.mkdir()
    variables = {"VIRTUAL_ENV": str(prefix), "PATH": f"{prefix}/bin:/usr/bin:/bin", "MARK": "yes"}
    shell = ["sh", "-c", "sleep 60 & wait"]
    code = f"import subprocess; subprocess.run({shell!r})"
    command = ["../there/bin/python", "-I", "-c", code]
    process = subprocess.Popen(command, cwd=work, env=variables, start_new_session=True)
    try:
        child = _child(process.pid)
        for pid in (process.pid, child):
            target = found(tmp_path, Named(pid=pid))
            assert os.path.normpath(target.python) == f"{prefix}/bin/python"
            assert target.variables["MARK"] == "yes" and target.cwd == str(work)
            assert target.chosen_by == f"--pid {pid}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _child(pid: int) -> int:
    for _ in range(100):
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if listed:
            return int(listed[0])
        time.sleep(0.1)
    raise AssertionError("no child")


def test_process_that_is_no_python(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="--pid 99999999: there is no such process"):
        found(tmp_path, Named(pid=99_999_999))
