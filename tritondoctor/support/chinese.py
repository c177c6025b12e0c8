"""How Chinese is set: no blank between two of its own characters (W3C, clreq, section 3.2).

Templates have blanks around their fields, which stand for Latin words and paths; a field may also hold
words of the language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

#: ideographs, and the marks that are as wide
_WIDE = "\u3001-\u303f\u4e00-\u9fff\uff01-\uff60"
_FIELD = re.compile(rf"(?:(?<=([{_WIDE}]))( ))?\{{(\w+)\}}(?:( )(?=[{_WIDE}]))?")


def tight(template: str, fields: Mapping[str, object]) -> str:
    """The template without the blanks that its fields do not need."""

    def field(match: re.Match[str]) -> str:
        value = str(fields.get(match[3], ""))
        before = "" if _is_wide(value[:1]) else match[2] or ""
        after = "" if _is_wide(value[-1:]) else match[4] or ""
        return f"{before}{{{match[3]}}}{after}"

    return _FIELD.sub(field, template)


def _is_wide(character: str) -> bool:
    return bool(character) and re.match(f"[{_WIDE}]", character) is not None
