"""The machine's own loader, asked; and the same question put to the model."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from tritondoctor.loader import Files, LoadedProcess, read_elf, start

DEFAULT_LOADER = "/lib64/ld-linux-x86-64.so.2"
LISTED = re.compile(r"\t(.*?)(?: => (.*))? \(0x[0-9a-f]+\)$")
MISSING = re.compile(r"\t(.*) => not found$")
CLEAN = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"}
TOLD = {
    "version",
    "inconsistent",
    "no-version-information",
    "weak-version",
    "preload-ignored",
}


@dataclass(frozen=True)
class Answer:
    """What was loaded (name, path), in order; what is missing; what was said on standard error."""

    objects: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]
    said: tuple[str, ...]


def run(
    command: list[str], environment: Mapping[str, str], cwd: str, user: Optional[str] = None
) -> subprocess.CompletedProcess[str]:
    if user:
        command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]
    return subprocess.run(
        command,
        env={**CLEAN, **environment},
        cwd=cwd,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        timeout=60,
        check=False,
    )


def traced(path: str, environment: Mapping[str, str], cwd: str, files: Files) -> Answer:
    """The loader's own listing in trace mode, which goes on where something is missing."""
    loader = read_elf(files, path).interp or DEFAULT_LOADER
    done = run([loader, path], {**environment, "LD_TRACE_LOADED_OBJECTS": "1"}, cwd)
    objects, missing = [], []
    for line in done.stdout.splitlines():
        absent, listed = MISSING.match(line), LISTED.match(line)
        if absent:
            missing.append(absent.group(1))
        elif listed and not listed.group(1).startswith("linux-vdso"):
            objects.append((listed.group(1), listed.group(2) or listed.group(1)))
    return Answer(tuple(objects), tuple(missing), tuple(done.stderr.splitlines()))


def modelled(path: str, environment: Mapping[str, str], cwd: str, files: Files) -> Answer:
    """The model's answer in the same terms."""
    process = start(path, {**CLEAN, **environment}, cwd, files)
    ended = [problem for problem in process.problems if problem.kind == "bad-file"]
    if ended:
        said = [warning.message for warning in process.warnings if warning.kind == "preload-ignored"]
        return Answer((), (), (*said, ended[0].message))
    # For an object that needs nothing the loader prints "statically linked", preloads or not.
    listed = process.objects if process.elf and process.elf.needed else ()
    return Answer(
        tuple((one.name, one.path) for one in listed),
        tuple(problem.name for problem in process.problems if problem.kind == "not-found"),
        tuple(
            warning.message
            for warning in sorted(
                process.warnings + process.problems, key=lambda one: one.kind != "preload-ignored"
            )
            if warning.kind in TOLD
        ),
    )


def started(
    program: Path,
    environment: Mapping[str, str],
    cwd: str,
    *arguments: str,
    user: Optional[str] = None,
) -> tuple[int, list[str], str]:
    """(exit status, what the program reports line by line, standard error) of a real start."""
    done = run([str(program), *arguments], environment, cwd, user)
    return done.returncode, done.stdout.splitlines(), done.stderr


def debugged(program: Path, environment: Mapping[str, str], cwd: str) -> dict[str, list[str]]:
    """For each name searched at start, the files tried (LD_DEBUG=libs), in their order.

    Files in directories that do not exist are left out: the loader tries only the first of them.
    """
    done = run([str(program)], {**environment, "LD_DEBUG": "libs"}, cwd)
    found: dict[str, list[str]] = {}
    name = ""
    for line in done.stderr.splitlines():
        search = re.search(r"find library=(\S+) \[0\]; searching", line)
        attempt = re.search(r"  trying file=(.*)$", line)
        if search:
            name = search.group(1)
            found.setdefault(name, [])
        elif attempt and os.path.isdir(os.path.join(cwd, os.path.dirname(attempt.group(1)))):
            found[name].append(attempt.group(1))
    return found


def tried_by_model(process: LoadedProcess, cwd: str) -> dict[str, list[str]]:
    """The same from the model."""
    found: dict[str, list[str]] = {}
    for warning in process.warnings:
        if warning.kind == "preload-ignored" and "/" not in warning.name:
            found.setdefault(warning.name, []).extend(each.path for each in warning.tried)
    for one in process.objects:
        if process.loads and "/" not in one.name and one.found_by != "loaded":
            found.setdefault(one.name, []).extend([each.path for each in one.tried] + [one.path])
    for problem in process.problems[:1]:
        if problem.kind in ("not-found", "bad-file") and "/" not in problem.name:
            found[problem.name] = [each.path for each in problem.tried]
    cache = process.system.cache_path if process.system else ""
    return {
        name: [
            path
            for path in paths
            if path != cache and os.path.isdir(os.path.join(cwd, os.path.dirname(path)))
        ]
        for name, paths in found.items()
    }


def same_tries(program: Path, environment: Mapping[str, str], cwd: str) -> LoadedProcess:
    """Assert that start and model agree, and have tried the same files in the same order."""
    process = same_start(program, environment, cwd)
    real, model = debugged(program, environment, cwd), tried_by_model(process, cwd)
    if any(one.elf.auxiliary for one in process.objects):
        return process  # a search whose failure has no consequence leaves no record
    for name in real.keys() & model.keys():
        last = real[name] if process.loads else real[name][-len(model[name]) :]
        assert model[name] == last, name
    assert not process.loads or model.keys() <= real.keys()
    return process


def same_start(
    program: Path,
    environment: Mapping[str, str],
    cwd: str,
    *opens: str,
    user: Optional[str] = None,
) -> LoadedProcess:
    """Assert that a real start of a `layout` program and the model agree, dlopens included.

    Each of `opens` is a name, or "CALLER!NAME" for a dlopen by that library's code.
    """
    files = Files()
    status, told, error = started(program, environment, cwd, *opens, user=user)
    process = start(str(program), {**CLEAN, **environment}, cwd, files)
    first = process
    expected: list[str] = []
    if process.loads:
        for request in opens:
            caller_name, _, name = request.rpartition("!")
            caller = next((one for one in process.objects if one.name == caller_name), None)
            opened = process.dlopen(name, caller)
            expected.append("opened" if opened.loads else opened.problems[0].message)
            process = process.with_dlopen(name, caller)
        expected += [one.path for one in process.objects]
        assert (status, told) == (0, expected), error
    else:
        assert status != 0, f"the model refuses: {[problem.message for problem in process.problems]}"
        kinds = {problem.kind for problem in process.problems}
        if kinds & {"not-found", "bad-file"}:
            assert error.splitlines()[-1] == process.problems[0].message
        elif kinds <= {"version"}:
            said = [line for line in error.splitlines() if "not found (required" in line]
            assert said == [problem.message for problem in process.problems]
    return first
