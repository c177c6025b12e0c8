"""Frames of deep calls: mapped once."""

from __future__ import annotations

import sys

import pytest

from tritondoctor.support import frames

_PIECE = 16 << 10


def test_the_work_is_done_once() -> None:
    done: list[int] = []
    frames.with_room(lambda: done.append(1))
    assert done == [1]


@pytest.mark.skipif(sys.version_info < (3, 11), reason="frames stand in pieces from 3.11 on")
def test_there_is_room_for_more_than_a_piece() -> None:
    assert frames.with_room.__code__.co_stacksize * 8 > 16 * _PIECE
