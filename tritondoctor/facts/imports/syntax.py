"""Python's grammar as this process has it, and what of a source is too much for it."""

from __future__ import annotations

import ast
import re
import sys


class TooComplex(ValueError):  # noqa: N818
    """Source that is too long or too deeply nested to be examined; the message is a sentence's end."""


#: a module with more takes seconds to parse; the longest in a launch of PyTriton 0.7.0 has 40,000.
#: Before Python 3.11 a chain (a.b.c…) of 104,000 overflows a stack of 8 MiB: ast2obj counts no depth
MOST_SIGNS = 200_000 if sys.version_info >= (3, 11) else 80_000
_SIGNS = (*"\n;,.:()[]{}+-*/%=<>&|^~@\"'", " or ", " and ", "not ", " in ", " is ", " if ", "lambda")
NESTED = "is too deeply nested to be examined"
#: as CPython 3.9 and later say it
_NO_END = re.compile("EOF|never closed|unterminated triple-quoted")
#: … and of the last line
_NOTHING_FOLLOWS = re.compile("expected an indented block|expected 'except' or 'finally'")
#: characters of a string that was begun and has no end, for which is looked
_LONGEST_STRING = 8192
_AFTER_A_STRING = "\n\r \t)]},.;:%'\""


def admit(source: str) -> None:
    if len(source) > MOST_SIGNS and sum(map(source.count, _SIGNS)) > MOST_SIGNS:
        raise TooComplex(f"has more than {MOST_SIGNS:,} statements and operators")


def syntax_tree(source: str) -> ast.Module:
    """The syntax tree.  Raises SyntaxError, and TooComplex for what `ast` itself fails on."""
    admit(source)
    try:
        return ast.parse(source)
    except (RecursionError, MemoryError):
        raise TooComplex(NESTED) from None


def may_end_in_string(source: str) -> bool:
    """Whether the last triple quote may begin a string that has no end: text follows it."""
    for quote in ('"""', "'''"):
        place = source.rfind(quote, -_LONGEST_STRING)
        if place >= 0 and source[place + 3 : place + 4] not in _AFTER_A_STRING:
            return source.count(quote) % 2 == 1
    return False


def text_of(node: ast.AST) -> str:
    """A node as source text; "" where it is too deeply nested."""
    try:
        return ast.unparse(node)
    except RecursionError:
        return ""


def require_end(source: str) -> bool:
    """Return whether this process knows all of the syntax, which may be newer.

    Raises SyntaxError where something that was begun has no end, and TooComplex.
    """
    try:
        syntax_tree(source)
    except SyntaxError as failure:
        is_last = (failure.lineno or 0) >= source.rstrip().count("\n")
        if _NO_END.search(failure.msg) or (is_last and _NOTHING_FOLLOWS.search(failure.msg)):
            raise
        return False
    return True
