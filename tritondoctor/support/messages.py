"""Every text that a person reads is a template with named fields, shown through `_` or `plural`.

A catalogue (gettext, domain `tritondoctor`) can translate all of them; in English none is loaded.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Optional

from tritondoctor.support import own_files

if TYPE_CHECKING:
    from tritondoctor.support.stored import Catalogue

DOMAIN = "tritondoctor"
FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "locale")
_catalogue: Optional[Catalogue] = None
#: as HTML names it
language_tag = "en"


def languages() -> list[str]:
    """Those that have a catalogue; English needs none."""
    from importlib.resources import files  # in the one file it is a part of an archive

    folder = files("tritondoctor").joinpath("locale")
    names = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    return [name for name in names if translates(name)]


def translates(language: str) -> bool:
    """Whether a language has a catalogue."""
    return _content(language) is not None


@functools.lru_cache(maxsize=1)
def _content(language: str) -> Optional[bytes]:
    """The compiled catalogue; a language's name is a variable's value, and leads nowhere else."""
    if not (language.isascii() and language.replace("_", "").isalnum()):
        return None
    try:
        return own_files.content(f"locale/{language}/LC_MESSAGES/{DOMAIN}.mo")
    except OSError:
        return None


def language_of(variables: Mapping[str, str]) -> str:
    """The user's language where it has a catalogue, "" for English: locale(7), as gettext reads them."""
    names = ("TRITONDOCTOR_LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    wanted = next((variables[name] for name in names if variables.get(name)), "")
    for name in filter(None, wanted.split(":")):
        language = plain(name)
        if language in ("", "en", "C", "POSIX"):
            return ""
        if translates(language):
            return language
    return ""


def plain(locale: str) -> str:
    """The name of the catalogue for a locale: `zh_CN.UTF-8@x`, `zh-Hans` and `zh` are zh_CN."""
    name = locale.partition(".")[0].partition("@")[0].replace("-", "_")
    if name.lower() in ("zh", "zh_hans", "zh_hans_cn", "zh_cn", "zh_sg"):
        return "zh_CN"
    return "en" if name.lower().startswith("en") else name


def use(language: str) -> None:
    """Shows texts in a language from now on; "" is English.  Raises OSError where it has no catalogue."""
    global _catalogue, language_tag
    _catalogue = None
    if language:
        from tritondoctor.support import stored

        content = _content(language)
        if content is None:
            raise FileNotFoundError(f"no catalogue for {language}")
        _catalogue = stored.Catalogue(content)
    language_tag = language.replace("_", "-") or "en"


@contextmanager
def in_english() -> Iterator[None]:
    """What programs read is English in every language."""
    global _catalogue
    kept, _catalogue = _catalogue, None
    try:
        yield
    finally:
        _catalogue = kept


def translated(template: str, many: str = "", count: int = 1) -> str:
    """A template in the user's language, its fields not filled in; `many`: that of the plural."""
    if _catalogue is None or not template:
        return many if many and count != 1 else template
    return _catalogue.ngettext(template, many, count) if many else _catalogue.gettext(template)


def _(template: str, **fields: object) -> str:
    """The text in the user's language, its fields filled in."""
    text = translated(template)
    return filled(text, fields) if fields else text


def plural(singular: str, many: str, count: int, **fields: object) -> str:
    """The same for a number of things: both templates hold `{count}`."""
    return filled(translated(singular, many, count), {"count": count, **fields})


def filled(template: str, fields: Mapping[str, object]) -> str:
    """A template in the user's language with its fields."""
    shown = shown_fields(fields)
    if language_tag.startswith("zh") and _catalogue is not None:
        from tritondoctor.support.chinese import tight

        template = tight(template, shown)
    return template.format(**shown)


class Quoted(str):
    """Words of a log or of another program, which stay as they are in a field."""

    __slots__ = ()


def shown(sentence: str) -> str:
    """An English sentence in the user's language, if it is one that a template of the catalogue makes.

    For what is stored in English, or made where no language is known: facts, reports, errors.
    """
    find = getattr(_catalogue, "shown", None)
    return find(sentence) if find is not None else sentence


def shown_fields(fields: Mapping[str, object]) -> Mapping[str, object]:
    """The fields of a template, those in English words in the user's language."""
    if _catalogue is None:
        return fields
    return {name: shown(value) if type(value) is str else value for name, value in fields.items()}


def mark(template: str) -> str:
    """Mark a template in a table for the catalogue; it is shown through `_` later."""
    return template


def mark_plural(singular: str, many: str) -> tuple[str, str]:
    """The same for the two templates of a plural, shown through `plural` later."""
    return singular, many
