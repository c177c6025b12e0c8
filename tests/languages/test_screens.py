"""No English on a Chinese screen; in a language half as long again nothing is cut or unmarked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.languages import commands, english, pseudo
from tests.languages.drive import PSEUDO, shown
from tests.languages.screens import SCREENS, WIDE
from tritondoctor.support import messages

LANGUAGES = ("zh_CN", PSEUDO)
WIDTH = 80
#: its lines are not broken, and neither is an error on a stream that is no terminal
PAGE, ERROR = "--format", "tritondoctor: "
#: what is a line each, or as many rows as fit a screen, is shortened on purpose
SHORTENED = ("explain --list", "demo ")


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """A language in use."""
    name: str = request.param
    if name == PSEUDO:
        messages._catalogue = pseudo.catalogue()
    else:
        messages.use(name)
    yield name
    messages.use("")


def _unmarked(language: str, text: str) -> str:
    return pseudo.outside(text) if language == PSEUDO else text


@pytest.mark.parametrize("kind", SCREENS)
def test_findings_pages_and_logs(kind: str, language: str) -> None:
    found = {
        name: english.sentences(_unmarked(language, screen.draw(WIDE)), screen.quoted)
        for name, screen in SCREENS[kind]()
    }
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize("kind", SCREENS)
def test_nothing_is_cut(kind: str) -> None:
    messages._catalogue = pseudo.catalogue()
    try:
        drawn = {name: screen.draw(WIDTH) for name, screen in SCREENS[kind]()}
    finally:
        messages.use("")
    assert [name for name, text in drawn.items() if _is_cut(text)] == []
    assert [row for text in drawn.values() for row in _too_wide(text)] == []


def _is_cut(text: str) -> bool:
    return text.count(pseudo.OPENED) != text.count(pseudo.CLOSED)


def _too_wide(text: str) -> list[str]:
    """Rows wider than the screen that could have been broken: no commands, no tables."""
    return [
        line for line in text.splitlines()
        if cell_len(line) > WIDTH and pseudo.CLOSED in line and "tritondoctor " not in line
        and not line.startswith((" " * 8, ERROR)) and "  " not in line.strip()
        and max(map(cell_len, line.split())) < WIDTH - 16
    ]  # fmt: skip


def test_commands_in_chinese(tmp_path: Path) -> None:
    commands.prepare(tmp_path)
    found = {
        line: english.sentences(screen)
        for line, screen in zip(commands.LINES, shown("zh_CN", commands.LINES, tmp_path, WIDTH))
    }
    assert {line: words for line, words in found.items() if words} == {}


def test_no_command_is_cut(tmp_path: Path) -> None:
    commands.prepare(tmp_path)
    lines = [line for line in commands.LINES if not line.endswith("--help")]
    screens = dict(zip(lines, shown(PSEUDO, lines, tmp_path, WIDTH)))
    whole = {line: screen for line, screen in screens.items() if not line.startswith(SHORTENED)}
    assert [line for line, screen in whole.items() if _is_cut(screen)] == []
    broken = {line: screen for line, screen in screens.items() if PAGE not in line}
    assert [(line, row) for line, screen in broken.items() for row in _too_wide(screen)] == []
    found = {line: english.sentences(pseudo.outside(screen)) for line, screen in whole.items()}
    assert {line: words for line, words in found.items() if words} == {}


def test_no_help_is_cut(tmp_path: Path) -> None:
    """rich cuts what is too long for a cell of a table with an ellipsis."""
    lines = [line for line in commands.LINES if line.endswith("--help")]
    screens = dict(zip(lines, shown("zh_CN", lines, tmp_path, WIDTH)))
    rows = [(line, row) for line, screen in screens.items() for row in screen.splitlines()]
    assert [found for found in rows if "…" in found[1]] == []
    assert [found for found in rows if cell_len(found[1]) > WIDTH] == []
