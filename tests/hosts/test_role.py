"""The role by itself: its linter, a plain ansible-playbook, and doctors that do not answer."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

import tritondoctor

FLEET = Path(tritondoctor.__file__).parent / "fleet"
ROLE = FLEET / "roles/tritondoctor"
PATH = f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}"


def test_ansible_lint(tmp_path: Path) -> None:
    linter = shutil.which("ansible-lint", path=PATH)
    if linter is None:
        pytest.skip("ansible-lint is not installed (it needs Python 3.10)")
    shutil.copytree(FLEET, tmp_path / "fleet", ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    done = subprocess.run(
        [linter, "--offline", "--strict", "--nocolor", "--profile", "production", "play.yml", "roles"],
        cwd=tmp_path / "fleet", env={**os.environ, "PATH": PATH, "HOME": str(tmp_path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_variable_is_documented() -> None:
    specified = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"]["main"]
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
    readme = (ROLE / "README.md").read_text()
    assert list(specified["options"]) and set(specified["options"]) == set(defaults)
    for name in defaults:
        assert f"| `{name}` |" in readme


def _play(where: Path, file: Path, **variables: Any) -> dict[str, Any]:
    """The record of this machine after a plain ansible-playbook with the role."""
    play = [{"hosts": "all", "gather_facts": False, "roles": [{"role": "tritondoctor"}]}]
    (where / "check.yml").write_text(yaml.safe_dump(play))
    given = {"tritondoctor_file": str(file), "tritondoctor_records": str(where / "records"), **variables}
    connection = str(given.pop("connection", "local"))
    done = subprocess.run(
        ["ansible-playbook", "-i", "here,", "-c", connection, "-e", json.dumps(given), "check.yml"],
        cwd=where, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        env={**os.environ, "PATH": PATH, "HOME": str(where), "ANSIBLE_ROLES_PATH": str(FLEET / "roles")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    record: dict[str, Any] = json.loads((where / "records/here.json").read_text())
    return record


def test_a_plain_playbook(tmp_path: Path, pyz: str, environment: str) -> None:
    record = _play(
        tmp_path, Path(pyz), tritondoctor_target=["--prefix", environment], tritondoctor_role="alone",
        tritondoctor_environment={"PYTRITON_HOME": "/tmp/a b", "LD_LIBRARY_PATH": None},
        tritondoctor_python=[sys.executable],
    )  # fmt: skip
    assert record["answer"] == "report" and record["role"] == "alone"
    assert "workspace-path-unsafe" in [one["id"] for one in record["report"]["findings"]]


@pytest.mark.parametrize(
    "program, answer, said",
    [
        pytest.param("import time\ntime.sleep(1000)", "timed-out", "within 2 s", id="sleeps"),
        pytest.param("while True: print('a' * 999999)", "failed", "more than 16 MiB", id="floods"),
        pytest.param(
            "import signal, subprocess\nsignal.signal(15, signal.SIG_IGN)\n"
            "subprocess.Popen(['sleep', '1000'])\nsignal.pause()",
            "timed-out", "doctor did not answer", marks=pytest.mark.fleet, id="will-not-end",
        ),
        pytest.param(
            "import os, signal\nos.kill(os.getppid(), signal.SIGSTOP)",
            "timed-out", "the host did not answer", marks=pytest.mark.fleet, id="stopped",
        ),
        pytest.param(
            "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)", "failed", "code", id="killed"
        ),
        pytest.param("raise SystemExit('it is broken')", "failed", "it is broken", id="broken"),
        pytest.param("print('no json')", "failed", "no json", id="no-json"),
    ],
)  # fmt: skip
def test_a_doctor_that_does_not_answer(tmp_path: Path, program: str, answer: str, said: str) -> None:
    (tmp_path / "doctor.py").write_text(program)
    record = _play(tmp_path, tmp_path / "doctor.py", tritondoctor_deadline=2)
    assert record["answer"] == answer and said in record["said"], record


def test_ssh_that_ends_before_it_takes_the_doctor(tmp_path: Path, pyz: str) -> None:
    """Ansible says "Broken pipe" where ssh has closed its input and is not at its end yet."""
    ssh = tmp_path / "ssh"
    ssh.write_text(
        "#!/bin/sh\nexec <&-\nsleep 0.3\n"
        "echo 'ssh: connect to host here port 22: Connection refused' >&2\nexit 255\n"
    )
    ssh.chmod(0o755)
    record = _play(tmp_path, Path(pyz), connection="ssh", ansible_ssh_executable=str(ssh))
    assert (record["answer"], record["said"]) == (
        "unreachable", "ssh: connect to host here port 22: Connection refused",
    )  # fmt: skip
