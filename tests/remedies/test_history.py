"""An undo after conda was used again: the part of the fix leaves its history, what came later stays."""

from __future__ import annotations

from pathlib import Path

from tests.remedies.scene import Scene
from tritondoctor.remedies.apply import apply
from tritondoctor.remedies.journal import begin, journals
from tritondoctor.remedies.undo import take_back

LATER = "==> 2026-11-28 18:21:25 <==\n# cmd: conda install toy\n+defaults/linux-64::toy-1.0-0\n"


def test_what_came_later_stays(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    journal = begin(scene.variables, str(scene.prefix), "python", ())
    apply([scene.transaction], journal)
    history = scene.prefix / "conda-meta/history"
    assert history.read_text() == "first\none more\n"
    with history.open("a") as file:
        file.write(LATER)
    assert take_back(journal) == []
    assert history.read_text() == f"first\n{LATER}"
    assert not journals(scene.variables)


def test_what_was_rewritten_is_left(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    journal = begin(scene.variables, str(scene.prefix), "python", ())
    apply([scene.transaction], journal)
    history = scene.prefix / "conda-meta/history"
    history.write_text(LATER)
    assert take_back(journal) == [str(history)]
    assert history.read_text() == LATER
