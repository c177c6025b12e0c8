"""A mapping of variables as checks see them, in which an unlisted one is an error, not a silence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tritondoctor.privacy.environment import shown


class ShownVariables(dict[str, str]):
    """Raises where a variable is read whose value privacy/environment.py would take out."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables)
        for name in variables:
            _examine(name)

    def __getitem__(self, name: str) -> str:
        _examine(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        _examine(name)
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The value, or `default`."""
        _examine(name)
        return super().get(name, default)


def _examine(name: object) -> None:
    assert shown(str(name)), f"{name} is read by a check: list it in privacy/environment.py"
