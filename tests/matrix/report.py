"""A run as people and machines read it: Markdown, JUnit, JSON, and the page docs/matrix.md."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import msgspec

from tests.matrix.model import Cell
from tests.matrix.result import Result
from tritondoctor.checks import CATALOGUE

_SUITE = "tritondoctor-matrix"
_ABOUT = """\
For each environment: what tritondoctor predicted, what PyTriton did, what was repaired, and what
PyTriton did then. Each cell of [docker/matrix.toml](../docker/matrix.toml) is built, `tritondoctor
check` predicts, the Linear example is really started, `tritondoctor fix --yes` repairs, and Linear is
started again: in one container, as a user without rights, with Docker's own defaults (64 MB of
`/dev/shm` among them) and without a network.

    make matrix                                   # all of it
    python -m tests.matrix --only 'libpython*'    # some; --jobs N, --output DIR, --resume DIR
    python -m tests.matrix --driver chroot        # without an engine: bubblewrap
    python -m tests.matrix generate               # docker-bake.json and compose.yaml

Bases of Debian are made of its packages where `mmdebstrap` is there; the others must be pulled, and
where no registry answers their cells are listed as not run. A cell passes where the prediction is what
PyTriton did, the causes and the plan are those declared, and the exit code of `fix` is 0 exactly where
PyTriton then serves. Where `fix` prints lines for the user's shell, it is started once more with them."""
_WORDS = {True: "serves", False: "fails", None: "–"}
_PREDICTED = {"ok": "serves", "warn": "serves", "fail": "fails", None: "–"}


class Run(NamedTuple):
    """A whole run: its driver, when it began (seconds since 1970), its length, cells and results, and
    how many of these an earlier run had left.
    """

    driver: str
    began: float
    seconds: float
    cells: tuple[Cell, ...]
    results: tuple[Result, ...]
    kept: int = 0

    @property
    def counts(self) -> Counter[str]:
        """How many cells came to what."""
        return Counter(result.status for result in self.results)

    @property
    def ran(self) -> tuple[Result, ...]:
        """The results of cells that were really run."""
        return tuple(result for result in self.results if result.status != "not run")


def write(run: Run, folder: Path) -> None:
    """matrix.md, junit.xml and matrix.json in the folder of a run."""
    (folder / "matrix.md").write_text(table(run))
    (folder / "junit.xml").write_text(junit(run))
    (folder / "matrix.json").write_bytes(msgspec.json.format(msgspec.json.encode(_json(run))))


def summary(run: Run) -> str:
    """The counts, in one line."""
    counts, ran = run.counts, run.ran
    said = f"{counts['passed']} of {len(ran)} cells are as predicted and as declared"
    said += f", {counts['failed']} are not" if counts["failed"] else ""
    said += f", {counts['broken']} could not be built or run" if counts["broken"] else ""
    said += f"; {counts['not run']} not run" if counts["not run"] else ""
    how = f"{run.kept} kept of an earlier run" if run.kept else f"{run.seconds / 60:.0f} min"
    return f"{said} ({run.driver}, {how})."


def table(run: Run) -> str:
    """A Markdown table of the cells that ran, and a list of those that did not."""
    lines = [summary(run), "", *_table(run)]
    left = [result for result in run.results if result.status == "not run"]
    if left:
        lines += ["", "Not run:", "", *(f"- {one.id}: {'; '.join(one.why)}" for one in left)]
    return "\n".join([*lines, ""])


