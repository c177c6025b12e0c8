"""A first candidate that is no good, with a good one behind it: which ends the search, which does
not.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.loader.layout import Layout, compile_
from tests.loader.oracle import CLEAN, same_start
from tritondoctor.loader import Files, start

SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "text": lambda good: b"INPUT(libz.so)\n" * 20,
    "short text": lambda good: b"INPUT(libz.so)\n",
    "empty": lambda good: b"",
    "63 bytes": lambda good: good[:63],
    "header only": lambda good: good[:64],
    "half the program headers": lambda good: good[:150],
    "other class": lambda good: good[:4] + b"\x01" + good[5:],
    "no class": lambda good: good[:4] + b"\x07" + good[5:],
    "big-endian": lambda good: good[:5] + b"\x02" + good[6:],
    "ident version": lambda good: good[:6] + b"\x02" + good[7:],
    "GNU": lambda good: good[:7] + b"\x03" + good[8:],
    "FreeBSD": lambda good: good[:7] + b"\x09" + good[8:],
    "ABI version": lambda good: good[:8] + b"\x01" + good[9:],
    "GNU, ABI version 1": lambda good: good[:7] + b"\x03\x01" + good[9:],
    "GNU, ABI version 3": lambda good: good[:7] + b"\x03\x03" + good[9:],
    "GNU, ABI version 4": lambda good: good[:7] + b"\x03\x04" + good[9:],
    "padding": lambda good: good[:9] + b"\x01" + good[10:],
    "version": lambda good: good[:20] + b"\x02" + good[21:],
    "AArch64": lambda good: good[:18] + struct.pack("<H", 183) + good[20:],
    "i386": lambda good: good[:18] + struct.pack("<H", 3) + good[20:],
    "relocatable": lambda good: good[:16] + b"\x01\x00" + good[18:],
    "core": lambda good: good[:16] + b"\x04\x00" + good[18:],
    "executable": lambda good: good[:16] + b"\x02\x00" + good[18:],
    "phentsize": lambda good: good[:54] + b"\x20" + good[55:],
    "no program headers": lambda good: good[:56] + b"\x00\x00" + good[58:],
    "program headers far away": lambda good: good[:32] + struct.pack("<Q", 1 << 40) + good[40:],
    "no section headers": lambda good: good[:40] + bytes(8) + good[48:60] + bytes(4) + good[64:],
}


@pytest.mark.parametrize("way", ["variable", "rpath", "hwcaps", "slash"])
@pytest.mark.parametrize("name", SPOILED)
def test_a_bad_first_candidate(layout: Layout, name: str, way: str) -> None:
    good = layout.library("good/libx.so").read_bytes()
    first = "first/glibc-hwcaps/x86-64-v2" if way == "hwcaps" else "first"
    layout.path(f"{first}/libx.so").write_bytes(SPOILED[name](good))
    both = f"{layout.root}/first:{layout.root}/good"
    if way == "slash":
        layout.program(needed=[f"{layout.root}/first/libx.so"])
    else:
        layout.program(needed=["libx.so"], rpath=both if way == "rpath" else None)
    variables = {"LD_LIBRARY_PATH": both} if way != "rpath" else {}
    same_start(layout.root / "m", variables, "/")
    (layout.root / "good/libx.so").unlink()
    same_start(layout.root / "m", variables, "/")


def test_a_directory_of_that_name(layout: Layout) -> None:
    layout.library("good/libx.so")
    (layout.root / "first/libx.so").mkdir(parents=True)
    layout.program(needed=["libx.so"], rpath=f"{layout.root}/first:{layout.root}/good")
    process = same_start(layout.root / "m", {}, "/")
    assert process.problems[0].message.endswith("cannot read file data: Error 21")


def test_a_link_that_leads_nowhere(layout: Layout) -> None:
    layout.library("good/libx.so")
    layout.path("first/libx.so").symlink_to("gone.so")
    layout.program(needed=["libx.so"], rpath=f"{layout.root}/first:{layout.root}/good")
    same_start(layout.root / "m", {}, "/")


def test_programs_are_no_libraries(layout: Layout) -> None:
    for option in ("-pie", "-no-pie"):
        layout.program("a/libx.so", options=[option])
        layout.library("b/libx.so")
        layout.program(needed=["libx.so"], rpath=f"{layout.root}/a:{layout.root}/b")
        same_start(layout.root / "m", {}, "/")
    layout.library("a/libno.so", options=["-z", "nodlopen"])
    layout.program(needed=["libno.so"], rpath=f"{layout.root}/a")
    same_start(layout.root / "m", {}, "/")
    same_start(layout.program("n"), {}, "/", f"{layout.root}/a/libno.so")


def test_a_separate_debug_file(layout: Layout) -> None:
    good = layout.library("a/libx.so")
    compile_(["-shared", "-g", "-o", str(good), str(layout.toolbox.folder / "main.o")])
    debug = layout.path("debug/libx.so")
    import subprocess

    subprocess.run(["objcopy", "--only-keep-debug", str(good), str(debug)], check=True)
    layout.program(needed=["libx.so"], rpath=f"{layout.root}/debug")
    same_start(layout.root / "m", {}, "/")


def test_a_truncated_library_does_not_load(layout: Layout) -> None:
    whole = Path("/lib/x86_64-linux-gnu/libz.so.1").read_bytes()
    layout.path("a/libz.so.1").write_bytes(whole[: len(whole) // 2])
    layout.program(needed=["libz.so.1"], rpath=f"{layout.root}/a")
    process = same_start(layout.root / "m", {}, "/")
    assert [problem.kind for problem in process.problems][-1] in ("truncated", "bad-file")


@pytest.mark.parametrize("option", ["-no-pie", "-pie", "-static", "-static-pie"])
def test_kinds_of_programs(layout: Layout, option: str) -> None:
    program = layout.program(options=[option])
    process = start(str(program), CLEAN, "/", Files())
    assert process.loads
    if "static" in option:
        assert process.objects == ()
    else:
        same_start(program, {}, "/")


def test_what_is_no_program_is_said_clearly(layout: Layout) -> None:
    script = layout.path("script")
    script.write_text("#!/usr/bin/env python3\nprint()\n")
    for place, words in (
        (script, "#!/usr/bin/env"[2:]),
        (layout.root / "gone", "No such file or directory"),
        (layout.root, "Is a directory"),
    ):
        [problem] = start(str(place), CLEAN, "/", Files()).problems
        assert problem.kind == "not-a-program"
        assert words in problem.message or place == layout.root


def test_an_interpreter_that_does_not_exist(layout: Layout) -> None:
    program = layout.program(options=["-Wl,--dynamic-linker=/nowhere/ld.so"])
    [problem] = start(str(program), CLEAN, "/", Files()).problems
    assert (problem.kind, problem.name) == ("interpreter-missing", "/nowhere/ld.so")
    with pytest.raises(FileNotFoundError):
        same_start(program, {}, "/")


def test_an_interpreter_of_its_own(layout: Layout) -> None:
    """The same loader under another name: found by PT_INTERP, with the same directories inside."""
    loader = layout.path("own/ld.so")
    loader.write_bytes(Path("/lib64/ld-linux-x86-64.so.2").read_bytes())
    loader.chmod(0o755)
    program = layout.program(needed=["libz.so.1"], options=[f"-Wl,--dynamic-linker={loader}"])
    process = same_start(program, {}, "/")
    assert str(loader) in [one.path for one in process.objects]
