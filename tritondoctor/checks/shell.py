"""Loader variables as shells set them, including settings that cause trouble later or elsewhere."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from tritondoctor.checks.edits import CommentOut, Variable
from tritondoctor.checks.library_path import drop_folder
from tritondoctor.checks.links import sightings
from tritondoctor.checks.model import CheckResult, Remedy, check, cure, text
from tritondoctor.facts.model import Facts


@check(
    "library-path-empty-element",
    "warning",
    title="LD_LIBRARY_PATH has an empty element, so the working directory is searched",
    explanation="Every program loads libraries from the folder it is started in, before the system's "
    "own. Here that is {cwd}.",
    means="An export such as LD_LIBRARY_PATH=$LD_LIBRARY_PATH:/some/lib leaves a leading colon if the "
    "variable was unset; PyTriton's own installation page shows this line.",
    verified="An old libstdc++ in the working directory and a leading colon: `GLIBCXX_3.4.30' not "
    "found. Without such a file PyTriton serves.",
    by_hand="Write ${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}/some/lib instead.",
    reads=("cwd", "library_path", "variables"),
)
def library_path_empty_element(facts: Facts) -> Iterator[CheckResult]:
    if not any(element.state == "empty" for element in facts.library_path):
        return
    value = facts.variables.get("LD_LIBRARY_PATH", "")
    kept = ":".join(element.text for element in facts.library_path if element.text)
    yield CheckResult(
        {"cwd": facts.cwd},
        (text("LD_LIBRARY_PATH={value}", value=value),),
        (cure("drop-empty-element", text("Set LD_LIBRARY_PATH without the empty element"),
              Variable("LD_LIBRARY_PATH", kept or None)),),
    )  # fmt: skip


@check(
    "library-path-frozen",
    "warning",
    title="{file} sets LD_LIBRARY_PATH to conda's base for good",
    explanation="The line runs when the shell starts, while CONDA_PREFIX is base. After `conda "
    "activate` the path still points to base, which has another Python and libstdc++.",
    means="export LD_LIBRARY_PATH=…$CONDA_PREFIX/lib in a shell startup file is expanded once, before "
    "any environment is activated.",
    verified="Quoted from users' notes (keli-wen/AGI-Study, PyTriton), and read from real startup "
    "files in the tests.",
    by_hand="Remove the line. Set the variable in $CONDA_PREFIX/etc/conda/activate.d instead, or link "
    "libpython and do not set the variable.",
    reads=("conda", "shell"),
)
def library_path_frozen(facts: Facts) -> Iterator[CheckResult]:
    base = {prefix.prefix for prefix in facts.conda if prefix.is_base}
    for line in facts.shell:
        if line.activation or line.variable != "LD_LIBRARY_PATH":
            continue
        names_base = any(f"{prefix}/lib" in line.value for prefix in base)
        if not ("CONDA_PREFIX" in line.value or names_base):
            continue
        edit = CommentOut(line.file, line.line, line.text)
        yield CheckResult(
            {"file": line.file},
            (text("line {line}: {code}", line=line.line, code=line.text),),
            (cure("comment-out", text("Comment the line out"), edit),),
        )


@check(
    "library-path-other-prefix",
    "warning",
    title="LD_LIBRARY_PATH points to another conda environment",
    explanation="{folder} belongs to {other}, but the target is {prefix}: the other environment's "
    "libraries are found first.",
    means="The variable was set for another environment, often base, and was never unset.",
    verified="A start with another prefix's lib folder first: PyTriton serves as long as the libraries "
    "there are new enough, and otherwise fails with libstdcxx-too-old.",
    by_hand="Take the folder off LD_LIBRARY_PATH.",
    reads=(
        "cwd",
        "interpreter.base_prefix",
        "interpreter.prefix",
        "interpreter.program.problems",
        "interpreter.starts",
        "launch.imports",
        "launch.programs",
        "library_path",
        "shell",
    ),
)
def library_path_other_prefix(facts: Facts) -> Iterator[CheckResult]:
    interpreter = facts.interpreter
    if not interpreter.starts:
        return
    for element in facts.library_path:
        own = (interpreter.prefix, interpreter.base_prefix)
        if element.conda_prefix is None or element.state != "folder" or element.conda_prefix in own:
            continue
        if any(seen.problem.provider.startswith(element.text) for seen in sightings(facts)):
            continue  # reported with what it broke
        fields = {"folder": element.text, "other": element.conda_prefix, "prefix": interpreter.prefix}
        yield CheckResult(fields, (), drop_folder(facts, os.path.join(element.text, "any")))


@check(
    "preload-missing",
    "warning",
    title="LD_PRELOAD names {file}, which does not exist",
    explanation="The loader prints an error at every start of every program, and continues.",
    means="LD_PRELOAD was left in the environment after its library was removed.",
    verified="LD_PRELOAD=/nonexistent/libx.so: PyTriton serves, and every process prints the error.",
    by_hand="Unset LD_PRELOAD.",
    reads=("preload_missing",),
)
def preload_missing(facts: Facts) -> Iterator[CheckResult]:
    for path in facts.preload_missing:
        remedy = cure(
            "unset-preload", text("Unset {names}", names="LD_PRELOAD"), Variable("LD_PRELOAD", None)
        )
        yield CheckResult({"file": path}, (), (remedy,))


@check(
    "ld-trace-set",
    "error",
    title="{variable} is set: programs print what the loader knows instead of starting",
    explanation="With this variable the loader prints what it would load, or its help, and exits; not "
    "even Python starts.",
    means="ldd sets LD_TRACE_LOADED_OBJECTS for the program it inspects; it was left in the environment. "
    "LD_DEBUG=help was meant for one command.",
    verified="LD_TRACE_LOADED_OBJECTS=1: python prints its libraries and exits. LD_DEBUG=help: it prints "
    "the loader's help. LD_DEBUG with all, libs, statistics or unused: PyTriton serves.",
    by_hand="unset LD_TRACE_LOADED_OBJECTS LD_DEBUG",
    reads=("variables",),
)
def ld_trace_set(facts: Facts) -> Iterator[CheckResult]:
    helps = "help" in re.split("[ ,:]", facts.variables.get("LD_DEBUG", ""))
    listing = "LD_TRACE_LOADED_OBJECTS" if facts.variables.get("LD_TRACE_LOADED_OBJECTS") else ""
    variable = listing or ("LD_DEBUG" if helps else "")  # elf/rtld.c, process_dl_debug
    if variable:
        remedy = Remedy("unset-variable", text("Unset {names}", names=variable), (f"unset {variable}",))
        yield CheckResult({"variable": variable}, (), (remedy,))


RULES = (
    ld_trace_set,
    library_path_empty_element,
    library_path_frozen,
    library_path_other_prefix,
    preload_missing,
)
