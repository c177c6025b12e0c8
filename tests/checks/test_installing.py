"""Advice about packages can be followed: with what the environment has, by whoever reads it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Optional

import pytest

from tritondoctor.checks import advice
from tritondoctor.checks.installing import installs, typed
from tritondoctor.facts.interpreter.model import Interpreter


def facts(
    minor: str = "3.11", *, kind: str = "venv", pip: Optional[bool] = True, managed: bool = False
) -> Any:
    asked = Interpreter("/e/bin/python", True, version=f"{minor}.7", kind=kind, pip=pip, managed=managed)
    return SimpleNamespace(interpreter=asked, host=SimpleNamespace(machine="x86_64", glibc="2.36"))


@pytest.mark.parametrize(
    ("there", "command"),
    [
        (facts(), "/e/bin/python -m pip install 'numpy<2'"),
        (facts(pip=False), "uv pip install --python /e/bin/python 'numpy<2'"),
        (facts(kind="uv", pip=None), "uv pip install --python /e/bin/python 'numpy<2'"),
        (facts(kind="uv", pip=True), "/e/bin/python -m pip install 'numpy<2'"),
        (facts(managed=True), "tritondoctor install minimal --venv --prefix env"),
    ],
)
def test_command(there: Any, command: str) -> None:
    assert installs(there, ("numpy<2",)).commands() == (command,)


def test_other_verbs() -> None:
    assert typed(facts(), "uninstall", "torch") == "/e/bin/python -m pip uninstall -y torch"
    assert typed(facts(pip=False), "uninstall", "torch") == (
        "uv pip uninstall --python /e/bin/python torch"
    )


def test_a_python_without_a_wheel_of_numpy() -> None:
    """What compiles is said, and what does not is offered."""
    first, other = advice.install(facts("3.13"))
    assert "no wheel for Python 3.13" in str(first.title) and "compile" in str(first.title)
    assert other.commands == ("tritondoctor install minimal-3.12 --venv --prefix env",)
    (only,) = advice.install(facts("3.12"))
    assert "compile" not in str(only.title)


def test_the_system_s_python() -> None:
    (only,) = advice.install(facts(managed=True))
    assert "belongs to the system" in str(only.title) and "tritondoctor install" in only.commands[0]
