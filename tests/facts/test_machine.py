"""The machine's facts: looked at once, whatever worlds are simulated."""

from __future__ import annotations

from functools import partial

import pytest

from tritondoctor.facts.machine import listeners, ports, volumes
from tritondoctor.facts.machine.machine import MachineFacts
from tritondoctor.target import Target


def _noted(looked: list[object], name: str, *given: object) -> str:
    looked.append((name, *given))
    return ""


def _home_noted(homes: list[str], variables: dict[str, str]) -> list[str]:
    homes.append(variables["HOME"])
    return []


def test_each_thing_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan tries many worlds; none of them binds a port or walks /proc again."""
    looked: list[object] = []
    for module, name in (
        (ports, "obstacle"),
        (listeners, "holder_of"),
        (volumes, "volume"),
    ):
        monkeypatch.setattr(module, name, partial(_noted, looked, name))
    machine = MachineFacts(Target("/nowhere/python", None, "", {}, "/"), "off")
    for _ in range(3):
        machine.port_obstacle("0.0.0.0", 8000)
        machine.port_obstacle("0.0.0.0", 8001)
        machine.port_holder(8000)
        machine.volume("/tmp")
    assert looked == [
        ("obstacle", "0.0.0.0", 8000),
        ("obstacle", "0.0.0.0", 8001),
        ("holder_of", 8000),
        ("volume", "/tmp"),
    ]


def test_prefixes_follow_the_variables_but_not_the_loaders(monkeypatch: pytest.MonkeyPatch) -> None:
    """A world without LD_LIBRARY_PATH has the same prefixes; one of another HOME is looked at."""
    from tritondoctor.target import conda_environments

    homes: list[str] = []
    monkeypatch.setattr(conda_environments, "prefixes", partial(_home_noted, homes))
    machine = MachineFacts(Target("/nowhere/python", None, "", {}, "/"), "off")
    for variables in ({"HOME": "/a", "LD_LIBRARY_PATH": "/x"}, {"HOME": "/a"}, {"HOME": "/b"}):
        machine.conda_prefixes(variables)
    assert homes == ["/a", "/b"]
