"""Which parts of a launch a simulated world takes over from another."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import pytest

from tests.unit.build import a_link_problem
from tritondoctor.facts.interpreter.model import LinkProblem
from tritondoctor.facts.launch.known import KnownParts, OpenedModules, SeenVariables
from tritondoctor.loader import Data, Files

ABSENT = a_link_problem("not-found", "libgone.so")


class _Running:
    """A process that knows which libraries are missing; its state is what was opened."""

    def __init__(self, missing: tuple[str, ...] = ()) -> None:
        self.missing = missing
        self.process: tuple[str, ...] = ()

    def open(self, path: str, caller: str) -> list[LinkProblem]:
        self.process = (*self.process, path)
        return [ABSENT] if path in self.missing else []


class _World:
    """A launch whose one part opens modules and looks at a file, a variable and a name."""

    def __init__(
        self, files: Files, place: Path, variables: dict[str, str], missing: tuple[str, ...]
    ) -> None:
        self.made = False
        self.running = _Running(missing)
        changes = {str(place / "made"): Data(b"")}
        loader, imports = files.with_changes(changes), files.with_changes(changes)
        opened = OpenedModules(self.running, "libpython")  # type: ignore[arg-type]
        seen = SeenVariables(variables)
        parts = KnownParts(files, [loader, imports], changes)

        def make() -> list[bool]:
            self.made = True
            problems = [bool(opened.open(path)) for path in ("a.so", "b.so")]
            return [*problems, imports.is_file(f"{place}/module.py"), "ASKED" in seen]

        loader.is_file(f"{place}/library.so")
        self.part = parts.part("imports", make, ("same",), seen, opened, [imports])


def _taken_over(
    place: Path,
    change: Optional[str] = None,
    variables: Optional[dict[str, str]] = None,
    missing: tuple[str, ...] = (),
    missing_before: tuple[str, ...] = (),
) -> bool:
    files = Files()
    before = _World(files, place, {"ASKED": "1"}, missing_before)
    assert before.made
    if change:
        files = files.with_changes({f"{place}/{change}": Data(b"x")})
    after = _World(files, place, {"ASKED": "1", **(variables or {})}, missing)
    assert after.running.process == ("a.so", "b.so")
    if not after.made:
        assert after.part == before.part
    return not after.made


@pytest.mark.parametrize("change", [None, "library.so", "elsewhere"])
def test_taken_over(tmp_path: Path, change: Optional[str]) -> None:
    assert _taken_over(tmp_path, change)
    assert _taken_over(tmp_path, change, {"OTHER": "2"})


def test_the_same_module_is_refused(tmp_path: Path) -> None:
    assert _taken_over(tmp_path, missing=("b.so",), missing_before=("b.so",))


@pytest.mark.parametrize("missing", [("a.so",), ("b.so",)])
def test_another_answer_of_the_loader(tmp_path: Path, missing: tuple[str, ...]) -> None:
    assert not _taken_over(tmp_path, missing=missing)
    assert not _taken_over(tmp_path, missing_before=missing)


def test_a_file_or_variable_that_was_looked_at(tmp_path: Path) -> None:
    assert not _taken_over(tmp_path, "module.py")
    assert not _taken_over(tmp_path, variables={"ASKED": "2"})
