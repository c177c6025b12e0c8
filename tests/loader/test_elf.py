"""The ELF reader, with pyelftools and readelf's view of the same files as a second opinion."""

from __future__ import annotations

import contextlib
import os
import random
import time
from pathlib import Path
from typing import Any

import pytest

from tests.loader.layout import Layout, compile_
from tests.loader.oracle import same_start
from tritondoctor.loader import (
    BadElf,
    Files,
    Skipped,
    dynamic_symbols,
    read_elf,
    start,
    symbol_bytes,
)

elffile = pytest.importorskip("elftools.elf.elffile")
LIBRARIES = Path("/usr/lib/x86_64-linux-gnu")


def second_opinion(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        elf = elffile.ELFFile(stream)
        dynamic = elf.get_section_by_name(".dynamic")
        tags = [(tag.entry.d_tag, tag) for tag in dynamic.iter_tags()]
        needs = elf.get_section_by_name(".gnu.version_r")
        defines = elf.get_section_by_name(".gnu.version_d")
        return {
            "needed": tuple(tag.needed for name, tag in tags if name == "DT_NEEDED"),
            "soname": next((tag.soname for name, tag in tags if name == "DT_SONAME"), None),
            "rpath": next((tag.rpath for name, tag in tags if name == "DT_RPATH"), None),
            "runpath": next((tag.runpath for name, tag in tags if name == "DT_RUNPATH"), None),
            "verneed": [
                (need.name, one.name, bool(one.entry.vna_flags & 2))
                for need, every in (needs.iter_versions() if needs else ())
                for one in every
            ],
            "verdef": (
                {next(iter(names)).name for _, names in defines.iter_versions()} if defines else None
            ),
            "symbols": [
                (symbol.name, symbol.entry.st_shndx != "SHN_UNDEF", symbol.entry.st_value)
                for symbol in elf.get_section_by_name(".dynsym").iter_symbols()
                if symbol.entry.st_info.bind != "STB_LOCAL"
            ],
        }


def samples() -> list[Path]:
    found = sorted(path for path in LIBRARIES.glob("lib*.so.*") if not path.is_symlink())
    return [path for path in found if path.stat().st_size < 3_000_000][::6]


@pytest.mark.parametrize("path", samples(), ids=lambda path: path.name)
def test_pyelftools_reads_the_same(path: Path) -> None:
    files = Files()
    elf, other = read_elf(files, str(path)), second_opinion(path)
    assert elf.needed == other["needed"]
    assert (elf.soname, elf.rpath, elf.runpath) == (
        other["soname"],
        other["rpath"],
        other["runpath"],
    )
    assert [(one.file, one.version, one.weak) for one in elf.verneed] == other["verneed"]
    assert (set(elf.versions) if elf.verdef is not None else None) == other["verdef"]
    symbols = [
        (dynamic_symbol.name, dynamic_symbol.defined, dynamic_symbol.value)
        for dynamic_symbol in dynamic_symbols(files, str(path))
    ]
    assert symbols == other["symbols"]


def test_section_headers_are_not_needed(layout: Layout) -> None:
    layout.library("a/libx.so", ["libz.so.1"])
    program = layout.program(needed=["libx.so"], rpath=f"{layout.root}/a")
    before = read_elf(Files(), str(program))
    raw = bytearray(program.read_bytes())
    start = int.from_bytes(raw[40:48], "little")
    raw[start:] = bytes(len(raw) - start)
    raw[40:48] = bytes(8)
    raw[60:64] = bytes(4)
    program.write_bytes(raw)
    assert read_elf(Files(), str(program)) == before
    same_start(program, {}, "/")


def test_damaged_files_raise_nothing_unforeseen(tmp_path: Path) -> None:
    whole = os.path.realpath(LIBRARIES / "libz.so.1")
    good = Path(whole).read_bytes()
    chance = random.Random(1)
    damaged = str(tmp_path / "libz.so.1")
    dynamic = next(segment for segment in read_elf(Files(), whole).segments if segment.type == 2)
    ranges = [(0, 600), (dynamic.offset, dynamic.offset + dynamic.filesz), (0x200, 0x3000)]
    for number in range(600):
        raw = bytearray(good)
        for _ in range(chance.randint(1, 12)):
            place = chance.randrange(*chance.choice(ranges))
            raw[place] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        raw[:6] = good[:6]
        Path(damaged).write_bytes(raw[: chance.randrange(len(raw))] if number % 3 == 0 else raw)
        files = Files()
        start(damaged, {}, "/", files)
        with contextlib.suppress(OSError, BadElf, Skipped):
            dynamic_symbols(files, damaged)
            symbol_bytes(files, damaged, "zlibVersion")


def test_versions_of_undefined_symbols() -> None:
    symbols = dynamic_symbols(Files(), "/bin/ls")
    start = next(symbol for symbol in symbols if symbol.name == "__libc_start_main")
    assert not start.defined and start.needed_from == "libc.so.6"
    assert start.version.startswith("GLIBC_2.")


def test_the_bytes_of_a_symbol(layout: Layout) -> None:
    source = layout.path("data.c")
    source.write_text('const char said[] = "hello"; int later[4]; const int number = 7;\n')
    for style in ("gnu", "sysv", "both"):
        path = str(layout.path(f"{style}.so"))
        compile_(["-shared", "-fPIC", f"-Wl,--hash-style={style}", "-o", path, str(source)])
        files = Files()
        assert symbol_bytes(files, path, "said") == b"hello\0"
        assert symbol_bytes(files, path, "number", 4) == b"\x07\0\0\0"
        assert symbol_bytes(files, path, "later") == bytes(16)
        assert symbol_bytes(files, path, "none") is None
        assert symbol_bytes(files, path, "puts", 4) is None


def test_a_big_library_is_read_quickly() -> None:
    biggest = max(LIBRARIES.glob("lib*.so.*"), key=lambda path: path.stat().st_size)
    read_elf(Files(), str(biggest))
    times = []
    for _ in range(5):
        before = time.perf_counter()
        read_elf(Files(), str(biggest))
        times.append(time.perf_counter() - before)
    print(f"{biggest.name}, {os.path.getsize(biggest):,} bytes: {min(times) * 1e3:.2f} ms")
    assert min(times) < 0.02
