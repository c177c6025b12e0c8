"""Compiles the translations (locale/*/LC_MESSAGES/*.po) for gettext when a wheel is built or installed.

python catalogues.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand
    BuildHookInterface = object

HERE = Path(__file__).resolve().parent


class CatalogueHook(BuildHookInterface):  # type: ignore[misc]
    """What hatchling runs before it collects the files of a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compiles all of them."""
        compile_all()


def compile_all() -> None:
    """Writes a .mo beside each .po; a fuzzy translation is none."""
    for source in sorted(HERE.glob("tritondoctor/locale/*/LC_MESSAGES/*.po")):
        with source.open("rb") as template, source.with_suffix(".mo").open("wb") as compiled:
            write_mo(compiled, read_po(template), use_fuzzy=False)


if __name__ == "__main__":
    compile_all()
