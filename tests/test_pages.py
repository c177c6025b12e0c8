"""The pages in docs/findings are those of the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tritondoctor.checks import CATALOGUE
from tritondoctor.logs.signs import SIGNS
from tritondoctor.reports.page import pages, signs_of

FOLDER = Path(__file__).parent.parent / "docs" / "findings"
PAGES = pages()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name], "run `make docs`"


def test_there_is_no_page_too_many() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)
    assert set(PAGES) == {f"{id}.md" for id in CATALOGUE} | {"README.md"}


def test_a_page_shows_every_line_and_its_source() -> None:
    for sign in SIGNS:
        if sign.role == "cause":
            page = PAGES[f"{sign.id}.md"]
            assert sign.line in page
            assert sign in signs_of(sign.id)
