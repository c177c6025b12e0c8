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


@app.command()
def check(
    python: Python = None,
    prefix: Prefix = None,
    conda_env: CondaEnv = None,
    json: Json = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
) -> None:
    """Predict whether PyTriton will start and answer in an environment, and name the cause if not."""
    began = time.monotonic()
    from tritondoctor import facts

    found = _target(python, prefix, conda_env)
    observed = facts.gather(found)
    from tritondoctor import report

    result = report.report_of(found, observed)
    result = report.timed(result, time.monotonic() - began)
    if json:
        _print_json(report.as_json(result))
    else:
        from tritondoctor.reports import console

        console.show(result, _console())
    _tell_interrupted(result.prefix)
    raise typer.Exit(result.exit_code(strict=strict))


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
    id: Annotated[str, typer.Argument(metavar="ID", help="A finding's id.")],
    json: Json = False,
) -> None:
    """Tell what a finding means, how it was verified, and how to cure it by hand."""
    from tritondoctor.checks import REGISTRY
    from tritondoctor.selftest import findings  # noqa: F401 (registers its own)

    one = REGISTRY.get(id)
    if one is None:
        import difflib

        near = difflib.get_close_matches(id, REGISTRY, 3, 0.4)
        hint = f"Did you mean {' or '.join(near)}?" if near else "Ids stand below each finding."
        _usage(f"There is no finding {id!r}. {hint} All ids: {', '.join(sorted(REGISTRY))}")
    if json:
        _print_json(
            {
                "id": one.id, "severity": one.severity, "means": one.means,
                "verified": one.verified, "by_hand": one.by_hand,
            }
        )  # fmt: skip
    else:
        from tritondoctor.reports import console

        console.explain(one, _console())


@app.command()
def install(
    recipe: Annotated[
        str, typer.Argument(metavar="RECIPE", help="A recipe's or family's name, or a folder.")
    ],
    prefix: Annotated[
        Optional[str], typer.Option("--prefix", metavar="DIR", help="Where it goes; else ./RECIPE-env.")
    ] = None,
    name: Annotated[
        Optional[str], typer.Option("--name", metavar="N", help="As a named conda environment.")
    ] = None,
    venv: Annotated[bool, typer.Option("--venv", help="A venv of a Python that is here.")] = False,
    channel: Annotated[
        Optional[list[str]],
        typer.Option("--channel", metavar="URL", help="Solve for these channels, not from the lock."),
    ] = None,
    offline: Annotated[
        Optional[str], typer.Option("--offline", metavar="DIR", help="From what `download` put there.")
    ] = None,
) -> None:
    """Make a new environment from a recipe, from nothing to a Linear that was seen to serve."""
    gc.enable()
    from tritondoctor.installing import InstallError
    from tritondoctor.installing import install as installing
    from tritondoctor.reports import install as told

    if prefix and name:
        _usage("Give --prefix or --name, not both.")
    if venv and (name or channel):
        _usage("--name and --channel are for conda environments, not for --venv.")
    if offline and channel:
        _usage("Give --offline or --channel, not both.")
    cwd, console = _cwd(), _console()
    folder = os.path.join(cwd, os.path.expanduser(offline)) if offline else None
    wish = installing.Wish(
        recipe, prefix, name, "venv" if venv else "conda" if name or channel else None,
        tuple(channel or ()), folder,
    )  # fmt: skip
    try:
        with told.ConsoleTalk(console) as talk:
            result = installing.run(wish, os.environ, cwd, talk)
    except installing.UnfitError as failure:
        _print("\n".join(line for line, _ in told.unfit_lines(failure, min(console.width, 100))))
        raise typer.Exit(1) from failure
    except InstallError as failure:
        _failed(str(failure))
    except KeyboardInterrupt:
        sys.stderr.write("\ntritondoctor: interrupted; the same command goes on from here.\n")
        raise typer.Exit(130) from None
    told.show(result, console)
    raise typer.Exit(result.exit_code)


@app.command()
def advise(json: Json = False) -> None:
    """Say which PyTriton release, Python and recipe fit this machine, and why not the others."""
    from tritondoctor.installing import advise as advising
    from tritondoctor.installing import machine, recipe

    here = machine.look(os.environ, _cwd())
    advice = advising.advise(recipe.every(), here)
    if json:
        _print_json(advising.as_json(advice, here))
    else:
        from tritondoctor.reports import advise as told

        told.show(advice, here, _console())
    raise typer.Exit(int(not advice.commands))


@app.command()
def download(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe's name, or a folder.")],
    folder: Annotated[str, typer.Argument(metavar="DIR", help="The folder to fill.")],
    venv: Annotated[bool, typer.Option("--venv", help="The wheels only.")] = False,
) -> None:
    """Fill a folder with everything of a recipe, for `install --offline` where there is no network."""
    gc.enable()
    from tritondoctor.installing import InstallError
    from tritondoctor.installing import download as downloading
    from tritondoctor.installing import recipe as recipes
    from tritondoctor.reports import install as told

    path = os.path.join(_cwd(), os.path.expanduser(folder))
    try:
        found = recipes.named(recipe)
        if len(found) > 1:
            _usage(f"{recipe} is a family; name one of it: {', '.join(one.name for one in found)}")
        with told.ConsoleTalk(_console()) as talk:
            downloading.run(found[0], path, os.environ, talk, conda=not venv)
    except InstallError as failure:
        _failed(str(failure))
    except KeyboardInterrupt:
        sys.stderr.write("\ntritondoctor: interrupted; the same command goes on from here.\n")
        raise typer.Exit(130) from None
    how = " --venv" if venv else ""
    _print(f"There: tritondoctor install {recipe}{how} --offline {folder}")


@app.command()
def init(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="Where the two files go.")] = ".",
) -> None:
    """Write the Linear server and client of the quick start, with comments, to start from."""
    from tritondoctor.installing import InstallError, starter

    try:
        written = starter.write(folder)
    except InstallError as failure:
        _failed(str(failure))
    _print("\n".join(f"wrote {path}" for path in written))


@app.command()
def lock(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A recipe's name, or a folder.")],
    channel: Annotated[
        Optional[list[str]],
        typer.Option("--channel", metavar="URL", help="Instead of those in environment.yml."),
    ] = None,
) -> None:
    """Make a recipe's locks anew, and show what changed.

    A recipe that came with the doctor is copied into a folder of its name here first.
    """
    gc.enable()
    from tritondoctor.installing import InstallError, relock
    from tritondoctor.installing import recipe as recipes
    from tritondoctor.reports import install as told

    try:
        found = recipes.named(recipe)
        if len(found) > 1:
            _usage(f"{recipe} is a family; name one of it: {', '.join(one.name for one in found)}")
        one = found[0]
        if os.sep not in recipe:
            one = recipes.copied(one, os.path.join(_cwd(), one.name))
        with told.ConsoleTalk(_console()) as talk:
            result = relock.relock(one, os.environ, channel or (), talk.say)
    except InstallError as failure:
        _failed(str(failure))
    except OSError as failure:
        _failed(f"{failure.filename}: {failure.strerror}")
    there = os.path.join(".", os.path.relpath(one.folder))
    _print("\n".join([*relock.lines(one, result), f"There: tritondoctor install {there}"]))


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
