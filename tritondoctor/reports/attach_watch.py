"""`attach --watch`: figures of each model that change, as sparklines, until Ctrl-C."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from typing import Optional, Union

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tritondoctor.reports.attach import COLUMNS, cells_of
from tritondoctor.running.figures import ModelFigures, of_model
from tritondoctor.running.model import Look, Recording, RunningServer
from tritondoctor.running.observe import boot_seconds, configuration, look
from tritondoctor.running.stall import SURE_S, Stall, stalls
from tritondoctor.support.messages import _

_EVERY_S = 2.0
#: the processes are looked at each so many times: it takes longer than the metrics
_PROCESSES_EVERY = 4
_HISTORY, _SPARKS = 60, "▁▂▃▄▅▆▇█"


def watch(server: RunningServer, console: Console) -> None:
    """Show it until it is interrupted; where there is no terminal, a line a look and model."""
    began = boot_seconds()
    looks = deque([look(server, began, quick=True)], maxlen=_HISTORY)
    running: list[Stall] = []
    settings = configuration(server, looks[-1]).settings
    history: dict[str, deque[ModelFigures]] = {}
    with Live(console=console, auto_refresh=False, transient=False) as live:
        number = 0
        while True:
            time.sleep(_EVERY_S)
            number += 1
            with_processes = number % _PROCESSES_EVERY == 0
            looks.append(look(server, began, quick=True, with_processes=with_processes))
            _add(history, Recording(server, (looks[-2], looks[-1]), settings))
            if with_processes or server.server_pid is None:
                running = stalls(list(looks))
            if console.is_terminal:
                live.update(picture(server, history, looks[-1], running), refresh=True)
            else:
                _print(history, console)


def _add(history: dict[str, deque[ModelFigures]], recording: Recording) -> None:
    before, now = (known.metrics for known in recording.looks)
    for model in now.models if now else ():
        known = before.model(model.name, model.version) if before else None
        figures = of_model(recording, model, known, recording.seconds)
        history.setdefault(model.name, deque(maxlen=_HISTORY)).append(figures)


def _print(history: dict[str, deque[ModelFigures]], console: Console) -> None:
    for name, figures in history.items():
        cells = (f"{_(column)} {cell}" for column, cell in zip(COLUMNS, cells_of(figures[-1])))
        console.print(Text(f"{name}: {', '.join(cells)}"), soft_wrap=True)


def picture(
    server: RunningServer, history: dict[str, deque[ModelFigures]], last: Look, running: Sequence[Stall]
) -> Group:
    """The screen: a table a model, with the last minute of each figure, and calls that run long."""
    parts: list[Union[Table, Text]] = [Text(_title(server), style="bold")]
    for name, figures in history.items():
        parts += [Text(), _table(name, list(figures))]
    if last.problem:
        parts += [Text(), Text(last.problem, style="bold red")]
    for stall in running:
        if stall.seconds >= SURE_S:
            seconds = f"{stall.seconds:.0f}"
            line = _("a call of {model} has run for {seconds} s", model=stall.model, seconds=seconds)
            parts += [Text(), Text(line, style="bold yellow")]
    return Group(*parts)


def _title(server: RunningServer) -> str:
    pid = server.pid or server.server_pid
    place = (server.http or server.metrics or "").partition("//")[2]
    where = _("process {pid}", pid=pid) if pid else place
    return _("PyTriton server, {where} (Ctrl-C ends the view, not the server)", where=where)


def _table(name: str, figures: Sequence[ModelFigures]) -> Table:
    table = Table(title=name, title_justify="left", box=None, show_header=False, pad_edge=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True, min_width=8)
    table.add_column(no_wrap=True, overflow="crop")
    rows = zip(COLUMNS, cells_of(figures[-1]), _series(figures))
    for column, cell, values in rows:
        table.add_row(Text(_(column), style="dim"), cell, Text(sparkline(values), style="cyan"))
    return table


def _series(figures: Sequence[ModelFigures]) -> list[list[Optional[float]]]:
    """The history of each of `COLUMNS`."""
    return [
        [model.requests / model.seconds if model.seconds else None for model in figures],
        [model.rows_per_call for model in figures],
        [model.queue_ms for model in figures],
        [model.compute_ms for model in figures],
        [model.pending for model in figures],
        [model.failures for model in figures],
    ]


def sparkline(values: Sequence[Optional[float]]) -> str:
    """Each value as a bar, from nothing to the largest; a blank where there is none."""
    most = max((value for value in values if value is not None), default=0) or 1
    highest = len(_SPARKS) - 1
    return "".join(" " if value is None else _SPARKS[round(value / most * highest)] for value in values)
