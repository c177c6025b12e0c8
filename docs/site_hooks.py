"""What mkdocs calls while it builds the site (mkdocs.yml): each page says its own language."""

from __future__ import annotations

import re
from typing import Any

_CHINESE = re.compile(r"(^docs/zh/|\.zh-CN\.md$)")


def language_of(page: str) -> str:
    """The language tag of a page by its path in the repository."""
    return "zh-CN" if _CHINESE.search(page) else "en"


def on_post_page(output: str, page: Any, config: Any) -> str:
    """The page with its own language in place of the site's; browsers choose fonts by it."""
    language = language_of(page.file.src_uri)
    if language == "zh-CN":  # the theme's own words
        output = output.replace("Table of contents", "目录")
    return re.sub(r'(<html\b[^>]*\blang=")[^"]*', rf"\g<1>{language}", output, count=1)
