"""Commands and options; each calls the rooms and chooses an exit code.

Exit codes: 0 no error finding; 1 at least one (with --strict: or a warning); 2 wrong usage; 3 the
doctor itself failed.
"""

# No `from __future__ import annotations` here: on Python 3.9 typer would not see what Annotated holds.
import gc
import os
import sys
import time
from typing import TYPE_CHECKING, Annotated, NoReturn, Optional

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from tritondoctor.target import Target

app = typer.Typer(
    name="tritondoctor",
    help="The environment doctor for NVIDIA PyTriton: says whether it will start here, and if not, why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Python = Annotated[
    Optional[str], typer.Option("--python", metavar="PATH", help="The interpreter to examine.")
]
Prefix = Annotated[
    Optional[str], typer.Option("--prefix", metavar="DIR", help="The environment's folder.")
]
CondaEnv = Annotated[
    Optional[str], typer.Option("--conda-env", metavar="NAME", help="A conda environment's name.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


ShowPaths = Annotated[
    bool, typer.Option("--show-paths", help="Keep the home folder and the user's name in paths.")
]


@app.command()
def check(
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    json: Json = False,
    format: Annotated[
        Optional[list[str]],
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="console, json, markdown, junit, sarif, github, "
            "gitlab or html; may be given several times.",
        ),
    ] = None,
    output: Annotated[
        Optional[list[str]],
        typer.Option(
            "--output",
            metavar="FILE",
            help="Write the first --format to the first --output, "
            "and so on; a format without a file is printed.",
        ),
    ] = None,
    from_: Annotated[
        Optional[str],
        typer.Option("--from", metavar="SNAPSHOT", help="Examine a snapshot instead of this machine."),
    ] = None,
    show_paths: ShowPaths = False,
    gpu: Annotated[
        str,
        typer.Option(
            "--gpu",
            metavar="auto|required|off",
            help="What is expected of the GPU: whatever is there; one that works; nothing, do not look.",
        ),
    ] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
    fail_on: Annotated[
        str, typer.Option("--fail-on", metavar="error|warning", help="From which severity on it fails.")
    ] = "",
    select: Annotated[
        Optional[list[str]], typer.Option("--select", metavar="ID", help="Tell of these findings only.")
    ] = None,
    ignore: Annotated[
        Optional[list[str]], typer.Option("--ignore", metavar="ID", help="Let this finding not count.")
    ] = None,
) -> None:
    """Predict whether PyTriton will start and answer in an environment, and name the cause if not."""
    began = time.monotonic()
    if strict and fail_on == "error":
        _usage("--strict is --fail-on warning: leave one out.")
    if gpu not in ("", "auto", "required", "off"):
        _usage(f"--gpu {gpu}: it is auto, required or off.")
    from tritondoctor import preflight

    try:
        wanted = preflight.outputs(
            ["json"] if json else format or [], output or [], json and bool(format)
        )
        rules = preflight.rules(_cwd(), "warning" if strict else fail_on, select or (), ignore or ())
        if from_ is None:
            found = _target(python, prefix, conda_env)
            result = preflight.live(found, gpu or rules.require.gpu or "auto")
        elif python or prefix or conda_env:
            _usage("--from tells which environment it is: name no other.")
        else:
            result = preflight.of_snapshot(from_, gpu or rules.require.gpu)
        examined = result.prefix
        result = preflight.told(result, rules, paths=show_paths)
        result = preflight.timed(result, time.monotonic() - began)
        preflight.write(result, wanted, _console)
    except preflight.UsageError as mistake:
        _usage(str(mistake))
    if from_ is None:
        _tell_interrupted(examined)
    raise typer.Exit(result.exit_code)


@app.command()
def snapshot(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Where to write it; - prints it.")],
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    show_paths: ShowPaths = False,
) -> None:
    """Record all facts about an environment, without secrets, for `check --from` and `diff`."""
    from tritondoctor import facts, snapshot
    from tritondoctor.output import write

    found = _target(python, prefix, conda_env)
    taken = snapshot.take(found, facts.gather(found), paths=show_paths)
    text = snapshot.as_text(taken)
    if file == "-":
        _print(text)
        return
    try:
        write(file, text)
    except OSError as failure:
        _usage(f"{file}: {failure.strerror}.")
    from tritondoctor.reports.words import snapshot_lines

    for line in snapshot_lines(taken, file):
        _print(line)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="A", help="A snapshot.")],
    after: Annotated[str, typer.Argument(metavar="B", help="Another one.")],
    json: Json = False,
) -> None:
    """Say what differs between two snapshots, the relevant first. Exit code 1 where something does."""
    from tritondoctor import difference, snapshot
    from tritondoctor.reports import difference as told

    try:
        one, other = snapshot.read(before), snapshot.read(after)
        found = difference.between(
            one, snapshot.report(one, before), other, snapshot.report(other, after)
        )
    except snapshot.SnapshotError as failure:
        _usage(str(failure))
    if json:
        _print_json(told.as_json(found))
    else:
        _print(told.as_text(found, before, after, _console().width))
    raise typer.Exit(int(bool(found)))


