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


def text_of(node: ast.AST) -> str:
    """A node as source text; "" where it is too deeply nested."""
    try:
        return ast.unparse(node)
    except RecursionError:
        return ""


def without_end(source: str) -> None:
    """Raises SyntaxError where something that was begun has no end, whatever newer syntax there is."""
    try:
        syntax_tree(source)
    except SyntaxError as failure:
        if _NO_END.search(failure.msg):
            raise
