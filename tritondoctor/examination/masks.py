"""What is taken out of a report before anybody else sees it: by structure, and counted by rule.

Only values are looked at, never keys, ids or templates.  The home folder and the user's name are
hidden as the beginning of a path only; whatever else contains their letters stays as it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Optional, TypeVar

import msgspec

from tritondoctor.facts.model import Facts
from tritondoctor.privacy.scrub import changes
from tritondoctor.support.patterns import pattern

T = TypeVar("T", bound=msgspec.Struct)
#: the rules that hide parts of paths
PATHS = ("home", "user")
_BEFORE, _AFTER = r"(?:(?<![\w.~/-])|(?<=://)|(?<=-[A-Z]))", r"(?=[/:;,\s'\")\]}>]|$)"
_SYSTEM = r"(?!(?:usr|lib\w*|s?bin|etc|opt|proc|sys|dev|boot|var/lib)/)"
_KEPT = frozenset(("template", "id", "severity", "type", "kind"))
_QUOTED = pattern(r"'([^']*)'")
_NEEDS_NO_QUOTES = pattern(r"[\w@%+=:,./~-]*")
Change = Callable[[str], str]


def mask(value: T, facts: Facts, *, paths: bool, removed: Counter[str]) -> T:
    """`value` without secrets and, unless `paths`, with ~ and $USER in the place of home and user."""
    return _mapped(value, removed, None if paths else _home(facts, "~", "$USER", removed))


def line_mask(facts: Facts) -> Callable[[str, bool], str]:
    """The same for single lines: hides home and user; its second argument: whether it is a command."""
    hide = _home(facts, "~", "$USER", Counter())
    return lambda line, command: _command(line, hide) if command else hide(line)


def json_masked(data: object, facts: Facts) -> object:
    """An object to be printed as JSON, with ~ and $USER in the place of home and user."""
    hide = line_mask(facts)
    return _walked(data, hide)


def json_without_secrets(data: object) -> object:
    """An object to be printed as JSON, without secrets in its texts; keys stay."""
    found = changes(_texts(data))
    return _walked(data, lambda text, _: found[text][0] if text in found else text) if found else data


def facts_without_secrets(facts: Facts, removed: Counter[str]) -> Facts:
    """Facts to conclude from: what a check quotes and joins would not have a secret's shape any more."""
    return _mapped(facts, removed, None)


def mask_for_keeping(value: T, facts: Facts, *, paths: bool, removed: Counter[str]) -> T:
    """The same for a snapshot, with stand-ins from which the checks conclude the same."""
    home, user = _home_alike(_home_of(facts)), _alike(facts.host.user)
    return _mapped(value, removed, None if paths else _home(facts, home, user, removed))


def user_of(facts: Facts) -> str:
    """The user as a report names it."""
    return "$USER" if _named(facts) else facts.host.user


def stand_in(facts: Facts, *, paths: bool) -> str:
    """The user as a snapshot names it."""
    return _alike(facts.host.user) if _named(facts) and not paths else facts.host.user


def _alike(name: str) -> str:
    """A name of the same length, with the same blanks and signs: checks look at those too."""
    return "".join(
        ("é" if ord(letter) > 127 else "user"[number % 4]) if letter.isalnum() else letter
        for number, letter in enumerate(name)
    )


def _home_alike(home: str) -> str:
    first, slash, rest = home[1:].partition("/")
    return f"/{first}/{'/'.join(map(_alike, rest.split('/')))}" if slash else f"/{_alike(first)}"


def _home_of(facts: Facts) -> str:
    home = facts.variables.get("HOME", "").rstrip("/")
    return home if home.startswith("/") else ""


def _named(facts: Facts) -> bool:
    return bool(facts.host.user) and facts.host.uid != 0


def _home(facts: Facts, home_as: str, user_as: str, removed: Counter[str]) -> Change:
    patterns: list[tuple[str, str, re.Pattern[str], str]] = []
    home = _home_of(facts)
    if home:
        instead = home_as.replace("\\", r"\\")
        patterns.append(("home", home, re.compile(_BEFORE + re.escape(home) + _AFTER), instead))
    if _named(facts):
        name = facts.host.user
        user = re.escape(name)
        below = re.compile(rf"{_BEFORE}(/{_SYSTEM}(?:[^/\s:;,'\"]+/){{1,2}}){user}{_AFTER}")
        patterns.append(("user", name, below, rf"\1{user_as}"))

    def hide(text: str) -> str:
        for rule, literal, expression, instead in patterns:
            if literal not in text:
                continue
            text, count = expression.subn(instead, text)
            if count:
                removed[rule] += count
        return text

    return hide


def _mapped(value: T, removed: Counter[str], home: Optional[Change]) -> T:
    found = changes(_texts(value))

    def change(text: str, is_command: bool) -> str:
        if text in found:
            text, families = found[text]
            removed.update(families)
        if home is None:
            return text
        return _command(text, home) if is_command else home(text)

    if not found and home is None:
        return value
    masked: T = _walked(value, change)
    return masked


def _texts(data: Any) -> Iterator[str]:
    """Every text that a mask looks at, in no order."""
    waiting: list[tuple[str, Any]] = [("", (data,))]
    while waiting:
        key, part = waiting.pop()
        parts = (
            ((key, inner) for inner in part) if isinstance(part, (list, tuple)) else _named_parts(part)
        )
        for name, inner in parts:
            if not isinstance(inner, str):
                waiting.append((name, inner))
            elif name not in _KEPT:
                yield inner


def _named_parts(part: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(part, msgspec.Struct):
        return [(name, getattr(part, name)) for name in part.__struct_fields__]
    return part.items() if isinstance(part, Mapping) else ()


def _walked(part: Any, change: Callable[[str, bool], str], key: str = "") -> Any:
    """The same with its texts changed; what holds no text that changes is the very same object."""
    if isinstance(part, str):
        changed: Any = part if key in _KEPT else change(part, key == "commands")
    elif isinstance(part, (list, tuple)):
        changed = type(part)([_walked(inner, change, key) for inner in part])
    else:
        fields = {name: _walked(inner, change, name) for name, inner in _named_parts(part)}
        return _with(part, fields) if fields else part
    return part if changed == part else changed


def _with(part: Any, fields: dict[str, Any]) -> Any:
    if not isinstance(part, msgspec.Struct):
        return fields
    new = {name: value for name, value in fields.items() if value is not getattr(part, name)}
    return msgspec.structs.replace(part, **new) if new else part


def _command(text: str, change: Change) -> str:
    """A command that can still be typed: the shell expands nothing between single quotes."""

    def requoted(found: re.Match[str]) -> str:
        changed = change(found[1])
        if changed == found[1]:
            return found[0]
        if _NEEDS_NO_QUOTES.fullmatch(changed.replace("$USER", "")):
            return changed
        inner = re.sub(r'[\\"`]|\$(?!USER\b)', r"\\\g<0>", changed)
        return '"' + re.sub(r"(^|:)~(?=[/:]|$)", r"\1$HOME", inner) + '"'

    parts, last = [], 0
    for found in _QUOTED.finditer(text):
        parts += [change(text[last : found.start()]), requoted(found)]
        last = found.end()
    return "".join([*parts, change(text[last:])])
