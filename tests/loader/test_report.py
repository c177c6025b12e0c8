"""How a link map is told."""

from __future__ import annotations

import json

from tests.loader.layout import Layout
from tests.loader.oracle import CLEAN, same_start
from tritondoctor.loader import Files, start
from tritondoctor.reports.linkmap import programs_json, shorten, tree_text


def broken(layout: Layout) -> str:
    layout.library("a/libmid.so", ["libdeep.so", "libgone.so"])
    layout.library("a/libdeep.so", ["libz.so.1"])
    layout.program(needed=["libmid.so"], rpath=f"{layout.root}/a:{layout.root}/none")
    same_start(layout.root / "m", {}, "/")
    return str(layout.root / "m")


def test_json(layout: Layout) -> None:
    program = broken(layout)
    told = programs_json([(program, start(program, CLEAN, "/", Files()))])
    [one] = json.loads(json.dumps(told))["programs"]
    assert (one["program"], one["loads"]) == (program, False)
    assert one["objects"][0] == {
        "name": "libmid.so",
        "path": f"{layout.root}/a/libmid.so",
        "found_by": "rpath",
        "needed_by": program,
    }
    [problem] = one["problems"]
    assert (problem["kind"], problem["name"]) == ("not-found", "libgone.so")
    assert problem["needed_by"] == f"{layout.root}/a/libmid.so"
    assert problem["tried"][1] == {
        "path": f"{layout.root}/none/libgone.so",
        "rule": "rpath",
        "why": "no such directory",
    }


def test_tree(layout: Layout) -> None:
    program = broken(layout)
    text = tree_text(start(program, CLEAN, "/", Files()), width=400)
    lines = text.splitlines()
    assert lines[0] == f"{program}: does not load"
    middle = next(number for number, line in enumerate(lines) if "libmid.so =>" in line)
    below = [line for line in lines if line.startswith("│   ")]
    assert lines[middle].endswith("[rpath]")
    assert any("libdeep.so" in line for line in below)
    assert "│   └── libgone.so => not found" in below
    assert any(line.startswith("    1. rpath") and line.endswith("no such file") for line in lines)
    assert text.count("libdeep.so =>") == 1


def test_every_object_is_in_the_tree_once(layout: Layout) -> None:
    layout.library("a/libx.so", ["libm.so.6"])
    layout.library("p/libp.so", ["libz.so.1"])
    program = str(layout.program(needed=["libx.so"], rpath=f"{layout.root}/a"))
    variables = {**CLEAN, "LD_PRELOAD": f"{layout.root}/p/libp.so"}
    process = start(program, variables, "/", Files())
    text = tree_text(process, width=400)
    assert all(text.count(f"{one.path} [{one.found_by}]") == 1 for one in process.objects)


def test_shorten() -> None:
    path = "/a/very/long/path/to/some/library/libx.so.1.2.3"
    assert shorten(path, 100) == path
    assert len(shorten(path, 30)) == 30
    assert shorten(path, 30).endswith("libx.so.1.2.3")
