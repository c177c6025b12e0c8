"""Writes docs/findings from the code (`make docs`)."""

from __future__ import annotations

from pathlib import Path

from tritondoctor.reports.page import pages

FOLDER = Path(__file__).with_name("findings")


def main() -> None:
    """Writes every page and removes those of findings that are no more."""
    made = pages()
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.md"):
        if old.name not in made:
            old.unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
