"""The pages: those of the findings are the code's, no template is left raw, and no link is dead."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from docs.build import made
from docs.site import SITE, links, published, slugs
from tritondoctor.checks import CATALOGUE
from tritondoctor.cli import app
from tritondoctor.logs.signs import SIGNS
from tritondoctor.reports.page import signs_of

ROOT = Path(__file__).parents[1]
FINDINGS = ROOT / "docs" / "findings"
PAGES = made()
WRITTEN = [str(path.relative_to(ROOT)) for path in published() if path.suffix == ".md"]
_CODE = re.compile(r"^( {4}|```).*?$|`[^`\n]*`", re.MULTILINE)
_MOST_README_LINES = 150
_MOST_PICTURE_BYTES = 150_000


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_up_to_date(name: str) -> None:
    assert (FINDINGS / name).read_text(encoding="utf-8") == PAGES[name], "run `make docs`"


def test_there_is_no_page_too_many() -> None:
    assert {path.name for path in FINDINGS.iterdir()} == set(PAGES)
    assert set(PAGES) == {f"{id}.md" for id in CATALOGUE} | {"README.md"}


def test_a_page_shows_every_line_and_its_source() -> None:
    for sign in SIGNS:
        if sign.role == "cause":
            page = PAGES[f"{sign.id}.md"]
            assert sign.line in page
            assert sign in signs_of(sign.id)


def test_the_index_leads_to_every_finding() -> None:
    linked = set(re.findall(r"\]\(([a-z0-9-]+)\.md\)", PAGES["README.md"]))
    assert linked == set(CATALOGUE)
    assert "## Other findings" not in PAGES["README.md"], (
        "a subject without a symptom: docs/finding_pages.py"
    )


@pytest.mark.parametrize("name", sorted(PAGES))
def test_no_template_is_raw_and_no_word_looks_like_a_tag(name: str) -> None:
    prose = _CODE.sub("", PAGES[name])
    assert not re.findall(r"\{\w*\}", prose)
    assert not re.findall(r"<[A-Za-z/]", prose)
    assert "(not known)" not in prose, "an example is missing: docs/examples.py"


@pytest.mark.parametrize("page", WRITTEN)
def test_no_link_is_dead(page: str) -> None:
    for link in links(ROOT / page):
        if re.match(r"[a-z]+:", link):
            continue  # another site
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.is_file(), f"{page}: {link}"
        if anchor:
            assert anchor in slugs(target.read_text(encoding="utf-8")), f"{page}: {link}"


def test_pictures_are_small_and_shown() -> None:
    shown = {link for page in WRITTEN for link in links(ROOT / page)}
    for picture in (ROOT / "docs" / "pictures").iterdir():
        assert picture.stat().st_size < _MOST_PICTURE_BYTES, picture
        assert any(link.endswith(f"pictures/{picture.name}") for link in shown), picture


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= _MOST_README_LINES


def test_a_command_that_a_page_shows_exists() -> None:
    """Every `tritondoctor WORD` in code is a command."""
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    shown = {
        word
        for page in WRITTEN
        for word in re.findall(
            r"(?:^ {4}\$? ?|`)tritondoctor ([a-z][a-z-]*)(?=[ `\n])",
            (ROOT / page).read_text(),
            re.MULTILINE,
        )
    }
    assert shown <= known, shown - known


def test_the_site_is_built() -> None:
    pytest.importorskip("material", reason="mkdocs-material is not installed")
    done = subprocess.run(
        [sys.executable, "docs/site.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    for name, language in (
        ("index", "en"), ("docs/findings/index", "en"), ("README.zh-CN", "zh-CN"),
        ("docs/tour.zh-CN", "zh-CN"), ("docs/zh/findings/libpython-missing", "zh-CN"),
    ):  # fmt: skip
        assert f'<html lang="{language}"' in (SITE / f"{name}.html").read_text(encoding="utf-8"), name
    home = (SITE / "index.html").read_text(encoding="utf-8")
    assert "docs/tour.html" in home and not re.search(
        r'(src|href)="https?://[^"]*\.(js|css|woff2?)"', home
    )
