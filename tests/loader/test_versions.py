"""Symbol versions: missing, weak, undefined altogether, and whose definitions count."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.loader.layout import Layout
from tests.loader.oracle import modelled, same_start, started, traced
from tritondoctor.loader import Files, read_elf


def needing(layout: Layout, version: str = "V2") -> Path:
    """libuser.so needs `version` of libv.so, which at link time had it."""
    full = layout.versioned("full/libv.so", ["V1", "V2", "V3"])
    user = layout.versioned("a/libuser.so", [], [(full, version)])
    layout.program(needed=["libuser.so"], rpath=f"{layout.root}/a:{layout.root}/v")
    return user


def test_a_missing_version_ends_the_start(layout: Layout) -> None:
    needing(layout)
    layout.versioned("v/libv.so", ["V1"])
    process = same_start(layout.root / "m", {}, "/")
    [problem] = process.problems
    assert (problem.kind, problem.version, problem.name) == ("version", "V2", "libv.so")
    assert problem.provider == f"{layout.root}/v/libv.so"
    assert problem.needed_by == f"{layout.root}/a/libuser.so"
    layout.versioned("v/libv.so", ["V3", "V2"])
    assert same_start(layout.root / "m", {}, "/").loads


def test_a_later_directory_with_the_version_is_not_asked(layout: Layout) -> None:
    needing(layout)
    layout.versioned("v/libv.so", ["V1"])
    variables = {"LD_LIBRARY_PATH": f"{layout.root}/full"}
    assert not same_start(layout.root / "m", variables, "/").loads


def test_all_missing_versions_are_told(layout: Layout) -> None:
    full = layout.versioned("full/libv.so", ["V1", "V2", "V3"])
    layout.versioned("a/libuser.so", [], [(full, "V1"), (full, "V2"), (full, "V3")])
    layout.versioned("a/libother.so", [], [(full, "V3")])
    layout.versioned("v/libv.so", ["V1"])
    layout.program(needed=["libother.so", "libuser.so"], rpath=f"{layout.root}/a:{layout.root}/v")
    assert len(same_start(layout.root / "m", {}, "/").problems) == 3


def test_the_object_that_answers_to_the_name_counts(layout: Layout) -> None:
    needing(layout)
    layout.versioned("v/libv.so", ["V1", "V2"])
    layout.versioned("p/libv.so", ["V1"])
    variables = {"LD_PRELOAD": f"{layout.root}/p/libv.so"}
    assert not same_start(layout.root / "m", variables, "/").loads
    assert same_start(layout.root / "m", {}, "/").loads


def test_a_library_without_versions_only_warns(layout: Layout) -> None:
    needing(layout)
    layout.library("v/libv.so")
    program, files = str(layout.root / "m"), Files()
    real = traced(program, {}, "/", files)
    assert modelled(program, {}, "/", files) == real
    assert "no version information available" in real.said[0]


def test_a_weak_version_only_warns(layout: Layout) -> None:
    user = needing(layout)
    layout.versioned("v/libv.so", ["V1"])
    elf = read_elf(Files(), str(user))
    offset = elf.offset(elf.dynamic[0x6FFFFFFE])
    assert offset is not None
    raw = bytearray(user.read_bytes())
    aux = offset + struct.unpack_from("<I", raw, offset + 8)[0]
    struct.pack_into("<H", raw, aux + 4, 2)
    user.write_bytes(raw)
    program, files = str(layout.root / "m"), Files()
    real = traced(program, {}, "/", files)
    assert modelled(program, {}, "/", files) == real
    assert "weak version `V2' not found" in real.said[0]


def test_a_version_needed_of_a_file_that_is_not_needed(layout: Layout) -> None:
    """The loader stops with an assertion there."""
    user = needing(layout)
    layout.versioned("v/libv.so", ["V1", "V2"])
    user.write_bytes(user.read_bytes().replace(b"\0libv.so\0", b"\0libv.so\0", 1))
    raw = bytearray(user.read_bytes())
    elf = read_elf(Files(), str(user))
    segment = next(segment for segment in elf.segments if segment.type == 2)
    for place in range(segment.offset, segment.offset + segment.filesz, 16):
        if struct.unpack_from("<Q", raw, place)[0] == 1:
            struct.pack_into("<Q", raw, place, 0x6FFFFEF0)
    user.write_bytes(raw)
    status, _, error = started(layout.root / "m", {}, "/")
    process = same_start(layout.root / "m", {}, "/")
    assert status == 127 and "Inconsistency detected" in error
    assert [problem.kind for problem in process.problems] == ["inconsistent"]


@pytest.mark.parametrize("lazy", [True, False])
def test_versions_are_checked_at_dlopen(layout: Layout, lazy: bool) -> None:
    user = needing(layout)
    layout.program("n", needed=["libv.so"] if lazy else [], rpath=f"{layout.root}/v")
    layout.versioned("v/libv.so", ["V1"])
    same_start(layout.root / "n", {}, "/", str(user), str(user))
    layout.versioned("v/libv.so", ["V1", "V2"])
    same_start(layout.root / "n", {}, "/", str(user), str(user))
