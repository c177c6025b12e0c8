"""Numbers in texts of others: int() refuses thousands of digits, and "²", a digit to str.isdigit()."""

from __future__ import annotations

_MOST_DIGITS = 100
_BEYOND = 10**_MOST_DIGITS


def whole(digits: str) -> int:
    """The number that decimal digits write; 10**100 where they are more than a hundred.

    Raises ValueError for anything else, a sign too.
    """
    if not digits.isdecimal():
        raise ValueError(f"no decimal digits: {digits[:20]!a}")
    return int(digits) if len(digits) <= _MOST_DIGITS else _BEYOND
