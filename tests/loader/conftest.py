"""Fixtures of the loader's tests; the helpers lie beside this file."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.loader.oracle")

from tests.loader.layout import Layout, Toolbox  # noqa: E402


@pytest.fixture(scope="session")
def toolbox(tmp_path_factory: pytest.TempPathFactory) -> Toolbox:
    """Compiled pieces that every layout shares; skips where there is no compiler."""
    return Toolbox.make(tmp_path_factory.mktemp("toolbox"))


@pytest.fixture
def layout(toolbox: Toolbox, tmp_path: Path) -> Layout:
    """An empty directory to lay out programs and libraries in."""
    return Layout(toolbox, tmp_path)
