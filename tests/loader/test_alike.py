"""Programs that ask for the same in the same places: the second says what it would say alone."""

from __future__ import annotations

import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import astuple

from tests.loader.layout import Layout
from tritondoctor.loader import Files, LoadedProcess, start

_EXTENSIONS = Path(sysconfig.get_config_var("DESTSHARED"))


def _content(process: LoadedProcess) -> tuple[Any, ...]:
    opened, after = process.opening("libutil.so.1")
    return *astuple(process)[:-1], opened, astuple(after)[:-1]


def _each_says_what_it_says_alone(
    programs: Sequence[Path], variables: dict[str, str], cwd: str = "/"
) -> int:
    """Starts them one after the other in one view; returns how many different sets they load."""
    view = Files()
    for program in (*programs, *programs[:1]):
        together = start(str(program), variables, cwd, view)
        assert _content(together) == _content(start(str(program), variables, cwd, Files())), program
    loaded = {tuple(item.path for item in start(str(p), variables, cwd, view).objects) for p in programs}
    return len(loaded)


def test_extension_modules_of_this_python() -> None:
    extensions = sorted(_EXTENSIONS.glob("*.so"))[:20]
    assert _each_says_what_it_says_alone(extensions, {}) < len(extensions)


def test_a_program_that_is_asked_for_itself(layout: Layout) -> None:
    """The SONAME of the first is that of what both need, or the other way round."""
    layout.library("b/libx.so", ["libself.so"])
    layout.library("b/libself.so")
    for name, soname in (("first.so", "libself.so"), ("second.so", None), ("third.so", "libx.so")):
        layout.library(name, ["libx.so"], soname=soname, rpath=f"{layout.root}/b")
    programs = [layout.root / name for name in ("first.so", "second.so", "third.so")]
    for order in (programs, programs[::-1]):
        assert _each_says_what_it_says_alone(order, {}) == 3


def test_what_lies_beside_each(layout: Layout) -> None:
    for folder in ("a", "b"):
        layout.library(f"{folder}/libx.so")
        layout.library(f"{folder}/first.so", ["libx.so"], rpath="$ORIGIN")
        layout.library(f"{folder}/second.so", ["$ORIGIN/libx.so"])
        layout.library(f"{folder}/third.so", ["libx.so"])
    names = ("first.so", "second.so", "third.so")
    programs = [layout.root / folder / name for name in names for folder in ("a", "b")]
    for variables in ({}, {"LD_LIBRARY_PATH": "$ORIGIN"}, {"LD_PRELOAD": "$ORIGIN/libx.so"}):
        _each_says_what_it_says_alone(programs, variables)
    _each_says_what_it_says_alone(programs, {"LD_LIBRARY_PATH": "."}, str(layout.root / "a"))


def test_versions_that_only_the_second_needs(layout: Layout) -> None:
    provider = layout.versioned("libv.so", ["V1", "V2"])
    sound = layout.versioned("sound.so", [], [(provider, "V1")])
    lacking = layout.versioned("lacking.so", [], [(provider, "V2")])
    layout.versioned("libv.so", ["V1"])
    _each_says_what_it_says_alone([sound, lacking], {"LD_LIBRARY_PATH": str(layout.root)})
    _each_says_what_it_says_alone([lacking, sound], {"LD_LIBRARY_PATH": str(layout.root)})
