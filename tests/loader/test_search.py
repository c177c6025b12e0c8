"""Every rule of the search, each in a layout of its own, against really started programs."""

from __future__ import annotations

import os
import shutil
import traceback
from collections.abc import Callable

import pytest

from tests.loader.layout import Layout
from tests.loader.oracle import CLEAN, same_start, same_tries
from tritondoctor.loader import Files, start

V3 = "glibc-hwcaps/x86-64-v3"
ROOT = os.geteuid() == 0
NOBODY = 65534
PATHS = ("LD_LIBRARY_PATH", "rpath", "runpath", "default", "cache", "path", "preload")


def found_by(layout: Layout, environment: dict[str, str], name: str = "libx.so") -> tuple[str, str]:
    process = same_start(layout.root / "m", environment, str(layout.root))
    [one] = [each for each in process.objects if each.name == name]
    return os.path.relpath(one.path, layout.root), one.found_by


def three_places(layout: Layout) -> None:
    for place in ("a", "b", "c"):
        layout.library(f"{place}/libx.so")


def test_rpath_comes_before_the_variable_and_runpath_after(layout: Layout) -> None:
    three_places(layout)
    variable = {"LD_LIBRARY_PATH": f"{layout.root}/b"}
    layout.program(needed=["libx.so"], rpath=f"{layout.root}/a")
    assert found_by(layout, variable) == ("a/libx.so", "rpath")
    layout.program(needed=["libx.so"], runpath=f"{layout.root}/a")
    assert found_by(layout, variable) == ("b/libx.so", "LD_LIBRARY_PATH")
    assert found_by(layout, {}) == ("a/libx.so", "runpath")


def test_rpath_is_inherited_and_runpath_is_not(layout: Layout) -> None:
    layout.library("a/libmid.so", ["libx.so"])
    layout.library("a/libx.so")
    layout.program(needed=["libmid.so"], rpath=f"{layout.root}/a")
    assert found_by(layout, {}) == ("a/libx.so", "rpath")
    layout.program(needed=["libmid.so"], runpath=f"{layout.root}/a")
    process = same_start(layout.root / "m", {}, "/")
    assert [problem.name for problem in process.problems] == ["libx.so"]


def test_a_library_with_runpath_ignores_the_rpath_of_its_loaders(layout: Layout) -> None:
    layout.library("a/libmid.so", ["libx.so"], runpath=f"{layout.root}/c")
    layout.library("a/libx.so")
    layout.library("c/libx.so")
    layout.program(needed=["libmid.so"], rpath=f"{layout.root}/a")
    assert found_by(layout, {}) == ("c/libx.so", "runpath")


def test_an_ancestor_with_runpath_lends_no_rpath_but_the_program_does(layout: Layout) -> None:
    layout.library("a/libtop.so", ["libmid.so"], runpath=f"{layout.root}/b")
    layout.library("b/libmid.so", ["libx.so"], rpath=f"{layout.root}/none")
    layout.library("b/libx.so")
    layout.library("a/libx.so")
    layout.program(needed=["libtop.so"], rpath=f"{layout.root}/a")
    assert found_by(layout, {}) == ("a/libx.so", "rpath")


def test_who_asks_first_decides(layout: Layout) -> None:
    layout.library("l/libb.so", ["libx.so"], runpath=f"{layout.root}/one")
    layout.library("l/libc1.so", ["libx.so"], runpath=f"{layout.root}/two")
    layout.library("one/libx.so")
    layout.library("two/libx.so")
    layout.program(needed=["libb.so", "libc1.so"], rpath=f"{layout.root}/l")
    assert found_by(layout, {})[0] == "one/libx.so"
    layout.program(needed=["libc1.so", "libb.so"], rpath=f"{layout.root}/l")
    assert found_by(layout, {})[0] == "two/libx.so"


def test_diamond_where_only_one_order_works(layout: Layout) -> None:
    layout.library("l/libb.so", ["libx.so"], runpath=f"{layout.root}/x")
    layout.library("l/libc1.so", ["libx.so"])
    layout.library("x/libx.so")
    for order in (["libb.so", "libc1.so"], ["libc1.so", "libb.so"]):
        layout.program(needed=order, runpath=f"{layout.root}/l")
        same_start(layout.root / "m", {}, "/")


def test_breadth_first(layout: Layout) -> None:
    layout.library("l/liba.so", ["libdeep.so"])
    layout.library("l/libdeep.so", ["libx.so"], rpath=f"{layout.root}/deep")
    layout.library("l/libb.so", ["libx.so"], rpath=f"{layout.root}/near")
    layout.library("deep/libx.so")
    layout.library("near/libx.so")
    layout.program(needed=["liba.so", "libb.so"], rpath=f"{layout.root}/l")
    assert found_by(layout, {})[0] == "near/libx.so"


