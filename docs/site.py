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
    "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "docs/*.md", "docs/findings/*.md",
    "docs/pictures/*", "docker/README.md", "tests/README.md", "tests/fuzz/README.md",
    "tritondoctor/fleet/roles/tritondoctor/README.md",
)  # fmt: skip
#: files that pages link to and that are no pages
_LINKED = ("docker/matrix.toml", "LICENSE")


def published() -> list[Path]:
    """The pages and pictures."""
    return [path for pattern in _PAGES for path in sorted(ROOT.glob(pattern))]


def is_linked(path: Path) -> bool:
    """Whether a page may link to this file: it is on the site."""
    return path.resolve() in {*published(), *(ROOT / name for name in _LINKED)}


def slugs(markdown: str) -> set[str]:
    """The anchors of a page's headings."""
    return set(_slugs(re.sub(r"^```.*?^```", "", markdown, flags=re.DOTALL | re.MULTILINE)))


def _slugs(markdown: str) -> Iterator[str]:
    for heading in re.findall(r"^#+ (.*)$", markdown, re.MULTILINE):
        words = re.sub(r"[^\w\s-]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)).strip().lower()
        yield re.sub(r"[-\s]+", "-", words)


def main() -> int:
    """Collects the pages and lets mkdocs build them; its warnings are errors.  Returns its exit code."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    for path in [*published(), *(ROOT / name for name in _LINKED)]:
        copy = SOURCE / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--clean"]
    variables = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}  # material's advertisement of its successor
    code = subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode
    if code == 0:
        print(f"wrote {SITE.relative_to(ROOT)}/index.html")
    return code


if __name__ == "__main__":
    sys.exit(main())
