"""Writes the template of the catalogues, tritondoctor/locale/tritondoctor.pot: `make messages`.

The texts are those in `_`, `plural`, `mark`, `mark_plural` and `text`, the help of the commands, and
the texts of the findings' pages.  Needs Babel.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tritondoctor
from tritondoctor.support.messages import DOMAIN, FOLDER

#: its one or two templates, where it stands, the line
Message = tuple[tuple[str, ...], str, int]
PACKAGE = os.path.dirname(tritondoctor.__file__)
#: function -> how many of its first arguments are templates
KEYWORDS = {"_": 1, "plural": 2, "mark": 1, "mark_plural": 2, "text": 1}


def main() -> int:
    """Write it; exit code 1 where Babel is not installed."""
    try:
        from babel.messages.catalog import Catalog
        from babel.messages.pofile import write_po
    except ImportError:
        sys.stderr.write("Babel is not installed: pip install babel\n")
        return 1
    catalog = Catalog(project=DOMAIN, version=tritondoctor.__version__)
    for message, place, line in (*_calls(), *_help(), *_findings()):
        catalog.add(message if len(message) > 1 else message[0], locations=[(place, line)])
    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.join(FOLDER, f"{DOMAIN}.pot")
    with open(path, "wb") as file:
        write_po(file, catalog, width=100, omit_header=False, sort_output=True)
    sys.stdout.write(f"{path}: {len(catalog)} messages\n")
    return 0


def _calls() -> Iterator[Message]:
    """The templates in the code, those within f-strings too, which Babel's own reader passes over."""
    for path in sorted(Path(PACKAGE).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                templates = node.args[: KEYWORDS.get(node.func.id, 0)]
                values = [part.value for part in templates if isinstance(part, ast.Constant)]
                message = tuple(value for value in values if isinstance(value, str) and value)
                if message and len(message) == KEYWORDS[node.func.id]:
                    yield message, path.relative_to(PACKAGE).as_posix(), node.lineno


def _help() -> Iterator[Message]:
    import typer

    from tritondoctor.cli import app

    stack: list[Any] = [typer.main.get_command(app)]
    while stack:
        command = stack.pop()
        stack += getattr(command, "commands", {}).values()
        for documented in (command, *command.params):
            if getattr(documented, "help", None):
                yield (documented.help,), f"help of {command.name}", 0


def _findings() -> Iterator[Message]:
    from tritondoctor.checks import CATALOGUE

    for id, rule in CATALOGUE.items():
        for message in (rule.title, rule.explanation, rule.means, rule.verified, rule.by_hand):
            if message:
                yield (message,), f"finding {id}", 0


if __name__ == "__main__":
    sys.exit(main())
