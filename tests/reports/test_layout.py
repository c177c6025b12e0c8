"""Paragraphs by display width: as textwrap does it for ASCII, and for scripts without blanks."""

from __future__ import annotations

import random
import textwrap

import pytest
from rich.cells import cell_len

from tritondoctor.reports.layout import columns, filled, padded

PIECES = ("a", "bb", "ccc-dd", "/very/long/path/x", " ", "  ", " ", "\n", "\t", ". ")


@pytest.mark.parametrize("seed", range(20))
def test_ascii_is_filled_as_by_textwrap(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(100):
        words = "".join(chance.choice(PIECES) for _ in range(chance.randint(0, 25)))
        width, indent = chance.randint(8, 40), " " * chance.randint(0, 6)
        first = chance.choice(("", indent))
        expected = textwrap.wrap(
            words, width, initial_indent=first, subsequent_indent=indent,
            break_long_words=False, break_on_hyphens=False, tabsize=8,
        )  # fmt: skip
        if "\t" not in words:  # textwrap counts tabs from the indent
            assert filled(words, width, first=first, indent=indent) == expected


def test_wide_characters_take_two_cells() -> None:
    words = "此环境中 PyTriton 无法启动:找不到 libpython3.11.so.1.0,请运行 tritondoctor fix。"
    lines = filled(words, 30, indent="  ")
    assert len(lines) > 2 and all(cell_len(line) <= 30 for line in lines)
    assert not any(line.lstrip().startswith(("。", ",")) for line in lines)
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")


def test_full_width_punctuation_ends_a_word_and_brackets_open_one() -> None:
    words = "console、json、markdown、junit、sarif、gitlab、html（一个页面）；可重复指定。"
    lines = filled(words, 22)
    assert "".join(lines) == words and all(cell_len(line) <= 22 for line in lines)
    assert not any(line.endswith("（") or line.startswith(("、", "）", "；")) for line in lines)


def test_columns_are_padded_by_cells() -> None:
    assert cell_len(padded("启动", 10)) == cell_len(padded("start", 10)) == 10


def test_columns_of_numbers_end_alike() -> None:
    rows = columns([("批大小", "requests/s"), ("128", "2.3"), ("123456789", "-")], (4, 4))
    assert rows == ["   批大小 requests/s", "      128        2.3", "123456789          -"]
    assert {cell_len(row) for row in rows} == {20}
