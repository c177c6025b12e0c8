"""The HTML page in a real browser without a window: laid out, in both schemes, on a phone, on paper.

TRITONDOCTOR_TEST_SHOTS=DIR keeps the screenshots there, to be looked at.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from tests.reports.make_cases import RECORDED
from tests.reports.test_formats import report_of
from tritondoctor.reports.formats import render

Pixel = tuple[int, int, int]
LIGHT: Pixel = (0xFB, 0xFB, 0xF9)
DARK: Pixel = (0x14, 0x17, 0x1A)
RED: Pixel = (0xC0, 0x1C, 0x28)
CARDS: tuple[Pixel, ...] = ((0xFF, 0xFF, 0xFF), (0x1C, 0x20, 0x24))
DARK_SCHEME = ("--blink-settings=preferredColorScheme=0",)


@pytest.fixture(scope="session")
def browser() -> list[str]:
    """The browser's command line."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("no Chromium is installed")
    return [found, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]


def _page(case: str, folder: Path) -> Path:
    file = folder / f"{case}.html"
    file.write_text(render("html", report_of(case)))
    return file


def _run(browser: list[str], file: Path, *flags: str) -> str:
    profile = f"--user-data-dir={file.parent}/profile"
    done = subprocess.run(
        [*browser, profile, *flags, file.as_uri()],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return done.stdout


def _shot(
    browser: list[str], file: Path, name: str, width: int, height: int, *flags: str
) -> dict[Pixel, int]:
    """How many pixels of each colour the page has."""
    picture = Path(os.environ.get("TRITONDOCTOR_TEST_SHOTS") or file.parent) / f"{name}.png"
    _run(browser, file, f"--window-size={width},{height}", f"--screenshot={picture}", *flags)
    with Image.open(picture) as image:
        counted = image.convert("RGB").getcolors(width * height)
    return {(red, green, blue): count for count, (red, green, blue) in counted}


@pytest.mark.parametrize(
    ("scheme", "flags", "paper"), [("light", (), LIGHT), ("dark", DARK_SCHEME, DARK)]
)
@pytest.mark.parametrize("case", RECORDED)
def test_light_and_dark(
    case: str, scheme: str, flags: tuple[str, ...], paper: Pixel, browser: list[str], tmp_path: Path
) -> None:
    colours = _shot(browser, _page(case, tmp_path), f"{case}-{scheme}", 1280, 900, *flags)
    assert max(colours, key=lambda one: colours[one]) in (paper, *CARDS)
    assert colours[paper] > 20_000
    assert len(colours) > 50, "there is text on it"


def test_what_is_broken_is_red(browser: list[str], tmp_path: Path) -> None:
    tall = (1280, 3400)
    broken = _shot(browser, _page("two-causes", tmp_path), "broken", *tall)
    sound = _shot(browser, _page("healthy", tmp_path), "sound", *tall)
    assert broken[RED] > 200 > sound.get(RED, 0)


@pytest.mark.parametrize("width", [400, 1200])
@pytest.mark.parametrize("case", RECORDED)
def test_nothing_sticks_out(case: str, width: int, browser: list[str], tmp_path: Path) -> None:
    page = _page(case, tmp_path).read_text()
    measure = "<script>parent.postMessage(document.documentElement.scrollWidth, '*')</script></body>"
    policy = re.compile(r"<meta http-equiv[^>]*>")
    inner = policy.sub("", page).replace("</body>", measure)
    file = tmp_path / "frame.html"  # a window is never narrower than 500
    file.write_text(
        "<script>onmessage=message=>document.title=message.data</script>"
        f'<iframe style="width:{width}px;height:900px;border:0" srcdoc="{escape(inner)}"></iframe>'
    )
    dom = _run(browser, file, f"--window-size={width + 100},1000", "--dump-dom")
    told = re.search(r"<title>(\d+)</title>", dom)
    assert told and int(told[1]) <= width
    _shot(browser, _page(case, tmp_path), f"{case}-{width}", max(width, 500), 1600)


def test_on_paper(browser: list[str], tmp_path: Path) -> None:
    file = _page("two-causes", tmp_path)
    _run(browser, file, f"--print-to-pdf={tmp_path}/it.pdf", "--no-pdf-header-footer")
    pdf = (tmp_path / "it.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 2


class _Reader(HTMLParser):
    """Collects what a page refers to, and whether its elements close in order."""

    VOID = frozenset(("meta", "input", "br"))

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remembers an element; `rect` and `path` of the pictures close themselves."""
        self.references += [str(value) for name, value in attrs if name in ("src", "href", "srcset")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element with nothing in it."""

    def handle_endtag(self, tag: str) -> None:
        """The last one that was opened."""
        assert self.open.pop() == tag


@pytest.mark.parametrize("case", RECORDED)
def test_one_file_without_script_or_request(case: str) -> None:
    page = render("html", report_of(case))
    reader = _Reader()
    reader.feed(page)
    assert not reader.open
    assert all(target.startswith("#") and f'id="{target[1:]}"' in page for target in reader.references)
    assert "<script" not in page and "url(" not in page and "@import" not in page
    assert len(page) < 500_000
