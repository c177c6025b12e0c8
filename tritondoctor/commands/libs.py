"""`tritondoctor libs`."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from tritondoctor.commands.common import (
    CondaEnv,
    Json,
    Prefix,
    Python,
    complain,
    conclude,
    console_of,
    print_json,
    say,
    target_of,
    working_directory,
)
from tritondoctor.support import detail
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _
from tritondoctor.support.variables import of_user
from tritondoctor.target import Named, TargetError

if TYPE_CHECKING:
    from tritondoctor.facts.model import Facts
    from tritondoctor.loader.linkmap import LoadedProcess
    from tritondoctor.loader.second_reader import ObjectVersions

#: the width of a file or a pipe: every path is whole there
_UNCUT = 1 << 16


def libs(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Programs or libraries.")],
    versions: Annotated[
        bool,
        typer.Option(
            "--versions",
            help="Show the versions that a file defines and needs, and whom of PyTriton they suffice.",
        ),
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Let pyelftools read the same objects, and compare.")
    ] = False,
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    json: Json = False,
) -> None:
    """Show which libraries the dynamic loader would load and by which rule, and which are not found.

    It uses the variables and the working directory of this shell. Exit code 1 where one does not load.
    """
    if versions and verify:
        raise UsageError(_("Give --versions or --verify, not both."))
    cwd = working_directory()
    for file in files:
        if not os.path.lexists(os.path.join(cwd, file)):
            raise UsageError(_("{file}: no such file. Give the path of a program or library.", file=file))
    paths = [os.path.join(cwd, file) for file in files]
    if versions:
        _show_versions(paths, Named(None, python, prefix, conda_env), json)
    elif verify:
        _verify(_programs(paths), json)
    else:
        _show(_programs(paths), json)


def _programs(paths: "list[str]") -> "list[tuple[str, LoadedProcess]]":
    from tritondoctor import loader

    view, variables, cwd = loader.Files(), of_user(), working_directory()
    return [(path, loader.start(path, variables, cwd, view)) for path in paths]


def _show(programs: "list[tuple[str, LoadedProcess]]", json: bool) -> None:
    from tritondoctor.reports import linkmap

    if json:
        print_json(linkmap.programs_json(programs))
    else:
        console = console_of()
        width = console.width if console.is_terminal else _UNCUT
        text = "\n".join(linkmap.tree_text(process, width).rstrip("\n") for _path, process in programs)
        say(text, parts=linkmap.texts(programs))
        conclude((linkmap.head(process), "") for _path, process in programs)
    raise typer.Exit(int(any(not process.loads for _path, process in programs)))


def _show_versions(paths: "list[str]", named: Named, json: bool) -> None:
    from tritondoctor.examination.suitable import suitability
    from tritondoctor.reports import versions
    from tritondoctor.reports.layout import print_lines, width_of

    facts = _facts(named)
    console, every = console_of(), detail.full()
    shown, content = [], True
    for path in paths:
        read = _second_reading(path)
        programs = suitability(facts, read.soname, read.defines, _needs) if facts and read.soname else []
        content = content and not any(program.missing for program in programs)
        if json:
            shown.append(versions.as_json(path, read, programs))
        else:
            environment = facts.interpreter.prefix if facts else ""
            lines = versions.lines(path, read, programs, environment, width_of(console), every=every)
            print_lines(console, lines)
            conclude([(versions.in_one_line(path, read), "")])
    if json:
        print_json({"objects": shown})
    raise typer.Exit(int(not content))


def _second_reading(path: str) -> "ObjectVersions":
    """What pyelftools reads in a file.  Raises UsageError for what is none of ELF."""
    from tritondoctor.loader import second_reader

    try:
        return second_reader.read(path)
    except OSError as failure:
        raise UsageError(f"{path}: {failure.strerror}.") from None
    except second_reader.NotReadable as failure:
        message = _("{path}: no ELF file that can be read: {reason}.", path=path, reason=failure)
        raise UsageError(message) from None


def _facts(named: Named) -> "Optional[Facts]":
    """The environment whose programs are asked; none where none is named and none is found."""
    from tritondoctor import facts

    try:
        target = target_of(named)
    except TargetError:
        if named != Named():
            raise
        return None
    observed = facts.gather(target, wanted_gpu="off")
    if observed.launch is None and named != Named():
        complain(_("PyTriton is not installed in {prefix}.", prefix=target.prefix or target.python))
    return observed


def _needs(path: str) -> "list[tuple[str, str]]":
    """What an object needs: (library's name, version); nothing of one that cannot be read."""
    from tritondoctor.loader import BadElf, Files
    from tritondoctor.loader.elf import read_elf
    from tritondoctor.loader.header import Skipped

    try:
        return [(need.file, need.version) for need in read_elf(Files(), path).verneed if not need.weak]
    except (OSError, BadElf, Skipped):
        return []


def _verify(programs: "list[tuple[str, LoadedProcess]]", json: bool) -> None:
    from tritondoctor.reports import versions

    for path, process in programs:
        if process.elf is None:
            _second_reading(path)
    paths = dict.fromkeys(
        loaded.path for path, process in programs for loaded in process.objects if loaded.path
    )
    differing = [(path, *difference) for path in paths for difference in _differences(path)]
    if json:
        names = ("path", "field", "tritondoctor", "pyelftools")
        print_json({"objects": list(paths), "differing": [dict(zip(names, row)) for row in differing]})
    else:
        lines = list(versions.verified_lines(len(paths), differing))
        say("\n".join(lines))
        conclude([(lines[-1], "")])
    raise typer.Exit(int(bool(differing)))


def _differences(path: str) -> "Iterator[tuple[str, str, str]]":
    from tritondoctor.loader import Files, second_reader
    from tritondoctor.loader.elf import read_elf

    try:
        second = second_reader.read(path)
    except (OSError, second_reader.NotReadable) as failure:
        yield _("cannot be read"), "", str(failure)
        return
    yield from second_reader.disagreements(second, read_elf(Files(), path))
