"""A result as it is kept in the repository: no folder of the machine that it was made on."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from tests.truth import stock


def text_of(result: Any) -> str:
    """The result as JSON, with names in place of the machine's folders."""
    text = json.dumps(result, indent=1) + "\n"
    text = text.replace(str(stock.CACHE), "CACHE")
    text = re.sub(rf"{re.escape(tempfile.gettempdir())}/\w+-\w+/(?=\d+/)", "PLACE/", text)
    text = re.sub(r"/[^\"' :]*/(?:versions|pyenv)/(\d)", r"PYTHON/\1", text)
    return text.replace(str(Path.home()), "HOME").replace(str(Path(__file__).parents[2]), "SOURCE")
