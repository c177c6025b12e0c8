"""What goes with a package's files: their bytecode, and the folders that then hold nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tritondoctor.remedies import conda
from tritondoctor.remedies.apply import apply
from tritondoctor.remedies.journal import begin, journals
from tritondoctor.remedies.operations import RemoveFolder
from tritondoctor.remedies.undo import take_back


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    folder = tmp_path / "prefix"
    for path in ("share/old/deep/data", "share/kept/theirs", "lib/python3.10/old/module.py",
                 "lib/python3.10/old/__pycache__/module.cpython-310.pyc", "share/kept/ours"):  # fmt: skip
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("old")
    return folder


def test_by_py_rattler_no_empty_folder_is_left(prefix: Path, tmp_path: Path) -> None:
    """As conda itself removes the folders of a package that is replaced; its prefix stays."""
    source = tmp_path / "new"
    source.write_text("new")
    replaced = ["share/old/deep/data", "share/kept/ours", "lib/python3.10/old/module.py"]
    operations = tuple(conda._operations(str(prefix), replaced, {f"{prefix}/lib/new": str(source)}))
    variables = {"XDG_STATE_HOME": str(tmp_path / "state"), "HOME": str(tmp_path)}
    before = sorted(prefix.rglob("*"))
    apply(operations, begin(variables, str(prefix), "/python", ("title",)))
    assert sorted(str(path.relative_to(prefix)) for path in prefix.rglob("*")) == [
        "lib", "lib/new", "share", "share/kept", "share/kept/theirs",
    ]  # fmt: skip
    (journal,) = journals(variables)
    assert take_back(journal) == []
    assert sorted(prefix.rglob("*")) == before


def test_everything_of_a_prefix_may_go_but_not_the_prefix(prefix: Path) -> None:
    files = [str(path.relative_to(prefix)) for path in prefix.rglob("*") if path.is_file()]
    removed = [
        operation.path
        for operation in conda._operations(str(prefix), files, {})
        if isinstance(operation, RemoveFolder)
    ]
    assert str(prefix / "share") in removed
    assert all(path.startswith(f"{prefix}/") for path in removed)
