"""Which Pythons a module for many of them is for, by the tags of its wheel."""

from __future__ import annotations

from pathlib import Path

import pytest

from tritondoctor.facts.imports.recorded_sizes import RecordedSizes
from tritondoctor.loader import Files

_TAGS = {
    "Tag: cp312-abi3-manylinux_2_26_x86_64\nTag: cp312-abi3-manylinux_2_28_x86_64\n": (3, 12),
    "Tag: cp39-abi3-manylinux2014_x86_64\r\n": (3, 9),
    "Tag: cp312-abi3-win_amd64\nTag: cp310-abi3-win_amd64\n": (3, 10),
    "Tag: cp311-cp311-manylinux2014_x86_64\n": (),
    "Tag: py3-none-any\n": (),
    "": (),
}


@pytest.mark.parametrize(("tags", "least"), _TAGS.items())
def test_the_oldest_python_of_a_wheel(tags: str, least: tuple[int, ...], tmp_path: Path) -> None:
    folder = tmp_path / "pyzmq-27.3.0.dist-info"
    folder.mkdir()
    (folder / "WHEEL").write_bytes(f"Wheel-Version: 1.0\n{tags}".encode())
    recorded = RecordedSizes(Files(), {"pyzmq": str(folder)}, "")
    assert recorded.limited_to("zmq.backend.cython._zmq") == least
    assert recorded.limited_to("gevent.hub") == ()
