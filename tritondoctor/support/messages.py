"""Every text that a person reads is a template with named fields, shown through `_` or `plural`.

A catalogue (gettext, domain `tritondoctor`) can translate all of them; in English none is loaded.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from gettext import NullTranslations

DOMAIN = "tritondoctor"
FOLDER = os.path.join(os.path.dirname(os.path.dirname(__file__)), "locale")
_catalogue: Optional[NullTranslations] = None


def use(language: str, folder: str = FOLDER) -> None:
    """Show texts in a language from now on; in English where it has no catalogue."""
    import gettext

    global _catalogue
    _catalogue = gettext.translation(DOMAIN, folder, [language], fallback=True) if language else None


def _(template: str, **fields: object) -> str:
    """The text in the user's language, its fields filled in."""
    text = template if _catalogue is None else _catalogue.gettext(template)
    return text.format(**fields) if fields else text


def plural(singular: str, many: str, count: int, **fields: object) -> str:
    """The same for a number of things: both templates hold `{count}`."""
    if _catalogue is None:
        text = singular if count == 1 else many
    else:
        text = _catalogue.ngettext(singular, many, count)
    return text.format(count=count, **fields)


def mark(template: str) -> str:
    """Mark a template in a table for the catalogue; it is shown through `_` later."""
    return template


def mark_plural(singular: str, many: str) -> tuple[str, str]:
    """The same for the two templates of a plural, shown through `plural` later."""
    return singular, many