@app.command()
def selftest(
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    device: Annotated[
        str, typer.Option("--device", metavar="auto|cpu|cuda", help="Where the model computes.")
    ] = "auto",
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="S", help="Seconds that each phase may take.")
    ] = 90.0,
    bench: Annotated[bool, typer.Option("--bench", help="Measure throughput and latency.")] = False,
    json: Json = False,
) -> None:
    """Start a real PyTriton, ask its Linear over HTTP and gRPC, and compare the numbers."""
    began = time.monotonic()
    gc.enable()  # __main__ took it off, for the short commands
    if device not in ("auto", "cpu", "cuda"):
        _usage(f"--device {device}: it is auto, cpu or cuda.")
    if not 0 < timeout < 86400:
        _usage(f"--timeout {timeout:g}: it is a number of seconds above 0.")
    from tritondoctor import facts

    found = _target(python, prefix, conda_env)
    observed = facts.gather(found)
    from tritondoctor import report
    from tritondoctor.reports import selftest as told
    from tritondoctor.selftest import runner

    console = _console(stderr=json)
    with told.Live(console) as live:
        result = runner.run(found, observed, device=device, timeout=timeout, bench=bench, progress=live)
    whole = told.with_selftest(report.report_of(found, observed), result)
    if json:
        _print_json(told.report_json(report.timed(whole, time.monotonic() - began), result))
    else:
        told.show(result, console)
    raise typer.Exit(result.exit_code())


