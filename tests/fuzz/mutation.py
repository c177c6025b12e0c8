"""Inputs made of seeds by chance, for where no atheris is: each the same for the same number."""

from __future__ import annotations

import random
from collections.abc import Sequence

_ODD = (
    b"\0", b"\xff" * 8, b"\x7f" + b"\xff" * 3, b"[" * 4000, b"{" * 4000, b"(" * 300, b"a." * 2000,
    b"-" * 3000, b'"', b"'", b"\n", b"\r", b"\xed\xa0\x80", b"\xc2\xb2", b"9" * 5000, b"../" * 50, b"/",
    b"=", b",", b"\x1b[31m", b"1e999", b"null", b"NaN", b"not " * 2000, b"if x:\n ",
    b"# coding: punycode\n", b"\\u0000", b"\\ud800",
)  # fmt: skip


def mutated(seeds: Sequence[bytes], number: int) -> bytes:
    """A seed with one to eight changes."""
    chance = random.Random(number)
    content = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 8)):
        _change(content, seeds, chance)
    return bytes(content)


def _change(content: bytearray, seeds: Sequence[bytes], chance: random.Random) -> None:
    start = chance.randint(0, len(content))
    end = min(len(content), start + chance.choice((1, 1, 2, 4, 8, 64, 1024)))
    kind = chance.randrange(7)
    if kind == 0:
        content[start:end] = chance.randbytes(end - start)
    elif kind == 1:
        del content[start:end]
    elif kind == 2:
        content[start:start] = chance.choice(_ODD)
    elif kind == 3:
        content[start:end] = chance.choice(_ODD)
    elif kind == 4:
        content[start:start] = content[start:end] * chance.choice((1, 2, 50))
    elif kind == 5 and end > start:
        content[start] ^= 1 << chance.randrange(8)
    else:
        other = chance.choice(seeds)
        place = chance.randint(0, len(other))
        content[start:end] = other[place : place + chance.choice((1, 8, 64, 1024))]
