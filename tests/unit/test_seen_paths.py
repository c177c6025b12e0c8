"""What was looked at is remembered well enough to know which changes could have been noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tritondoctor.loader import Data, Files, LinkChange


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "libs").mkdir()
    (tmp_path / "libs/a.so").write_text("a")
    (tmp_path / "package").mkdir()
    return tmp_path


def _looked(place: Path) -> Files:
    view = Files().with_changes({"/nowhere/x": Data(b"")})
    view.is_file(f"{place}/libs/a.so")
    view.is_file(f"{place}/libs/missing.so")
    view.is_file(f"{place}/home/none/at.all")
    view.listdir(f"{place}/package")
    return view


@pytest.mark.parametrize(
    "path", ["libs/a.so", "libs/missing.so", "libs", "package/new.py", "home/other", "package"]
)
def test_a_change_that_could_be_noticed(place: Path, path: str) -> None:
    seen = _looked(place).asked()
    assert seen is not None and seen.concerns([f"{place}/{path}"])


@pytest.mark.parametrize("path", ["libs/b.so", "other/x", "other", "libs/deeper/c.so"])
def test_a_change_that_nobody_would_notice(place: Path, path: str) -> None:
    seen = _looked(place).asked()
    assert seen is not None and not seen.concerns([f"{place}/{path}"])


def test_what_is_looked_at_later_does_not_count(place: Path) -> None:
    view = _looked(place)
    seen = view.asked()
    view.is_file(f"{place}/libs/b.so")
    assert seen is not None and not seen.concerns([f"{place}/libs/b.so"])


def test_changes_are_named_canonically(place: Path) -> None:
    (place / "link").symlink_to("libs")
    view = Files().with_changes({f"{place}/link/b.so": LinkChange("a.so")})
    assert view.changed == (f"{place}/libs/b.so",)
    assert Files().asked() is None
