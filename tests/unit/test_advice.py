"""Advice is shown as it fares in simulated worlds; a world here is what variables make of a machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.build import PORTS, a_folder, a_launch, a_port, changed, facts
from tritondoctor.checks import Finding, examine
from tritondoctor.facts import ObservedTarget
from tritondoctor.facts.conda.model import ShellLine
from tritondoctor.facts.model import Facts
from tritondoctor.remedies import advice
from tritondoctor.remedies.simulate import World

Machine = Callable[[dict[str, Any]], Facts]


def _advised(machine: Machine, monkeypatch: pytest.MonkeyPatch, worlds: int = 8) -> list[Finding]:
    looked: list[World] = []

    class Simulated:
        @classmethod
        def of_observed(cls, observed: object) -> Simulated:
            return cls()

        def facts(self, world: World) -> Facts:
            looked.append(world)
            return machine(dict(world.variables))

    monkeypatch.setattr(advice, "Simulation", Simulated)
    here = machine({})
    observed = ObservedTarget(here, None, None, None, None)  # type: ignore[arg-type]
    found = advice.tried(observed, examine(here))
    assert len(looked) <= worlds
    return [finding for finding in found if finding.severity == "error"]


def _workspace(variables: dict[str, Any], bad: dict[str, dict[str, Any]]) -> Facts:
    """The sound machine with the workspace where the variables put it; `bad` folders have other facts."""
    home = variables.get("PYTRITON_HOME", "/mnt")
    differs = next((fields for folder, fields in bad.items() if home.startswith(folder)), {})
    return facts(launch=a_launch(workspace=a_folder(home, "PYTRITON_HOME", **differs)))


def test_the_first_place_that_serves_is_advised(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = {"/mnt": {"noexec": True}, "/var/tmp": {"noexec": True}}
    (finding,) = _advised(lambda variables: _workspace(variables, bad), monkeypatch)
    assert [remedy.commands for remedy in finding.remedies] == [
        ("export PYTRITON_HOME=/tmp/pytriton-1000",)
    ]


def test_what_no_advice_cures_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = {"/": {"noexec": True}}
    (finding,) = _advised(lambda variables: _workspace(variables, bad), monkeypatch)
    (remedy,) = finding.remedies
    assert not remedy.commands and not remedy.edits
    assert "Not enough here, as a simulation shows: Put the workspace" in str(remedy.title)


def test_another_error_in_its_place_is_no_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    bad: dict[str, dict[str, Any]] = {"/mnt": {"noexec": True}, "/": {"free": 1}}
    (finding,) = _advised(lambda variables: _workspace(variables, bad), monkeypatch)
    (remedy,) = finding.remedies
    assert "this is not all, for then comes: /var/tmp/pytriton-1000 has too little" in str(remedy.title)


def _ports(variables: dict[str, Any], taken: tuple[int, ...]) -> Facts:
    ports = []
    for name, usual in PORTS.items():
        number = int(variables.get(f"PYTRITON_TRITON_CONFIG_{name.upper()}_PORT", usual))
        ports.append(a_port(name, number, "in-use" if number in taken else ""))
    return facts(launch=a_launch(ports=tuple(ports)))


def test_advice_follows_upon_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = (8000, 8001, 9000)
    findings = _advised(lambda variables: _ports(variables, taken), monkeypatch)
    assert [finding.remedies[0].commands for finding in findings] == [
        ("export PYTRITON_TRITON_CONFIG_HTTP_PORT=10000",),
        ("export PYTRITON_TRITON_CONFIG_GRPC_PORT=9001",),
    ]


def test_what_comes_then_is_advised_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def machine(variables: dict[str, Any]) -> Facts:
        sound = "PYTRITON_HOME" in variables
        return changed(  # type: ignore[no-any-return]
            _ports(variables, (8000,) if sound else ()),
            launch=changed(
                _ports(variables, (8000,) if sound else ()).launch,
                workspace=a_folder(variables.get("PYTRITON_HOME", "/mnt"), noexec=not sound),
            ),
        )

    (finding,) = _advised(machine, monkeypatch)
    assert finding.remedies[0].commands == (
        "export PYTRITON_HOME=/var/tmp/pytriton-1000",
        "export PYTRITON_TRITON_CONFIG_HTTP_PORT=9000",
    )
    assert str(finding.remedies[0].title) == (
        "Put the workspace in another folder; then: "
        "Use another port in this shell while this one is taken"
    )


def test_worlds_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = tuple(range(8000, 20000))
    findings = _advised(lambda variables: _ports(variables, taken), monkeypatch)
    assert len(findings) == len(PORTS)
    assert all(len(finding.remedies[0].commands) <= 1 for finding in findings)


def test_a_start_file_that_sets_it_again_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    line = ShellLine("/home/alice/.bashrc", 7, "export PYTRITON_HOME=/mnt", "PYTRITON_HOME", "/mnt")

    def machine(variables: dict[str, Any]) -> Facts:
        return changed(_workspace(variables, {"/mnt": {"noexec": True}}), shell=(line,))  # type: ignore[no-any-return]

    (finding,) = _advised(machine, monkeypatch)
    assert "line 7 of /home/alice/.bashrc sets PYTRITON_HOME again" in str(finding.remedies[0].title)


def test_advice_that_is_only_a_command_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    def machine(variables: dict[str, Any]) -> Facts:
        own = {"LD_TRACE_LOADED_OBJECTS": "1", "HOME": "/home/alice", "PATH": "/bin", **variables}
        return facts(variables={name: value for name, value in own.items() if value is not None})

    (finding,) = _advised(machine, monkeypatch)
    assert finding.remedies[0].commands == ("unset LD_TRACE_LOADED_OBJECTS",)