def _table(run: Run) -> Iterator[str]:
    yield "| cell | base | Python | PyTriton | predicted | real | cause named | cure | real after | s |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | ---: |"
    for cell, result in zip(run.cells, run.results):
        if result.status == "not run":
            continue
        mark = "" if result.status == "passed" else f" **{result.status}: {'; '.join(result.why)}**"
        cells = [
            cell.declared.name + mark,
            cell.base_name,
            f"{cell.source} {cell.minor}",
            "–" if cell.release == "none" else cell.release,
            _PREDICTED[result.predicted],
            _WORDS[result.truth],
            ", ".join(result.ids) or "–",
            _cure(result),
            _after(result),
            f"{sum(v for k, v in result.seconds.items() if k != 'build'):.0f}",
        ]
        escaped = (cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
        yield f"| {' | '.join(escaped)} |"


def _cure(result: Result) -> str:
    if not result.plan or result.outcome == "no-plan":
        return "–" if result.fix_code is None else "none from here"
    return ", ".join(result.plan)


def _after(result: Result) -> str:
    if result.pasted:
        return "serves once pasted"
    return _WORDS[result.after]


def _json(run: Run) -> dict[str, object]:
    return {
        "schema": "tritondoctor.matrix/1",
        "driver": run.driver,
        "began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(run.began)),
        "seconds": round(run.seconds, 1),
        "counts": dict(run.counts),
        "cells": [
            {
                "id": cell.id,
                "status": result.status,
                "why": result.why,
                "base": cell.base_name,
                "python": f"{cell.source} {cell.minor}",
                "release": cell.release,
                "prediction": result.predicted,
                "truth": result.truth,
                "causes": result.ids,
                "cure": result.plan,
                "fix": {"outcome": result.outcome, "exit_code": result.fix_code, "shell": result.shell},
                "truth_after": result.after,
                "truth_pasted": result.pasted,
                "seconds": result.seconds,
            }
            for cell, result in zip(run.cells, run.results)
        ],
    }


def junit(run: Run) -> str:
    """One suite; a cell that was not run is skipped, never passed."""
    counts = run.counts
    suite = ElementTree.Element(
        "testsuite",
        name=_SUITE,
        tests=str(len(run.results)),
        failures=str(counts["failed"]),
        errors=str(counts["broken"]),
        skipped=str(counts["not run"]),
        time=f"{run.seconds:.3f}",
    )
    for cell, result in zip(run.cells, run.results):
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=f"{_SUITE}.{cell.base_name}",
            name=cell.id,
            time=f"{sum(result.seconds.values()):.3f}",
        )
        why = "; ".join(result.why)
        if result.status == "not run":
            ElementTree.SubElement(case, "skipped").text = why
        elif result.status != "passed":
            kind = "failure" if result.status == "failed" else "error"
            ElementTree.SubElement(case, kind, message=_clean(why)).text = _clean(
                "\n\n".join(f"--- {step}\n{text[-3000:]}" for step, text in result.logs.items())
            )
    whole = ElementTree.Element("testsuites", name=_SUITE)
    whole.append(suite)
    ElementTree.indent(whole)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(whole, encoding="unicode")


def _clean(text: str) -> str:
    return "".join(one for one in text if one in "\n\t" or one.isprintable())


def page(run: Run) -> str:
    """docs/matrix.md."""
    ran = run.ran
    broken = [one for one in ran if one.truth is False]
    cured = [one for one in broken if one.after]
    pasted = [one for one in broken if one.pasted]
    claimed = [one for one in broken if one.fix_code == 0]
    agree = [one for one in ran if one.predicted and (one.predicted != "fail") == one.truth]
    bases = {cell.base_name for cell, one in zip(run.cells, run.results) if one in ran}
    pythons = {cell.minor for cell, one in zip(run.cells, run.results) if one in ran}
    ids = {id for one in ran for id in one.ids}
    errors = {one.id for one in CATALOGUE.values() if one.severity == "error"}
    day = time.strftime("%Y-%m-%d", time.gmtime(run.began))
    lines = [
        "# The matrix",
        "",
        *_ABOUT.splitlines(),
        "",
        f"## The last full run: {day}",
        "",
        summary(run),
        "",
        "| what | count |",
        "| --- | ---: |",
        f"| cells that ran | {len(ran)} |",
        f"| minutes that these cells took, added up |"
        f" {sum(sum(one.seconds.values()) for one in ran) / 60:.0f} |",
        f"| bases, Pythons | {len(bases)}, {len(pythons)} |",
        f"| findings of severity error that were shown | {len(ids & errors)} of {len(errors)} |",
        f"| verdict of `check` equals the start | {len(agree)} of {len(ran)} |",
        f"| broken cells | {len(broken)} |",
        f"| … of which `fix` said that they serve now, and they did |"
        f" {sum(bool(one.after) for one in claimed)} of {len(claimed)} |",
        f"| … of which Linear served with the line that `fix` printed for the shell |"
        f" {sum(bool(one.pasted) for one in broken)} of"
        f" {sum(one.outcome == 'incomplete' and bool(one.shell) for one in broken)} |",
        f"| … that nothing inside the container repairs | {len(broken) - len(cured) - len(pasted)} |",
        "",
        *_table(run),
        "",
        "Seconds are those of check, starts and repair together, on a busy machine with two cores.",
        "",
        "## Not run",
        "",
    ]
    left = [result for result in run.results if result.status == "not run"]
    lines += [f"- {one.id}: {'; '.join(one.why)}" for one in left] or ["Nothing."]
    return "\n".join([*lines, ""])
