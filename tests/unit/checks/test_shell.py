"""Findings about variables of the loader as shells set them."""

from __future__ import annotations

from tests.unit.build import PREFIX, a_launch, a_link_problem, facts
from tests.unit.checks.case import Case, FindingTests
from tritondoctor.facts.conda.model import CondaPrefix, PathElement, ShellLine

_BASE = CondaPrefix("/opt/conda", "base", True)
_LINE = "export LD_LIBRARY_PATH=$LD_LIBRARY_PATH:/opt/conda/lib"
_FROZEN = ShellLine("/home/alice/.bashrc", 7, _LINE, "LD_LIBRARY_PATH", "$LD_LIBRARY_PATH:/opt/conda/lib")
_OTHER = PathElement("/opt/conda/lib", "folder", "/opt/conda")
_BROKEN = a_link_problem(
    "version", "libstdc++.so.6", provider="/opt/conda/lib/libstdc++.so.6", version="GLIBCXX_3.4.30"
)


class TestShell(FindingTests):
    CASES = (
        Case(
            "ld-trace-set",
            fires=facts(variables={"LD_TRACE_LOADED_OBJECTS": "1"}),
            silent=facts(variables={"LD_TRACE_LOADED_OBJECTS": ""}),
            says=("unset LD_TRACE_LOADED_OBJECTS",),
        ),
        Case(
            "ld-trace-set",
            note="help",
            fires=facts(variables={"LD_DEBUG": "libs,help"}),
            silent=facts(variables={"LD_DEBUG": "libs,helpful"}),
            says=("unset LD_DEBUG",),
        ),
        Case(
            "library-path-empty-element",
            fires=facts(
                library_path=(PathElement("", "empty"), PathElement("/opt/lib", "folder")),
                variables={"LD_LIBRARY_PATH": ":/opt/lib"},
            ),
            silent=facts(library_path=(PathElement("/opt/lib", "missing"),)),
            says=("/home/alice/work", "LD_LIBRARY_PATH=:/opt/lib", "export LD_LIBRARY_PATH=/opt/lib"),
        ),
        Case(
            "library-path-frozen",
            fires=facts(conda=(_BASE,), shell=(_FROZEN,)),
            silent=facts(conda=(CondaPrefix("/opt/conda", "mine", False),), shell=(_FROZEN,)),
            says=("/home/alice/.bashrc", "7", _LINE),
        ),
        Case(
            "library-path-other-prefix",
            fires=facts(library_path=(_OTHER,)),
            silent=facts(library_path=(PathElement(f"{PREFIX}/lib", "folder", PREFIX),)),
            says=("/opt/conda/lib", "/opt/conda", PREFIX, "unset LD_LIBRARY_PATH"),
        ),
        Case(
            "library-path-other-prefix",
            note="with-what-it-broke",
            fires=facts(library_path=(_OTHER,)),
            silent=facts(library_path=(_OTHER,), launch=a_launch({"tritonserver": (_BROKEN,)})),
        ),
        Case(
            "preload-missing",
            fires=facts(preload_missing=("/nowhere/libx.so",)),
            silent=facts(variables={"LD_PRELOAD": "/lib/libc.so.6"}),
            says=("/nowhere/libx.so", "unset LD_PRELOAD"),
        ),
    )