@pytest.mark.parametrize(
    "value",
    [
        "{0}/n;{0}/a",
        "{0}/n:{0}/a",
        "{0}/a//",
        "{0}/b/:{0}/b:{0}/a",
        "a",
        "b:./a",
        "./a/../b",
        "//",
        "",
    ],
)
def test_elements_of_the_variable(layout: Layout, value: str) -> None:
    three_places(layout)
    layout.program(needed=["libx.so"])
    variables = {"LD_LIBRARY_PATH": value.format(layout.root)}
    same_tries(layout.root / "m", variables, str(layout.root))


@pytest.mark.parametrize("value", [":", "{0}/n:", ":{0}/a", "{0}/n::{0}/a", ";"])
@pytest.mark.parametrize("tag", ["variable", "rpath", "runpath"])
def test_an_empty_element_is_the_working_directory(layout: Layout, value: str, tag: str) -> None:
    three_places(layout)
    layout.library("libx.so")
    text = value.format(layout.root)
    paths = {} if tag == "variable" else {tag: text}
    layout.program(needed=["libx.so"], **paths)
    variables = {"LD_LIBRARY_PATH": text} if tag == "variable" else {}
    for cwd in (str(layout.root), f"{layout.root}/b"):
        same_tries(layout.root / "m", variables, cwd)


@pytest.mark.parametrize(
    "token",
    [
        "$ORIGIN/a",
        "${{ORIGIN}}/a",
        "$ORIGIN/../{1}/a",
        "{0}/$LIB",
        "{0}/${{LIB}}x",
        "{0}/$PLATFORM",
        "{0}/$PLATFORMX",
        "{0}/$ORIGINAL:{0}/c",
        "{0}/${{ORIGIN",
        "$",
    ],
)
@pytest.mark.parametrize("tag", ["variable", "rpath", "runpath"])
def test_tokens(layout: Layout, token: str, tag: str) -> None:
    three_places(layout)
    for place in (
        "lib/x86_64-linux-gnu",
        "lib/x86_64-linux-gnux",
        "x86_64",
        "haswell",
        "$PLATFORMX",
    ):
        layout.library(f"{place}/libx.so")
    text = token.format(layout.root, layout.root.name)
    paths = {} if tag == "variable" else {tag: text}
    layout.program(needed=["libx.so"], **paths)
    variables = {"LD_LIBRARY_PATH": text} if tag == "variable" else {}
    same_tries(layout.root / "m", variables, str(layout.root))


def test_origin_of_a_program_is_canonical_and_of_a_library_is_not(layout: Layout) -> None:
    layout.library("real/libmid.so", ["libx.so"], runpath="$ORIGIN/sub")
    layout.library("real/sub/libx.so")
    layout.library("linked/sub/libx.so")
    (layout.root / "linked/libmid.so").symlink_to("../real/libmid.so")
    layout.program("bin/m", ["libmid.so"], runpath="$ORIGIN/../linked")
    (layout.root / "elsewhere").mkdir()
    (layout.root / "elsewhere/m").symlink_to("../bin/m")
    process = same_start(layout.root / "elsewhere/m", {}, "/")
    assert process.objects[-1].path.endswith("linked/sub/libx.so") or process.loads


def test_subdirectories_for_capable_processors(layout: Layout) -> None:
    layout.program(needed=["libx.so"], runpath=f"{layout.root}/b")
    for folder in ("glibc-hwcaps/x86-64-v2", V3, "glibc-hwcaps/x86-64-v4", "tls", "x86_64", ""):
        for place in ("a", "b"):
            layout.library(f"{place}/{folder}/libx.so")
        for variables in ({}, {"LD_LIBRARY_PATH": f"{layout.root}/a"}):
            same_tries(layout.root / "m", variables, "/")
            shutil.rmtree(layout.root / ("a" if variables else "b"))


def test_a_loop_of_links_ends_a_list_but_not_the_search(layout: Layout) -> None:
    three_places(layout)
    (layout.root / "loop").mkdir()
    (layout.root / "loop/libx.so").symlink_to("libx.so")
    layout.program(needed=["libx.so"], runpath=f"{layout.root}/c")
    variables = {"LD_LIBRARY_PATH": f"{layout.root}/loop:{layout.root}/a"}
    assert found_by(layout, variables) == ("c/libx.so", "runpath")


