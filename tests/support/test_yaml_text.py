"""YAML that other people wrote: text in, text, lists and dicts out, or one kind of failure."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tritondoctor.installing import InstallError
from tritondoctor.installing.packages import of_lock
from tritondoctor.support import yaml_text
from tritondoctor.target import condarc

READ: dict[str, Any] = {
    "": None,
    "a: [1, 1.10, yes, null, 2001-01-01]": {"a": ["1", "1.10", "yes", "null", "2001-01-01"]},
    "a: &x {b: c}\nd: *x": {"a": {"b": "c"}, "d": {"b": "c"}},
    "{<<: {a: b}}": {"<<": {"a": "b"}},
    # what PyYAML's own constructors raise AttributeError, KeyError and OverflowError for
    "!!timestamp x": "x",
    "!!bool x": "x",
    "2001-01-01T00:00:00+99:99:99": "2001-01-01T00:00:00+99:99:99",
    "1" * 100_000: "1" * 100_000,
}
REFUSED = (
    "a: &a [*a]", "a: b\n---\nc: d", "a: &a {b: *a}", "[" * 100_000, "- " * 100_000,
    "a: b: c", "\0", "*a", "{[a]: b}",
)  # fmt: skip


def bomb(first: str, more: str, depth: int = 20) -> str:
    """Ten times as many values a line."""
    lines = [
        f"a{number}: &a{number} {more.format(', '.join([f'*a{number - 1}'] * 10))}"
        for number in range(1, depth)
    ]
    return "\n".join(
        [f"a0: &a0 {first}", *lines, f"version: *a{depth - 1}", f"envs_dirs: *a{depth - 1}", ""]
    )


BOMBS = [bomb("[x]", "[{}]"), bomb("{k: v}", "{{<<: [{}]}}")]


@pytest.mark.parametrize("text", READ)
def test_read(text: str) -> None:
    assert yaml_text.load(text) == READ[text]


@pytest.mark.parametrize("text", [*REFUSED, *BOMBS])
def test_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\x00]+$"):
        yaml_text.load(text)


@pytest.mark.parametrize("text", BOMBS)
def test_a_file_that_stands_for_more_than_it_says(text: str, tmp_path: Path) -> None:
    """A lock of 700 bytes took 39 s and a message of 162 MB, a .condarc of 400 bytes 26 s."""
    path = tmp_path / ".condarc"
    path.write_text(text)
    began = time.process_time()
    assert condarc.environment_folders({"HOME": str(tmp_path)}, ()) == []
    with pytest.raises(InstallError, match="stands for more than"):
        of_lock(str(path))
    assert time.process_time() - began < 2


def test_null_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / ".condarc"
    path.write_text("envs_dirs: [~, null, '', /opt/envs]\n")
    assert condarc.environment_folders({"HOME": str(tmp_path)}, ()) == ["/opt/envs"]
