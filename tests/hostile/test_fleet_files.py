"""What another user leaves in the folder of the command: it does not run here or on every host."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tritondoctor.fleet import ansible, rollout
from tritondoctor.fleet.ansible import FleetError

ALICE = 4242
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of another user")


@pytest.fixture(params=["file", "shared folder"])
def planted(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory in which the files are, or can be exchanged by, another user's."""
    for name in ("tritondoctor.pyz", "ansible.cfg"):
        (tmp_path / name).write_text("[defaults]\n")
        if request.param == "file":
            os.chown(tmp_path / name, ALICE, ALICE)
    if request.param == "shared folder":
        tmp_path.chmod(0o1777)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANSIBLE_CONFIG", raising=False)
    return tmp_path


def test_a_doctor_that_nobody_named(planted: Path) -> None:
    try:
        found = ansible.doctor_file(None)
    except FleetError:
        return
    assert Path(found).parent != planted
    assert ansible.doctor_file("tritondoctor.pyz") == f"{planted}/tritondoctor.pyz"


def test_ansibles_settings(planted: Path) -> None:
    """They name plug-ins; a variable that names them turns off Ansible's own caution."""
    assert "ANSIBLE_CONFIG" not in ansible._variables()
    for name in os.listdir(planted):
        os.chown(planted / name, 0, 0)
    planted.chmod(0o755)
    assert ansible._variables()["ANSIBLE_CONFIG"] == f"{planted}/ansible.cfg"


@pytest.mark.parametrize("theirs", ["", rollout.RECORD])
def test_a_record_of_a_fleets_fix(theirs: str, tmp_path: Path) -> None:
    """It names an inventory, which may be a program, and the file that is copied to the hosts."""
    record = rollout.Rollout(rollout.SCHEMA, "", ("/tmp/evil.py",), "/tmp/evil.pyz", {})
    rollout._noted(str(tmp_path), record, {})
    assert rollout.read(str(tmp_path)) == record
    os.chown(tmp_path / theirs, ALICE, ALICE)
    with pytest.raises(FleetError, match="belongs to another user"):
        rollout.read(str(tmp_path))
