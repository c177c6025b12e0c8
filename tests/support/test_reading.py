"""Whatever stands where a file is expected: it is read in bounded time and memory, or set aside."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tritondoctor.support.reading import (
    Limit,
    Reason,
    Unreadable,
    list_folder,
    read_bytes,
    read_head,
    read_text,
    walk,
)


def reason(path: str | Path, limit: int = Limit.TINY, **how: object) -> Reason:
    with pytest.raises(Unreadable) as caught:
        read_bytes(str(path), limit, **how)  # type: ignore[arg-type]
    assert caught.value.filename == str(path)
    return caught.value.reason


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 10)
    assert read_bytes(str(file), 10) == b"x" * 10
    assert reason(file, 9) is Reason.TOO_LARGE


def test_the_head_of_a_file_of_any_size(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.write(b"content")
        file.truncate(20 << 30)
    assert read_head(str(tmp_path / "sparse"), 7) == b"content"
    with pytest.raises(Unreadable):
        read_head("/dev/zero", 7)


def test_a_file_that_tells_no_size_is_read_and_bounded() -> None:
    assert b"Pid:" in read_bytes("/proc/self/status", Limit.PROC)
    assert reason("/proc/self/status", 10) is Reason.TOO_LARGE


def test_what_is_no_regular_file_is_set_aside_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "socket"))
        assert reason(tmp_path / "socket") is Reason.NOT_REGULAR
    (tmp_path / "link").symlink_to("/dev/zero")
    for path in (tmp_path, tmp_path / "fifo", tmp_path / "link", "/dev/zero", "/dev/tty"):
        assert reason(path) is Reason.NOT_REGULAR


def test_a_sparse_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(20 << 30)
    assert reason(tmp_path / "sparse", Limit.RECORD) is Reason.TOO_LARGE


def test_a_link_is_followed_unless_that_is_forbidden(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    (tmp_path / "link").symlink_to("file")
    assert read_bytes(str(tmp_path / "link"), 10) == b"content"
    assert reason(tmp_path / "link", follow=False) is Reason.LINK


def test_a_loop_of_links_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert reason(tmp_path / "a") is Reason.LINK


def test_the_owner_is_compared(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    assert read_bytes(str(tmp_path / "file"), 10, owner=os.getuid()) == b"content"
    assert reason(tmp_path / "file", owner=os.getuid() + 1) is Reason.NOT_OWNED


def test_a_path_may_start_at_a_descriptor(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    folder = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        assert read_text("file", 10, folder=folder) == "content"
    finally:
        os.close(folder)


@pytest.mark.parametrize("name", ["nul\0", "surrogate\ud800", "x" * 300])
def test_a_name_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    assert reason(f"{tmp_path}/{name}") is Reason.NAME


def test_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    assert reason(tmp_path / "none") is Reason.MISSING
    assert reason(tmp_path / "file" / "below") is Reason.MISSING


def test_lines_end_in_a_line_feed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a\r\nb\rc\xff\n")
    assert read_text(str(tmp_path / "file"), 100) == "a\nb\nc\ufffd\n"
    with pytest.raises(Unreadable, match="is not UTF-8"):
        read_text(str(tmp_path / "file"), 100, errors="strict")


def test_a_folder_is_listed_up_to_a_number(tmp_path: Path) -> None:
    for name in "cab":
        (tmp_path / name).touch()
    assert list_folder(str(tmp_path), 3) == ["a", "b", "c"]
    with pytest.raises(Unreadable, match="more than 2 entries"):
        list_folder(str(tmp_path), 2)
    with pytest.raises(Unreadable):
        list_folder(str(tmp_path / "a"))


def test_a_walk_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").touch()
    (tmp_path / "root").symlink_to("/")
    assert {entry.name for entry in walk(str(tmp_path))} == {"folder", "file", "root"}


def test_a_walk_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "a" / "file").write_bytes(b"x" * 10)
    for bounds, why in (
        ({"depth": 3}, Reason.TOO_DEEP),
        ({"count": 3}, Reason.TOO_MANY),
        ({"size": 9}, Reason.TOO_LARGE),
    ):
        with pytest.raises(Unreadable) as caught:
            list(walk(str(tmp_path), **bounds))
        assert caught.value.reason is why
    assert len(list(walk(str(tmp_path), depth=4, count=4, size=10))) == 4
