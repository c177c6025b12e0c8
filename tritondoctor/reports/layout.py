"""Paragraphs and columns by the width that a terminal shows: a Chinese character takes two cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

#: a line and its style
Line = tuple[str, str]
WIDEST = 100
#: characters of scripts without blanks, their punctuation, and what of that opens
_WIDE = r"\u2e80-\u2fff\u3040-\u9fff\uac00-\ud7a3\uf900-\ufaff"
_MARKS = r"\u3001-\u3011\uff01-\uff65"
_OPENS = r"\u3008\u300a\u300c\u300e\u3010\uff08"
#: blanks; a wide character or any other word, with the punctuation around it
_PIECES = re.compile(
    rf"[ \t]+|[{_OPENS}]*(?:[{_WIDE}]|[^ \t{_WIDE}{_MARKS}]+)(?:(?![{_OPENS}])[{_MARKS}])*|[{_MARKS}]+"
)
_BLANKS = str.maketrans("\n\r\v\f", "    ")


def wrapped(
    words: str, indent: str, width: int, style: str = "", *, hang: bool = False
) -> Iterator[Line]:
    """The lines of a paragraph; `hang`: its first line is not indented."""
    for line in filled(words, width, first="" if hang else indent, indent=indent):
        yield line, style


def broken(words: str, width: int) -> list[str]:
    """Lines broken at spaces only: a path or a loader's word stays whole."""
    return filled(words, width) or [""]


def filled(words: str, width: int, *, first: str = "", indent: str = "") -> list[str]:
    """Lines of at most `width` cells, where no word alone is wider."""
    lines: list[str] = []
    start, line = first, ""
    for piece in _PIECES.findall(words.translate(_BLANKS).expandtabs()):
        if piece.startswith(" "):
            line += piece if line or not lines else ""
        elif cell_len(start) + cell_len(line) + cell_len(piece) <= width:
            line += piece
        else:
            if line.strip():
                lines.append(start + line.rstrip())
                start = indent
            line = piece
    return [*lines, start + line.rstrip()] if line.strip() else lines


def padded(text: str, width: int) -> str:
    """The text with blanks up to a column's width."""
    return text + " " * (width - cell_len(text))


def right_aligned(text: str, width: int) -> str:
    """The text at the end of a column."""
    return " " * (width - cell_len(text)) + text


def columns(rows: Sequence[Sequence[str]], least: Sequence[int], gap: str = " ") -> list[str]:
    """The lines of a table of numbers with its heads: a column is as wide as its widest cell at least."""
    widths = [max(*map(cell_len, cells), width) for cells, width in zip(zip(*rows), least)]
    return [gap.join(map(right_aligned, row, widths)) for row in rows]


#: shades that are read on white as well as on black (contrast 4 and more): of 256 colours
_SHADES = {"green": "color(28)", "yellow": "color(130)", "cyan": "color(31)"}


def print_line(console: Console, line: str, style: str = "") -> None:
    """Print one line; commands and paths stay whole, so that they can be copied."""
    console.print(Text(line, style=_shade(style)), soft_wrap=True)


def _shade(style: str) -> str:
    return " ".join(_SHADES.get(word, word) for word in style.split())


def print_lines(console: Console, lines: Iterable[Line]) -> None:
    """Print lines that say the same without colour; a quiet console asks for none."""
    if console.quiet:
        return
    with console.capture() as captured:  # rich itself would turn a closed pipe into an exit code
        for line, style in lines:
            print_line(console, line, style)
    console.file.write(captured.get())


def width_of(console: Console) -> int:
    """The width to fill: not all of a wide terminal."""
    return min(console.width, WIDEST)