def test_a_file_where_a_directory_should_be(layout: Layout) -> None:
    three_places(layout)
    (layout.root / "file").write_text("")
    layout.program(needed=["libx.so"])
    variables = {"LD_LIBRARY_PATH": f"{layout.root}/file:{layout.root}/file/x:{layout.root}/a"}
    assert found_by(layout, variables)[0] == "a/libx.so"


@pytest.mark.skipif(not ROOT, reason="only root can become another user")
def test_what_may_not_be_read_is_passed_over(layout: Layout) -> None:
    three_places(layout)
    layout.program(needed=["libx.so"])
    (layout.root / "a").chmod(0)
    (layout.root / "b/libx.so").chmod(0)
    for parent in (layout.root, *layout.root.parents):
        if str(parent).startswith("/tmp/"):
            parent.chmod(0o755)
    value = ":".join(f"{layout.root}/{place}" for place in "abc")
    assert _of_nobody(lambda: same_start(layout.root / "m", {"LD_LIBRARY_PATH": value}, "/")) == 0


def _of_nobody(compare: Callable[[], object]) -> int:
    """The status of a copy of this process that compares as another user."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            compare()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_names_with_a_slash_are_paths(layout: Layout) -> None:
    layout.library("sub/libx.so", soname="./sub/libx.so")
    layout.program(needed=["./sub/libx.so"])
    same_start(layout.root / "m", {}, str(layout.root))
    same_start(layout.root / "m", {"LD_LIBRARY_PATH": str(layout.root)}, "/")
    layout.program("n", needed=["$ORIGIN/sub/libx.so"])
    same_start(layout.root / "n", {}, "/")


def test_nodeflib_leaves_out_the_default_directories(layout: Layout) -> None:
    layout.library("a/libx.so", ["libz.so.1"], options=["-z", "nodefaultlib"])
    layout.program(needed=["libx.so"], runpath=f"{layout.root}/a")
    process = same_start(layout.root / "m", {}, "/")
    assert [problem.name for problem in process.problems] == ["libz.so.1"]
    layout.program("n", needed=["libz.so.1"], options=["-Wl,-z,nodefaultlib"])
    same_start(layout.root / "n", {}, "/")


def test_a_soname_already_loaded_is_used_again(layout: Layout) -> None:
    layout.library("a/libfirst.so", soname="libx.so")
    layout.library("b/libx.so")
    layout.program(needed=["libfirst.so", "libx.so"], runpath=f"{layout.root}/a:{layout.root}/b")
    same_start(layout.root / "m", {}, "/")


def test_one_file_under_two_names_is_loaded_once(layout: Layout) -> None:
    layout.library("a/libx.so", soname=None)
    (layout.root / "a/liby.so").symlink_to("libx.so")
    layout.program(needed=["libx.so", "liby.so"], runpath=f"{layout.root}/a")
    process = same_start(layout.root / "m", {}, "/")
    assert [one.name for one in process.objects if "/a/" in one.path] == ["libx.so"]


def test_auxiliary_may_be_missing_and_filter_may_not(layout: Layout) -> None:
    for option in ("--auxiliary=libaux.so", "--filter=libaux.so"):
        layout.library("a/libx.so", ["liby.so"], options=[option])
        layout.library("a/liby.so", ["libz.so.1"])
        layout.program(needed=["libx.so", "liby.so"], rpath=f"{layout.root}/a")
        (layout.root / "a/libaux.so").unlink(missing_ok=True)
        same_start(layout.root / "m", {}, "/")
        layout.library("a/libaux.so", ["libz.so.1"])
        same_start(layout.root / "m", {}, "/")
        layout.program(needed=["libaux.so", "libx.so"], rpath=f"{layout.root}/a")
        same_start(layout.root / "m", {}, "/")
        layout.program(needed=["libx.so", "libaux.so"], rpath=f"{layout.root}/a")
        same_start(layout.root / "m", {}, "/")


def test_every_place_of_a_failed_search_is_told(layout: Layout) -> None:
    three_places(layout)
    layout.program(needed=["libgone.so"], runpath=f"{layout.root}/a:{layout.root}/none")
    process = start(
        str(layout.root / "m"), {**CLEAN, "LD_LIBRARY_PATH": f"{layout.root}/b"}, "/", Files()
    )
    [problem] = process.problems
    rules = [one.rule for one in problem.tried]
    assert sorted(set(rules), key=rules.index) == ["LD_LIBRARY_PATH", "runpath", "cache", "default"]
    assert "no such directory" in [one.why for one in problem.tried]
