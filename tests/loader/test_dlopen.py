"""dlopen from a running program, and LD_PRELOAD."""

from __future__ import annotations

import pytest

from tests.loader.layout import Layout
from tests.loader.oracle import modelled, same_start, traced
from tritondoctor.loader import Files


@pytest.mark.parametrize("tag", ["rpath", "runpath"])
def test_a_bare_name_is_searched_with_the_paths_of_the_caller(layout: Layout, tag: str) -> None:
    layout.library("a/libcall.so", opener=True, **{tag: f"{layout.root}/b"})
    layout.library("b/libx.so", ["liby.so"])
    layout.library("b/liby.so")
    layout.library("c/liby.so")
    for main in ({"rpath": f"{layout.root}/a"}, {"rpath": f"{layout.root}/a:{layout.root}/c"}):
        layout.program(needed=["libcall.so"], **main)
        for variables in ({}, {"LD_LIBRARY_PATH": f"{layout.root}/c"}):
            same_start(layout.root / "m", variables, "/", "libcall.so!libx.so", "libx.so")
            same_start(layout.root / "m", variables, "/", "libx.so", "libcall.so!libx.so")


def test_the_program_as_caller(layout: Layout) -> None:
    layout.library("b/libx.so", ["liby.so"])
    layout.library("b/liby.so")
    for paths in ({"rpath": f"{layout.root}/b"}, {"runpath": f"{layout.root}/b"}, {}):
        layout.program(**paths)
        same_start(layout.root / "m", {}, "/", "libx.so", f"{layout.root}/b/libx.so")
        same_start(layout.root / "m", {}, str(layout.root), "b/libx.so", "liby.so", "./b/liby.so")


def test_tokens_in_the_name(layout: Layout) -> None:
    layout.library("b/libx.so")
    layout.library("a/libcall.so", opener=True)
    layout.program("bin/m", needed=["libcall.so"], runpath="$ORIGIN/../a")
    name = "$ORIGIN/../b/libx.so"
    same_start(layout.root / "bin/m", {}, "/", name)
    layout.library("a/../a/b/libx.so")
    same_start(layout.root / "bin/m", {}, "/", f"libcall.so!{name}")


def test_what_is_loaded_is_used_again(layout: Layout) -> None:
    layout.library("b/libx.so", soname="libreal.so.1")
    layout.library("b/libneeds.so", ["libreal.so.1"])
    layout.program(runpath=f"{layout.root}/b")
    same_start(layout.root / "m", {}, "/", f"{layout.root}/b/libneeds.so")
    same_start(layout.root / "m", {}, "/", f"{layout.root}/b/libx.so", f"{layout.root}/b/libneeds.so")


def test_a_failed_dlopen_leaves_nothing_behind(layout: Layout) -> None:
    layout.library("b/libx.so", ["liby.so", "libgone.so"])
    layout.library("b/liby.so")
    layout.program(rpath=f"{layout.root}/b")
    same_start(layout.root / "m", {}, "/", "libx.so", "libgone.so", "liby.so")


def test_programs_cannot_be_opened(layout: Layout) -> None:
    layout.program("other", options=["-no-pie"])
    layout.program("pie", options=["-pie"])
    layout.path("text").write_text("nothing")
    layout.program()
    requests = [str(layout.root / name) for name in ("other", "pie", "text", "gone")]
    same_start(layout.root / "m", {}, "/", *requests, str(layout.root))


def test_the_loader_itself(layout: Layout) -> None:
    layout.program()
    same_start(layout.root / "m", {}, "/", "ld-linux-x86-64.so.2", "libc.so.6", "libm.so.6")


@pytest.mark.parametrize("separator", [" ", ":", "  : "])
def test_preloads(layout: Layout, separator: str) -> None:
    layout.library("a/libx.so", ["liby.so"])
    layout.library("b/liby.so")
    layout.library("p/libx.so", ["liby.so"], runpath=f"{layout.root}/b")
    layout.library("p/libq.so")
    layout.program(needed=["libx.so"], rpath=f"{layout.root}/a:{layout.root}/b")
    for names in (
        [f"{layout.root}/p/libx.so"],
        [f"{layout.root}/p/libq.so", "libgone.so", f"{layout.root}/p/libx.so"],
        ["libx.so", f"{layout.root}/p/libq.so"],
        ["$ORIGIN/p/libq.so", "./p/libq.so"],
        ["libz.so.1", "libm.so.6"],
        ["/etc/passwd", f"{layout.root}/gone/libx.so"],
    ):
        variables = {"LD_PRELOAD": separator.join(names)}
        same_start(layout.root / "m", variables, str(layout.root))
        program, files = str(layout.root / "m"), Files()
        real = traced(program, variables, str(layout.root), files)
        assert modelled(program, variables, str(layout.root), files) == real
