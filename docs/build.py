"""Writes docs/findings from the code (`make docs`)."""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(__file__).with_name("findings")


def made() -> dict[str, str]:
    """File name -> text of every page of docs/findings."""
    root = str(FOLDER.parents[1])
    if root not in sys.path:
        sys.path.insert(0, root)  # the examples are those of the tests
    from docs.finding_pages import pages

    return pages()


def main() -> None:
    """Writes every page and removes those of findings that are no more."""
    pages = made()
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
