"""Values that look like secrets, told by their shape and never by a word in a path or a key.

Repetitions have bounds where a hostile text could otherwise make them try for hours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

HIDDEN = "***"
_NAME = (
    r"[\w.-]{0,48}(?:token|secret|passw(?:or)?d|passphrase|pwd|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|[_-]key|credentials?|signature|auth)[\w.-]{0,48}"
)
_NOT_IN_A_WORD = r"(?<![A-Za-z0-9])"


class Rule(NamedTuple):
    """What a secret looks like.  `trigger` stands in lower case in every text that holds one."""

    name: str
    triggers: tuple[str, ...]
    pattern: re.Pattern[str]


def _rule(name: str, triggers: str, pattern: str, flags: int = 0) -> Rule:
    return Rule(name, tuple(triggers.split()), re.compile(pattern, flags))


#: the group `secret` is what is removed
RULES = (
    _rule(
        "private-key", "-----begin",
        r"(?P<secret>-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z))",
        re.DOTALL,
    ),
    _rule("url-credentials", "://", r"\w://(?P<secret>[^/@\s'\"]+(?:/[^/@\s'\"]*)?)@"),
    _rule("url-token", "/t/", r"/t/(?P<secret>[A-Za-z0-9-]{8,})(?=/)"),
    _rule(
        "url-token", "?",
        r"(?i)[?&;][\w.-]{0,48}(?:token|key|sig|signature|secret|password|auth|credential)=(?P<secret>[^&\s#'\"]+)",
    ),
    _rule("jwt", "eyj", _NOT_IN_A_WORD + r"(?P<secret>eyJ[\w-]{8,2000}\.[\w-]{8,}(?:\.[\w-]*)?)"),
    _rule(
        "known-token",
        "gh github_pat_ glpat- hf_ sk nvapi- pypi- npm_ xox akia asia aiza ya29. sg. dckr_pat_",
        _NOT_IN_A_WORD
        + r"(?P<secret>gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,}|gl(?:pat|rt|dt|ptt)-[\w-]{20,}"
        r"|hf_[A-Za-z0-9]{30,}|sk-(?:proj-|ant-)?[\w-]{32,}|[srp]k_live_[A-Za-z0-9]{16,}|nvapi-[\w-]{32,}"
        r"|pypi-AgE[\w-]{30,}|npm_[A-Za-z0-9]{36}|xox[abeoprs]-[\w-]{12,}|A(?:KIA|SIA)[0-9A-Z]{16}"
        r"|AIza[\w-]{35}|ya29\.[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|dckr_pat_[\w-]{20,})",
    ),
    _rule(
        "authorization", "bearer basic token",
        r"(?i)\b(?:bearer|basic|token)\s+(?P<secret>[A-Za-z0-9._~+/=-]{12,})",
    ),
    _rule(
        "assignment", "token secret passw passphrase pwd key credential signature auth",
        rf"(?i)(?<![A-Za-z0-9]){_NAME}[\"']?\s*[=:]\s*(?P<secret>\"[^\"\n]+\"|'[^'\n]+'|[^\s\"'&;,)]+)",
    ),
)  # fmt: skip
_LONG = re.compile(r"(?<!sha256=)(?<![A-Za-z0-9+])[A-Za-z0-9+]{28,}={0,2}")


@lru_cache(maxsize=8192)
def without_secrets(text: str) -> tuple[str, tuple[str, ...]]:
    """(the text without what looks like a secret, the rule of each value that was removed)."""
    lower = text.lower()
    removed: list[str] = []
    for rule in RULES:
        if any(word in lower for word in rule.triggers):
            text = rule.pattern.sub(_hider(rule.name, removed), text)
    if len(text) >= 28:
        text = _LONG.sub(lambda found: _random(found[0], removed), text)
    return text, tuple(removed)


def _hider(name: str, removed: list[str]) -> Callable[[re.Match[str]], str]:
    def hide(found: re.Match[str]) -> str:
        secret = found["secret"]
        if HIDDEN in secret:
            return found[0]
        removed.append(name)
        start, end = found.start("secret") - found.start(), found.end("secret") - found.start()
        return found[0][:start] + HIDDEN + found[0][end:]

    return hide


def _random(text: str, removed: list[str]) -> str:
    """Words change between capitals, small letters and digits now and then; random text all the time."""
    kinds = [2 if one.isdigit() else int(one.isupper()) for one in text if one.isalnum()]
    turns = sum(one != other for one, other in zip(kinds, kinds[1:]))
    if len(set(kinds)) < 3 or turns < 0.4 * len(kinds):
        return text
    removed.append("random-text")
    return HIDDEN
