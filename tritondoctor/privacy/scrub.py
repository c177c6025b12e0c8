"""Takes out of a text what is a secret: by its shape, or because a name beside it says so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from tritondoctor.privacy import names, values
from tritondoctor.privacy.patterns import compiled
from tritondoctor.privacy.rules import BASE64, RULES, RUN, SecretRule
from tritondoctor.privacy.values import HIDDEN

__all__ = ["HIDDEN", "changes", "scrub", "without_secrets"]

_RANDOM = "random-text"
_LONG = 27
#: no pattern reaches across it
_BETWEEN = "\n\0\n"
#: an absolute path in which nothing stands beside names
_PATH = r"/[\w./+~-]*"
#: what in a pattern may match a slash
_ANYTHING = ("/", "[^", r"\S", r"\W", r"\D", ":.", "(.", ")|.")
_TRIGGERS = frozenset(trigger for rule in RULES for trigger in rule.triggers)
_WITH_SLASH = tuple(trigger for trigger in _TRIGGERS if "/" in trigger)
#: texts that were searched and hold nothing: a report holds the facts that were searched before it
_CLEAN: set[str] = set()


def scrub(text: str) -> str:
    """The text without what looks like a secret."""
    return without_secrets(text)[0]


@lru_cache(maxsize=8192)
def without_secrets(text: str) -> tuple[str, tuple[str, ...]]:
    """(the text without what looks like a secret, the family of each value that was removed)."""
    removed: list[str] = []
    for rule in _suspected(text):
        text = _without(rule, text, removed)
    if len(text) >= _LONG:
        text = _without_random(text, removed)
    return text, tuple(removed)


def changes(texts: Iterable[str]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Of many texts those that hold a secret, with what `without_secrets` makes of them.

    They are searched as one, so that texts without a secret cost next to nothing.
    """
    unique = [text for text in dict.fromkeys(texts) if text not in _CLEAN]
    is_path = compiled(_PATH).fullmatch
    paths: list[str] = []
    others: list[str] = []
    for text in unique:
        (paths if is_path(text) else others).append(text)
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for group, suspicious in ((others, _may_hold), (paths, _paths_may_hold)):
        if suspicious(group):
            results = ((text, without_secrets(text)) for text in group)
            found.update((text, result) for text, result in results if result[1])
        else:
            _CLEAN.update(group)
    return found


def _may_hold(texts: list[str]) -> bool:
    """Whether there may be a secret in one of these texts."""
    whole = _BETWEEN.join(texts)
    return any(any(_spans(rule, whole)) for rule in _suspected(whole)) or _holds_random(whole)


def _paths_may_hold(paths: list[str]) -> bool:
    """The same of absolute paths: most of their folders are the same, and each is searched once.

    A run of base64 with a slash is none of chance here: what stands before it belongs to a path.
    """
    whole = _BETWEEN.join(paths)
    parts = _BETWEEN.join(dict.fromkeys(whole.replace(_BETWEEN, "/").split("/")))
    rules = _suspected(parts, whole)
    return any(any(_spans(rule, whole if _crosses(rule) else parts)) for rule in rules) or (
        _holds_random(parts)
    )


def _crosses(rule: SecretRule) -> bool:
    """Whether what a rule finds may go on behind a slash."""
    return any(sign in rule.pattern for sign in _ANYTHING)


def _suspected(text: str, around: str = "") -> list[SecretRule]:
    """The rules of which a trigger stands in a text; one with a slash may stand `around` it."""
    lower, outer = text.lower(), around.lower()
    found = {trigger for trigger in _TRIGGERS if trigger in lower}
    found.update(trigger for trigger in _WITH_SLASH if trigger in outer)
    return [
        rule
        for rule in RULES
        if not found.isdisjoint(rule.triggers) and (not rule.gate or compiled(rule.gate).search(lower))
    ]


def _without(rule: SecretRule, text: str, removed: list[str]) -> str:
    """The text without what one rule finds in it."""
    parts, last = [], 0
    for start, end in _spans(rule, text):
        if start < last or _is_hidden(text[start:end]):
            continue
        removed.append(rule.family)
        parts += [text[last:start], HIDDEN]
        last = end
    return "".join([*parts, text[last:]]) if parts else text


def _is_hidden(value: str) -> bool:
    """Whether a rule before has removed what was secret; of a whole line it may have been a part."""
    return HIDDEN in value and " " not in value


def _spans(rule: SecretRule, text: str) -> Iterator[tuple[int, int]]:
    pattern = compiled(rule.pattern)
    groups = pattern.groupindex
    if "name" in groups:
        yield from _named(pattern, text)
        return
    for found in pattern.finditer(text):
        if "secret" in groups:
            yield found.span("secret")
        elif "password" in groups and values.in_prose(found["password"], password=True):
            yield _trimmed(found, "password")
        elif "token" in groups and values.in_prose(found["token"], password=False):
            yield _trimmed(found, "token")


def _trimmed(found: re.Match[str], group: str) -> tuple[int, int]:
    start, _ = found.span(group)
    return start, start + len(found[group].rstrip(".,;:!?)"))


def _named(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """The values of names that say that they are secret."""
    at = 0
    while found := pattern.search(text, at):
        at = max(found.end(), at + 1)
        sound = names.sound(found["name"])
        if not sound:
            continue
        whole_line = _lasts_to_the_end(found["name"], text[at - 1 : at] in " :")
        start, end = values.span(text, found.end(), to_end_of_line=whole_line)
        if start < end and values.secret(text[start:end], sound):
            yield start, end
            at = end


def _lasts_to_the_end(name: str, header: bool) -> bool:
    lower = name.lower()
    return header and lower.endswith(("cookie", "passphrase", "mnemonic"))


def _holds_random(text: str) -> bool:
    runs = [*compiled(RUN).finditer(text), *compiled(BASE64).finditer(text)]
    return any(values.random(text, *run.span()) for run in runs)


def _without_random(text: str, removed: list[str]) -> str:
    def hide(found: re.Match[str]) -> str:
        if not values.random(found.string, *found.span()):
            return found[0]
        removed.append(_RANDOM)
        return HIDDEN

    text = compiled(RUN).sub(hide, text)
    return compiled(BASE64).sub(hide, text) if "/" in text else text
