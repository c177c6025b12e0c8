"""Writes the template of the catalogues and brings them up to date: `make messages`.

The texts are those in `_`, `plural`, `mark`, `mark_plural` and `text`, the help of the commands, the
findings' pages, what the signs of logs mean, and what the rooms that know no language say: those
sentences are found again when they are shown (support/stored.py).  Needs Babel.
"""

from __future__ import annotations

import ast
import itertools
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

import tritondoctor
from tritondoctor.data import sentences
from tritondoctor.support.messages import DOMAIN, FOLDER

#: one template, or a singular and a plural
Templates = tuple[str, ...]
PACKAGE = os.path.dirname(tritondoctor.__file__)
#: a field, and at least two words beside it
_TEMPLATE = re.compile(r"(?=.*\{\w+(!r)?\})(?=.*\b[A-Za-z]{2,}[,:]? [a-z])", re.DOTALL)
#: function -> how many of its first arguments are templates
KEYWORDS = {"_": 1, "plural": 2, "mark": 1, "mark_plural": 2, "text": 1, "counted": 2}


def main() -> int:
    """Writes the template and brings each catalogue up to date; prints what is not translated."""
    template = extracted()
    os.makedirs(FOLDER, exist_ok=True)
    _write(Path(FOLDER, f"{DOMAIN}.pot"), template)
    for path in sorted(Path(FOLDER).glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parts[-3])
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
        _write(path, catalogue)
        missing = untranslated(catalogue)
        sys.stdout.write(f"{path}: {len(catalogue)} messages, {len(missing)} not translated\n")
        sys.stdout.writelines(f"  {message.id!r}\n" for message in missing)
    return 0


def extracted() -> Catalog:
    """All messages, without the places that they come from: those change with every line."""
    catalogue = Catalog(project=DOMAIN, version=tritondoctor.__version__)
    sources = (_calls(), _tables(), _help(), _findings(), _signs(), _recipes(), sentences.of(PACKAGE))
    for message in itertools.chain(*sources):
        catalogue.add(message if len(message) > 1 else message[0])
    return catalogue


def untranslated(catalogue: Catalog) -> list[Message]:
    """The messages that a reader of this language would see in English."""
    return [message for message in catalogue if message.id and not all(strings(message))]


def strings(message: Message) -> tuple[str, ...]:
    """Its translations: one for each form of a plural."""
    found = message.string or ""
    return (found,) if isinstance(found, str) else tuple(found)


def _write(path: Path, catalogue: Catalog) -> None:
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, no_location=True, omit_header=False, sort_output=True)


def _calls() -> Iterator[Templates]:
    """The templates in the code, those within f-strings too, which Babel's own reader passes over."""
    pages = Path(PACKAGE).parent / "docs" / "finding_pages.py"
    for path in (*sorted(Path(PACKAGE).rglob("*.py")), pages):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                templates = node.args[: KEYWORDS.get(node.func.id, 0)]
                values = [part.value for part in templates if isinstance(part, ast.Constant)]
                message = tuple(value for value in values if isinstance(value, str) and value)
                if message and len(message) == KEYWORDS[node.func.id]:
                    yield message


def _tables() -> Iterator[Templates]:
    """The templates that the checks choose from: strings with a field and words, pairs with `{n}`."""
    for path in sorted(Path(PACKAGE, "checks").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Tuple):
                pair = tuple(filter(None, map(_string, node.elts)))
                if len(pair) == len(node.elts) == 2 and all("{n}" in template for template in pair):
                    yield pair
            elif _TEMPLATE.search(_string(node)) and "{n}" not in _string(node):
                yield (_string(node),)


def _string(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _help() -> Iterator[Templates]:
    import typer

    from tritondoctor.cli import app

    stack: list[Any] = [typer.main.get_command(app)]
    while stack:
        command = stack.pop()
        stack += getattr(command, "commands", {}).values()
        for documented in (command, *command.params):
            if getattr(documented, "help", None):
                yield (documented.help,)


def _findings() -> Iterator[Templates]:
    from tritondoctor.checks import CATALOGUE

    for rule in CATALOGUE.values():
        for message in (rule.title, rule.explanation, rule.means, rule.verified, rule.by_hand):
            if message:
                yield (message,)


def _signs() -> Iterator[Templates]:
    from tritondoctor.logs.signs import SIGNS

    for sign in SIGNS:
        values = (value for value in sign.fields.values() if " " in value and not value[-1].isdigit())
        unsure = sign.unsure or ()
        yield from ((template,) for template in (sign.why, sign.fix, *unsure, *values) if template)


def _recipes() -> Iterator[Templates]:
    from tritondoctor.installing.recipe import every

    yield from ((recipe.summary,) for recipe in every())


if __name__ == "__main__":
    sys.exit(main())
