"""musl's loader, where TRITONDOCTOR_TEST_MUSL names one (ld-musl-x86_64.so.1)."""

from __future__ import annotations

import os
import re

import pytest

from tests.loader.layout import Layout
from tests.loader.oracle import CLEAN, run
from tritondoctor.loader import Files, read_system, start

LOADER = os.environ.get("TRITONDOCTOR_TEST_MUSL", "")
LISTED = re.compile(r"\t(\S+)(?: => (\S+))? \(0x")

pytestmark = pytest.mark.skipif(not LOADER, reason="TRITONDOCTOR_TEST_MUSL is not set")


def agree(layout: Layout, variables: dict[str, str], cwd: str = "/") -> bool:
    program = str(layout.root / "m")
    done = run([LOADER, "--list", program], variables, cwd)
    lines = [LISTED.match(line) for line in done.stdout.splitlines()]
    real = [(line.group(1), line.group(2)) for line in lines if line]
    process = start(program, {**CLEAN, **variables}, cwd, Files())
    model = [(one.name, one.path) for one in process.objects]
    assert [one for one in real if one[1] and "libc" not in one[0]] == [
        one for one in model if one[0] != LOADER
    ]
    said = [line for line in done.stderr.splitlines() if line.startswith("Error loading")]
    assert said == [problem.message for problem in process.problems]
    return process.loads


def test_the_system_says_that_it_is_musl() -> None:
    assert read_system(Files(), LOADER).libc == "musl"


def test_its_search(layout: Layout) -> None:
    options = [f"-Wl,--dynamic-linker={LOADER}", "-nodefaultlibs", "-nostartfiles", "-Wl,-e0"]
    options += ["-Wl,--unresolved-symbols=ignore-all"]
    for place in ("a", "b", "c"):
        layout.library(f"{place}/libx.so", ["liby.so"], soname="libother.so")
    layout.library("a/liby.so", runpath=f"{layout.root}/c")
    layout.library("c/liby.so", ["libx.so", "libgone.so"])
    layout.path("text/libx.so").write_text("INPUT(x)\n")
    (layout.root / "b/libalias.so").symlink_to("libx.so")
    root = layout.root
    values = [f"{root}/a", f"{root}/b:{root}/c", "$ORIGIN/a", "$LIB", "", f"{root}/text"]
    variables = [{}, *({"LD_LIBRARY_PATH": one} for one in (values[1], f":{root}/c:", values[5]))]
    answers = set()
    for tag in ("rpath", "runpath"):
        for needed in (["libx.so"], ["libx.so", "libalias.so"], ["libother.so", "libx.so"]):
            for value in values:
                layout.program(needed=needed, options=options, **{tag: value})
                answers |= {agree(layout, variable) for variable in variables}
    assert answers == {True, False}
