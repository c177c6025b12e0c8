"""A log is read however it was kept."""

from __future__ import annotations

import codecs
import gzip
import io

import pytest

from tritondoctor.logs.read import read

LINE = "libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by /w/tritonserver)\r\n"
LOG = "a line before\r\n" + LINE
KEPT = {
    "plain": LOG.encode(),
    "mark": codecs.BOM_UTF8 + LINE.encode(),
    "utf-16 with a mark": LOG.encode("utf-16"),
    "utf-16-le": LOG.encode("utf-16-le"),
    "utf-16-be": LOG.encode("utf-16-be"),
    "gzip": gzip.compress(LOG.encode()),
    "gzip in two streams": gzip.compress(b"before\n") + gzip.compress(LINE.encode()),
    "gzip of utf-16": gzip.compress(LOG.encode("utf-16")),
    "gzip, cut off": gzip.compress(LOG.encode() + bytes(range(256)) * 40)[:-20],
    "gzip, damaged": gzip.compress(LOG.encode(), 0)[:120] + b"\xff" * 40,
    "gbk": "启动服务\n".encode("gbk") + LINE.encode(),
}


@pytest.mark.parametrize("kept", KEPT)
def test_a_log_is_read_however_it_was_kept(kept: str) -> None:
    (hit,) = read(io.BytesIO(KEPT[kept])).hits
    assert hit.seen.id == "libstdcxx-too-old"
    assert hit.seen.line.startswith("libstdc++.so.6: version")


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b", b"\x00" * 5000, b"\xff\xfe", b"\xff\xfe\x00"])
def test_what_holds_nothing_is_read_as_nothing(content: bytes) -> None:
    assert read(io.BytesIO(content)).hits == []


def test_one_layer_of_compression_is_taken_off() -> None:
    assert read(io.BytesIO(gzip.compress(gzip.compress(LOG.encode())))).hits == []


def test_a_bomb_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tritondoctor.logs.encodings._MOST_UNPACKED", 4 << 20)
    bomb = gzip.compress(b"x\n" * (8 << 20))
    assert read(io.BytesIO(bomb)).lines <= 3 << 20
