"""The plumbing of translations: nothing loaded in English, every template through one function."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import tritondoctor
from tritondoctor.support import messages
from tritondoctor.support.messages import _, plural

PACKAGE = Path(tritondoctor.__file__).parent
ROOMS = ("reports", "commands")
SHOWN = ("_", "plural", "mark", "mark_plural", "text", "Option", "Argument", "Typer")


class German(gettext.NullTranslations):
    """Two texts in German."""

    def gettext(self, message: str) -> str:
        return {"Undo it?": "Rückgängig machen?"}.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return "{count} Rechner"


def test_english_loads_nothing() -> None:
    messages.use("")
    assert _("Undo it?") == "Undo it?" and _("{a} {{b}}", a="{c}") == "{c} {b}"
    assert plural("{count} host", "{count:,} hosts", 1234) == "1,234 hosts"


def test_a_catalogue_translates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "_catalogue", German())
    assert _("Undo it?") == "Rückgängig machen?"
    assert plural("{count} host", "{count} hosts", 2) == "2 Rechner"


def _sentences(tree: ast.AST) -> Iterator[str]:
    """Literals of several words that go through none of the functions, docstrings aside."""
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in SHOWN:
                skipped.update(id(inner) for inner in ast.walk(node))
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            skipped.add(id(body[0].value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.value


#: a command, a role of a program, a class of a style sheet
NO_SENTENCES = {
    "attach.py: tritondoctor attach ",
    "demo.py: By hand: ",
    "html_loader.py: python backend",
    "linkpicture.py: broken missing",
}
#: two words of prose; markup, commands and paths are none
_PROSE = re.compile(r"(?<![<\w./=\"'-])[A-Za-z]{2,} [a-z]{2,}(?![\w=/\"-])")
_NOT_SHOWN = re.compile(
    r"<|\\.|^bold |tritondoctor (explain|fix|undo|selftest|install|advise|check|init|fleet)|\\b"
)


@pytest.mark.parametrize("room", ROOMS)
def test_no_sentence_of_a_report_or_command_is_outside(room: str) -> None:
    outside = {
        f"{path.name}: {sentence}"
        for path in (PACKAGE / room).glob("*.py")
        # the pages of docs/findings, examples of commands, and what an assistant reads
        if path.name not in ("page.py", "help.py", "mcp.py")
        for sentence in _sentences(ast.parse(path.read_text()))
        if _PROSE.search(sentence) and not _NOT_SHOWN.search(sentence)
    }
    assert outside <= NO_SENTENCES


def test_a_sentence_behind_that_of_another_program() -> None:
    """A template that begins with a field takes no sentence of somebody else's into it."""
    theirs = "py-rattler failed: error sending request: Name or service not known."
    ours = "conda.example.org cannot be reached; where a mirror can, name it with --channel URL"
    messages.use("zh_CN")
    try:
        words = messages.shown(f"{theirs} {ours}")
    finally:
        messages.use("")
    assert words.startswith(f"{theirs} 无法连接 conda.example.org；")
