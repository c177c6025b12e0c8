"""What a fix keeps for later shells in activation scripts, and what it says where it cannot."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from tests.unit.build import PYTHON, a_launch, a_port, an_interpreter, facts
from tritondoctor.checks import examine
from tritondoctor.checks.edits import Variable
from tritondoctor.facts.launch.model import Holder
from tritondoctor.facts.model import Facts
from tritondoctor.remedies import fix, plan
from tritondoctor.remedies.activation_settings import ActivationSettings, requested
from tritondoctor.remedies.operations import PutFile, RemedyError
from tritondoctor.remedies.permissions import Permissions
from tritondoctor.remedies.plan import Plan, Planning, Step
from tritondoctor.remedies.staging import Staging
from tritondoctor.reports import fix as fix_report
from tritondoctor.target import Target

TARGET = Target(PYTHON, None, "--python", {}, "/")


def _world(why_not: str, prefix: Path) -> Facts:
    port = a_port("http", 8000, why_not, holder=Holder(4242, "python3", "alice"))  # type: ignore[arg-type]
    return facts(
        launch=a_launch(ports=(port,)), interpreter=an_interpreter(kind="conda", prefix=str(prefix))
    )


def _plan(world: Facts) -> Plan:
    """The plan of another port, as the planner makes it."""
    (finding,) = (finding for finding in examine(world) if finding.id == "port-in-use")
    step = Step(finding, finding.remedies[0], (), (), finding.remedies[0].commands)
    variables = {edit.name: edit.value for edit in step.remedy.edits if isinstance(edit, Variable)}
    return Plan((step,), (), variables, world)


def _planned(
    world: Facts, activation: ActivationSettings | None, permissions: Permissions | None = None
) -> Planning:
    planning = Planning(_plan(world), None, ())
    with Staging(TARGET, (), lambda message: None, world.interpreter.prefix) as staging:
        return fix._with_activation(planning, activation, world, staging, permissions or Permissions())


def _screen(world: Facts, planning: Planning) -> str:
    console = Console(file=io.StringIO(), width=80)
    fix_report.show_plan(TARGET, world, [], planning, console)
    assert isinstance(console.file, io.StringIO)
    return " ".join(console.file.getvalue().split())


def test_a_port_that_is_only_held_now_is_not_kept(tmp_path: Path) -> None:
    """It would change every later shell for a program that may end at any time."""
    world = _world("in-use", tmp_path)
    planning = _planned(world, None)
    assert planning.plan is not None
    assert planning.plan.variables == {"PYTRITON_TRITON_CONFIG_HTTP_PORT": "9000"}
    assert planning.plan.lasting == {} and len(planning.plan.steps) == 1
    shown = _screen(world, planning)
    assert "held by process 4242 (python3, user alice)" in shown
    assert "not kept for later shells" in shown


@pytest.mark.parametrize("why_not", ["refused", "same-port"])
def test_a_port_that_can_never_be_had_is_kept(tmp_path: Path, why_not: str) -> None:
    planning = _planned(_world(why_not, tmp_path), None)
    assert planning.plan is not None
    assert [step.remedy.id for step in planning.plan.steps] == ["another-port", "activation"]


def test_with_conda_the_port_stays_out_of_the_scripts(tmp_path: Path) -> None:
    world = _world("in-use", tmp_path)
    planning = _planned(world, requested(world, conda=True, venv=False))
    assert planning.plan is not None
    assert "Set LD_LIBRARY_PATH=" in str(planning.plan.steps[-1].remedy.title)


def test_a_file_does_not_take_the_place_of_a_folder(tmp_path: Path) -> None:
    """What `extension-is-a-folder` of the cycles showed: a plan that could not be applied."""
    (tmp_path / "link").symlink_to(tmp_path)
    plan._examine_files([PutFile(str(tmp_path / "new"), "/x"), PutFile(str(tmp_path / "link"), "/x")])
    with pytest.raises(RemedyError, match="is a folder"):
        plan._examine_files([PutFile(str(tmp_path), "/x")])


class _Forbidding(Permissions):
    def examine(self, operations: object) -> None:
        raise RemedyError("/opt/it/etc is on a file system that is mounted read-only")


def test_where_scripts_cannot_be_written_the_plan_is_shown(tmp_path: Path) -> None:
    world = _world("in-use", tmp_path)
    planning = _planned(world, requested(world, conda=True, venv=False), _Forbidding())
    assert planning.plan is None and planning.partial is not None
    shown = _screen(world, planning)
    assert "1. Use another port" in shown
    assert "The activation scripts cannot be written here" in shown
    assert "mounted read-only" in shown
    assert f"tritondoctor fix --conda --prefix {tmp_path}" in shown
    assert "cannot repair" not in shown


def test_scripts_that_nobody_asked_for_are_not_missed(tmp_path: Path) -> None:
    planning = _planned(_world("refused", tmp_path), None, _Forbidding())
    assert planning.plan is not None and planning.refused == ()
