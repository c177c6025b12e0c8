"""Builds the documentation as a site (`make site`): build/site, from the pages where they lie.

The pages keep their places, so that a link that holds in the repository holds on the site.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE, SITE = ROOT / "build" / "pages", ROOT / "build" / "site"
_PAGES = (
    "README.md", "README.zh-CN.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/*.md",
    "docs/findings/*.md",
    "docs/pictures/*", "docs/site.css", "docker/README.md", "tests/README.md", "tests/fuzz/README.md",
    "tritondoctor/fleet/roles/tritondoctor/README.md",
)  # fmt: skip


def published() -> list[Path]:
    """The pages and pictures."""
    return [path for pattern in _PAGES for path in sorted(ROOT.glob(pattern))]


def links(page: Path) -> Iterator[str]:
    """The targets of a page's links and pictures, those in code left out."""
    text = re.sub(
        r"^```.*?^```|^ {4}.*?$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    yield from re.findall(r"\]\(([^)\s]+)\)", text)


def _files() -> set[Path]:
    """What is on the site: the pages, and the files of the repository that they link to."""
    pages = published()
    linked = {
        (page.parent / link.partition("#")[0]).resolve()
        for page in pages
        if page.suffix == ".md"
        for link in links(page)
    }
    return {*pages, *(path for path in linked if path.is_file() and ROOT in path.parents)}


def slugs(markdown: str) -> set[str]:
    """The anchors of a page's headings."""
    return set(_slugs(re.sub(r"^```.*?^```", "", markdown, flags=re.DOTALL | re.MULTILINE)))


def _slugs(markdown: str) -> Iterator[str]:
    for heading in re.findall(r"^#+ (.*)$", markdown, re.MULTILINE):
        words = re.sub(r"[^\w\s-]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)).strip().lower()
        yield re.sub(r"[-\s]+", "-", words)


def _write_chinese_findings() -> None:
    """The pages of the findings in Chinese: made for the site only."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from docs.finding_pages import pages
    from tritondoctor.support import messages

    folder = SOURCE / "docs" / "zh" / "findings"
    folder.mkdir(parents=True)
    messages.use("zh_CN")
    try:
        for name, text in pages().items():
            (folder / name).write_text(text, encoding="utf-8")
    finally:
        messages.use("")


def main() -> int:
    """Collects the pages and lets mkdocs build them; its warnings are errors.  Returns its exit code."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    for path in _files():
        copy = SOURCE / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    subprocess.run([sys.executable, "catalogues.py"], cwd=ROOT, check=True)
    _write_chinese_findings()
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--clean"]
    variables = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}  # material's advertisement of its successor
    code = subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode
    if code == 0:
        print(f"wrote {SITE.relative_to(ROOT)}/index.html")
    return code


if __name__ == "__main__":
    sys.exit(main())
