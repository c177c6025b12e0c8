"""`python -m tests.matrix`: runs the matrix, or with `generate` writes what is made of it."""

from __future__ import annotations

import fnmatch
import math
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal, Optional

import typer

from tests import engine
from tests.matrix import generate as generating
from tests.matrix import report, run
from tests.matrix.chroot_driver import ChrootDriver
from tests.matrix.docker_driver import DockerDriver
from tests.matrix.driver import Driver
from tests.matrix.model import Wrong, load
from tests.matrix.progress import Progress
from tests.truth.stock import Absent

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    driver: Annotated[
        Literal["docker", "chroot"], typer.Option(help="an engine, or bubblewrap where there is none")
    ] = "docker",
    only: Annotated[
        Optional[list[str]],
        typer.Option(metavar="PATTERN", help="cells whose name fits (shell pattern; may be repeated)"),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="cells at a time")] = os.cpu_count() or 1,
    minutes: Annotated[float, typer.Option(help="begin no more cells after so long")] = math.inf,
    resume: Annotated[
        Optional[Path], typer.Option(metavar="DIR", help="the output of an earlier run")
    ] = None,
    output: Annotated[
        Optional[Path], typer.Option(metavar="DIR", help="where results and logs go")
    ] = None,
    page: Annotated[
        Optional[Path], typer.Option(metavar="FILE", help="also writes docs/matrix.md here")
    ] = None,
) -> None:
    """Builds each cell, asks the doctor, starts PyTriton, repairs, and starts it again."""
    if context.invoked_subcommand:
        return
    try:
        _, cells = load()
    except Wrong as wrong:
        _stop(str(wrong))
    patterns = only or ["*"]
    for pattern in patterns:
        if not any(_fits(cell.id, pattern) for cell in cells):
            _stop(f"no cell's name fits {pattern!r}; `python -m tests.matrix cells` lists them")
    wanted = [cell for cell in cells if any(_fits(cell.id, pattern) for pattern in patterns)]
    if resume is not None and not (resume / "results").is_dir():
        _stop(f"{resume} is not the output of an earlier run: it has no folder results")
    folder = resume or output or Path(tempfile.mkdtemp(prefix="matrix-"))
    began = time.time()
    try:
        with _driver(driver) as working, Progress(len(wanted)) as progress:
            results = run.run(
                wanted, working, folder, jobs, minutes, done=progress.done, began=progress.began
            )
    except Absent as absent:
        _stop(f"{absent}. `--driver {'chroot' if driver == 'docker' else 'docker'}` is the other way")
    except KeyboardInterrupt:
        _stop(f"interrupted; go on with --resume {folder}", 130)
    summary = report.Run(driver, began, time.time() - began, tuple(wanted), tuple(results),
                         progress.kept)  # fmt: skip
    report.write(summary, folder)
    if page is not None:
        page.write_text(report.page(summary))
    print(report.summary(summary))
    print(f"Results, logs and reports: {folder}")
    raise typer.Exit(int(any(result.status in ("failed", "broken") for result in results)))


@app.command()
def cells() -> None:
    """Lists the cells."""
    try:
        for one in load()[1]:
            print(one.id)
    except Wrong as wrong:
        _stop(str(wrong))


@app.command()
def generate() -> None:
    """Writes docker-bake.json and compose.yaml of the matrix."""
    try:
        for path in generating.write():
            print(os.path.relpath(path))
    except Wrong as wrong:
        _stop(str(wrong))


@contextmanager
def _driver(name: str) -> Iterator[Driver]:
    with tempfile.TemporaryDirectory(prefix="matrix-") as place:
        folder = Path(place)
        folder.chmod(0o755)
        if name == "chroot":
            yield ChrootDriver(folder)
            return
        with engine.engine() as client:
            yield DockerDriver(client, folder)


def _fits(name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(name, pattern) or pattern in name


def _stop(message: str, code: int = 2) -> None:
    print(f"matrix: {message}", file=sys.stderr)
    raise typer.Exit(code)


app()
