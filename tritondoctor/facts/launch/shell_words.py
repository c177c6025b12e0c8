"""Variables of a shell, and what it makes of a word with them (bash(1), EXPANSION)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Optional

from tritondoctor.support.patterns import pattern

_REFERENCE = pattern(r"\$(?:(\w+|[-$#?!@*])|\{(\w+|-)(?:(:?[-+=])((?:[^{}]|\$\{\w+\})*))?\})")
_PARTS = pattern(r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.|[^'\"\\]+", re.S)
#: what `$-` holds in `bash -c` (bash(1), SET): not interactive
_FLAGS = "hBc"


class Scope:
    """Variables by name, and which of them are passed on."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.values, self.exported = dict(variables), set(variables)

    def environment(self) -> dict[str, str]:
        """What a program gets that is started now."""
        return {name: value for name, value in self.values.items() if name in self.exported}

    def expand(self, word: str) -> Optional[str]:
        """A word with its variables; None where that takes a program, or an operation not followed."""
        parts = _PARTS.findall(word)
        if "`" in word or "$(" in word or "".join(parts) != word:
            return None
        if word == "~" or word.startswith("~/"):
            parts[0] = self.values.get("HOME", "") + parts[0][1:]
        expanded = ""
        for part in parts:
            if part[0] == "'":
                expanded += part[1:-1]
            elif part[0] == "\\":
                expanded += part[1:]
            else:
                quoted = part[0] == '"'
                value = _REFERENCE.sub(self._value, part[1:-1] if quoted else part)
                if "${" in value:
                    return None
                expanded += re.sub(r'\\(["$\\`])', r"\1", value) if quoted else value
        return expanded

    def _value(self, reference: re.Match[str]) -> str:
        name, operator = reference[1] or reference[2], reference[3] or ""
        held = _FLAGS if name == "-" else self.values.get(name)
        given = bool(held) if operator[:1] == ":" else held is not None
        if operator[-1:] == "+":
            return (self.expand(reference[4]) or "") if given else ""
        if operator and not given:
            return self.expand(reference[4]) or ""
        return held or ""
