"""A package cache is somebody's files: what does not look like conda's is refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tritondoctor.remedies.archive import Laid
from tritondoctor.remedies.operations import RemedyError


def _laid(tmp_path: Path, **info: Any) -> list[tuple[str, str]]:
    (tmp_path / "package/info").mkdir(parents=True)
    (tmp_path / "package/lib").mkdir()
    (tmp_path / "package/lib/a").write_text("a")
    for name, content in info.items():
        (tmp_path / f"package/info/{name}.json").write_text(json.dumps(content))
    laid = Laid(str(tmp_path / "prefix"), str(tmp_path), [], [])
    return list(laid._laid(str(tmp_path / "package")))


def test_a_package_is_laid(tmp_path: Path) -> None:
    found = _laid(tmp_path, paths={"paths": [{"_path": "lib/a", "more": 1}], "version": 1}, link={})
    assert found == [(f"{tmp_path}/prefix/lib/a", f"{tmp_path}/package/lib/a")]


@pytest.mark.parametrize(
    "info",
    [
        {"paths": {"paths": 3}},
        {"paths": {"paths": [{"path": "lib/a"}]}},
        {"paths": {"paths": [{"_path": 3}]}},
        {"paths": {"paths": ["lib/a"]}},
        {"paths": {"paths": [{"_path": "lib/a", "sha256": 7}]}},
        {"paths": {"paths": [{"_path": "lib/a", "prefix_placeholder": ["/x"]}]}},
        {"paths": {"paths": [{"_path": "../../lib/a"}]}},
        {"link": {"noarch": "python"}},
        {"link": {"noarch": {"type": 1}}},
    ],
)
def test_what_has_another_shape_is_refused(tmp_path: Path, info: dict[str, Any]) -> None:
    with pytest.raises(RemedyError):
        _laid(tmp_path, **info)