@app.command()
def fix(
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    conda: Annotated[
        bool, typer.Option("--conda", help="By conda's means: its packages, its activation scripts.")
    ] = False,
    venv: Annotated[
        bool, typer.Option("--venv", help="Let the venv's activate scripts set what is needed.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    no_selftest: Annotated[
        bool, typer.Option("--no-selftest", help="Do not start PyTriton to prove it.")
    ] = False,
    partial: Annotated[
        bool, typer.Option("--partial", help="Apply what helps though something is left.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Repair what warnings name too.")] = False,
    allow_base: Annotated[
        bool, typer.Option("--allow-base", help="Change conda's base environment too.")
    ] = False,
    allow_system: Annotated[
        bool, typer.Option("--allow-system", help="Change folders of the system too.")
    ] = False,
    channel: Annotated[
        Optional[list[str]],
        typer.Option("--channel", metavar="URL", help="Take conda packages from there."),
    ] = None,
    html: Annotated[
        Optional[str],
        typer.Option("--html", metavar="FILE", help="With --dry-run: write the plan as a page."),
    ] = None,
    json: Json = False,
) -> None:
    """Repair an environment: a plan that was tried on a model, applied, proved, and easy to undo."""
    began = time.monotonic()
    gc.enable()
    from tritondoctor import report
    from tritondoctor.remedies import fix as fixing
    from tritondoctor.remedies.operations import RemedyError
    from tritondoctor.remedies.permits import Permits
    from tritondoctor.reports import fix as told

    if conda and venv:
        _usage("Give --conda or --venv, not both.")
    if html and not dry_run:
        _usage("--html shows a plan before it is made: it goes with --dry-run.")
    if not (yes or dry_run) and (json or not told.is_terminal()):
        _usage("Nobody can be asked here: add --yes to apply the plan, or --dry-run to see it.")
    found = _target(python, prefix, conda_env)
    options = fixing.Options(
        conda=conda, venv=venv, dry_run=dry_run, partial=partial, selftest=not no_selftest,
        strict=strict, channels=tuple(channel or fixing.CHANNELS),
        permits=Permits(base=allow_base, system=allow_system),
    )  # fmt: skip
    console = _console(stderr=json)
    try:
        result = fixing.run(found, options, told.ConsoleTalk(console, yes=yes, quiet=json))
    except RemedyError as failure:
        _failed(str(failure))
    if html:
        from tritondoctor import preflight

        try:
            preflight.write_plan(found, result, html)
        except preflight.UsageError as mistake:
            _usage(str(mistake))
    if json:
        end = report.timed(report.report_of(found, result.facts), time.monotonic() - began)
        _print_json(told.fix_json(result, end))
    else:
        told.show(result, console)
    raise typer.Exit(result.exit_code)


@app.command()
def undo(
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    list_: Annotated[bool, typer.Option("--list", help="Show the fixes on record.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Take the last fix back, byte for byte; what has changed since is left alone and told."""
    from tritondoctor.remedies import undo as undoing
    from tritondoctor.remedies.operations import RemedyError
    from tritondoctor.reports import fix as told

    named = python or prefix or conda_env
    chosen = _target(python, prefix, conda_env) if named else None
    known = undoing.on_record(os.environ, chosen)
    console = _console(stderr=json)
    if json and list_:
        _print_json({"fixes": [told.record_json(one.record) for one in known]})
        return
    for one in known if list_ else known[-1:]:
        _print("\n".join(told.record_lines(one.record, console.width))) if not json else None
    if not known:
        where = f" for {chosen.prefix or chosen.python}" if chosen else ""
        (_usage if json else _print)(f"There is no fix on record{where}.")
    if list_ or not known:
        return
    if not (yes or told.is_terminal()) or (json and not yes):
        _usage("Nobody can be asked here: add --yes to undo it.")
    talk = told.ConsoleTalk(console, yes=yes, quiet=json)
    if not talk.ask("Undo it?"):
        raise typer.Exit(1)
    try:
        left = undoing.undo(known[-1])
    except RemedyError as failure:
        _failed(str(failure))
    if json:
        _print_json({"undone": known[-1].record.id, "left": left})
    else:
        _print("\n".join(told.undone_lines(left, console.width)))
    raise typer.Exit(int(bool(left)))


@app.command()
def libs(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Programs or libraries.")],
    json: Json = False,
) -> None:
    """Show what the dynamic loader would load, by which rule, or where it looked in vain.

    The variables and the working directory of this process count. Exit code 1 where one would not load.
    """
    from tritondoctor import loader
    from tritondoctor.reports import linkmap

    cwd, view = _cwd(), loader.Files()
    for path in files:
        if not os.path.lexists(os.path.join(cwd, path)):
            _usage(f"{path}: no such file. Give the path of a program or library.")
    programs = [
        (os.path.join(cwd, path), loader.start(os.path.join(cwd, path), os.environ, cwd, view))
        for path in files
    ]
    if json:
        _print_json(linkmap.programs_json(programs))
    else:
        width = _console().width
        for _, process in programs:
            _print(linkmap.tree_text(process, width))
    raise typer.Exit(int(any(not process.loads for _, process in programs)))


@app.command()
def explain(
    what: Annotated[
        str, typer.Argument(metavar="ID|LOGFILE|-", help="A finding's id, or a log (-: standard input).")
    ],
    json: Json = False,
) -> None:
    """Tell what a finding means, or what a log says.

    For a log the exit code is 1 where a fault is recognised, 0 for a start that works, 3 where it
    cannot be told.
    """
    if what == "-" or (os.path.exists(what) and not _is_id(what)):
        _explain_log(what, json)
    from tritondoctor.checks import REGISTRY

    one = REGISTRY.get(what) if _is_id(what) else None
    if one is None:
        import difflib

        near = difflib.get_close_matches(what, REGISTRY, 3, 0.4)
        hint = f"Did you mean {' or '.join(near)}?" if near else "Ids stand below each finding."
        _usage(f"There is no finding and no log {what!r}. {hint} All ids: {', '.join(sorted(REGISTRY))}")
    if json:
        from tritondoctor.reports import page

        _print_json(page.as_json(one))
    else:
        from tritondoctor.reports import console

        console.explain(one, _console())


def _is_id(what: str) -> bool:
    from tritondoctor.checks import REGISTRY
    from tritondoctor.logs import only_here  # noqa: F401 (register theirs)
    from tritondoctor.selftest import findings  # noqa: F401 (registers its own)

    return what in REGISTRY


def _explain_log(path: str, json: bool) -> NoReturn:
    from tritondoctor.logs import read, verdict
    from tritondoctor.reports import explained

    try:
        with open(path, "rb") if path != "-" else open(0, "rb", closefd=False) as stream:
            result = verdict.explain(read.read(stream))
    except OSError as failure:
        _usage(f"{path}: {failure.strerror}.")
    source = "standard input" if path == "-" else path
    if json:
        _print_json(explained.as_json(source, result))
    else:
        explained.show(source, result, _console())
    raise typer.Exit(result.exit_code())


@app.command()
def clean(
    yes: Annotated[bool, typer.Option("--yes", help="Remove them without asking.")] = False,
    json: Json = False,
) -> None:
    """Show what dead PyTriton processes have left on this machine, and remove it.

    Nothing that a living process uses is touched. With --json nothing is removed unless --yes is given.
    """
    from tritondoctor import cleaning
    from tritondoctor.reports import cleaned

    found = cleaning.find(os.environ, _cwd())
    if not json:
        cleaned.show_found(found, _console())
    asked = found and not yes and not json
    if found and (yes or (asked and _agreed("Remove them?"))):
        result = cleaning.remove(found)
        if json:
            _print_json(cleaned.as_json(found, result))
        else:
            cleaned.show_result(result, _console())
        raise typer.Exit(int(any(one.problem for one in result)))
    if json:
        _print_json(cleaned.as_json(found, ()))
    elif found:
        _print("Nothing was removed.")


def _agreed(question: str) -> bool:
    if not sys.stdin or not sys.stdin.isatty():
        _print(f"{question} There is nobody to ask; --yes says yes.")
        return False
    sys.stdout.write(f"{question} [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _version(value: bool) -> None:
    if value:
        from tritondoctor import __version__

        _print(f"tritondoctor {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def _tell_interrupted(prefix: Optional[str]) -> None:
    """A fix that was killed in the middle is found by the next command, whichever it is."""
    from tritondoctor.remedies import journal

    for one in journal.journals(os.environ):
        if one.record.prefix == prefix and one.record.state != "applied":
            sys.stderr.write(
                f"tritondoctor: the fix of {one.record.started} was interrupted: `tritondoctor fix` "
                "finishes it, `tritondoctor undo` takes it back.\n"
            )


def _target(python: Optional[str], prefix: Optional[str], conda_env: Optional[str]) -> "Target":
    from tritondoctor import target

    try:
        return target.find_target(os.environ, _cwd(), python=python, prefix=prefix, conda_env=conda_env)
    except target.TargetError as failure:
        _usage(str(failure))


def _cwd() -> str:
    try:
        return os.getcwd()
    except OSError:
        _usage("The working directory does not exist any more. Change to another one.")


def _console(*, stderr: bool = False) -> "Console":
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, stderr=stderr)


def _print(text: str) -> None:
    sys.stdout.write(text.rstrip("\n") + "\n")


def _print_json(data: object) -> None:
    import msgspec

    try:
        text = msgspec.json.format(msgspec.json.encode(data), indent=1).decode()
        text.encode(sys.stdout.encoding)
    except UnicodeError:  # a path may hold bytes that are no text, or none that can be printed here
        from json import dumps

        text = dumps(data, indent=1)
    sys.stdout.write(text + "\n")


def _failed(message: str) -> NoReturn:
    sys.stderr.write(f"tritondoctor: {message}\n")
    raise typer.Exit(1)


def _usage(message: str) -> NoReturn:
    sys.stderr.write(f"tritondoctor: {message}\n")
    raise typer.Exit(2)


def main() -> NoReturn:
    """The program; a failure of its own is told in one line and with exit code 3."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name) or open(os.devnull, "w")  # noqa: SIM115 (closed by our caller)
        # paths may hold bytes that are no text of this locale
        stream.reconfigure(errors="backslashreplace")
        setattr(sys, name, stream)
    try:
        app(standalone_mode=True)
    except BrokenPipeError:
        # the reader went away: no message, and no second failure when Python closes the stream
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except SystemExit:
        _flush()
        raise
    except Exception as failure:
        if os.environ.get("TRITONDOCTOR_DEBUG"):
            raise
        sys.stderr.write(
            f"tritondoctor: it failed itself: {type(failure).__name__}: {failure}. Please report it "
            "with what TRITONDOCTOR_DEBUG=1 prints.\n"
        )
        sys.exit(3)
    sys.exit(0)


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
