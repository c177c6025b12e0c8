"""What a cell came to, and whether that is what the doctor said and the declaration expects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, Optional

import msgspec

from tests.matrix.model import Cell

#: what was seen, by step
Steps = dict[str, Any]
Status = Literal["passed", "failed", "broken", "not run"]


class Result(msgspec.Struct, kw_only=True):
    """A finished cell.

    `why` says what was wrong, or why it was not run.  `truth` and `after` say whether Linear answered
    before and after the fix, `pasted` whether it did with the lines that the fix printed for the shell;
    None where it was not started; a fix that changed nothing leaves `after` as it was.  `seconds` are
    by step.
    """

    id: str
    status: Status
    why: list[str] = []
    predicted: Optional[str] = None
    ids: list[str] = []
    causes: list[str] = []
    truth: Optional[bool] = None
    outcome: str = ""
    plan: list[str] = []
    shell: list[str] = []
    fix_code: Optional[int] = None
    fix_id: str = ""
    after: Optional[bool] = None
    pasted: Optional[bool] = None
    seconds: dict[str, float] = {}
    logs: dict[str, str] = {}


def judge(cell: Cell, steps: Steps) -> Result:
    """Compares prediction, truth and expectation."""
    found = Result(id=cell.id, status="passed")
    check, truth, fix, after, pasted = (
        steps.get(name) for name in ("check", "truth", "fix", "after", "pasted")
    )
    for name, step in steps.items():
        found.seconds[name] = round(float(step["seconds"]), 1)
        text = step.get("log") or step.get("said")
        if text:
            found.logs[name] = text
    report = check and check["report"]
    if report:
        found.predicted = report["verdict"]
        errors = [one for one in report["findings"] if one["severity"] == "error"]
        found.ids = sorted({error["id"] for error in errors})
        found.causes = [error["title"] for error in errors]
    found.truth = truth["served"] if truth else None
    if fix:
        told = (fix["report"] or {}).get("fix", {})
        found.outcome, found.fix_code = told.get("outcome", ""), fix["code"]
        found.fix_id = told.get("id") or ""
        found.plan = [one["remedy"] for one in told.get("steps", ())]
        found.shell = told.get("shell", [])
    found.after = after["served"] if after else found.truth if fix and not found.fix_id else None
    found.pasted = pasted["served"] if pasted else None
    found.why = list(_wrong(cell, found, bool(report)))
    if found.why:
        found.status = "failed"
    return found


def _wrong(cell: Cell, found: Result, report: bool) -> Iterator[str]:
    expect = cell.declared.expect
    if not report:
        yield "the doctor gave no report"
        return
    predicted = found.predicted != "fail"
    if predicted != found.truth:
        yield f"the doctor said that it {_word(predicted)}, and it {_word(found.truth)}"
    if found.truth != cell.serves:
        yield f"declared wrong: it {_word(found.truth)}"
    if found.ids != sorted(expect.ids):
        yield f"causes {_list(found.ids)} instead of {_list(sorted(expect.ids))}"
    if found.truth or cell.declared.outside:
        return
    if found.after is None:
        yield "nothing came of the fix"
    elif (found.fix_code == 0) != found.after:
        yield f"fix ended with {found.fix_code}, and afterwards it {_word(found.after)}"
    elif found.after != (expect.after == "serves"):
        yield f"after the fix it {_word(found.after)}"
    if found.outcome == "incomplete" and found.pasted is False:
        yield "fix promised that it serves with the lines that it printed, and it does not"
    elif bool(found.pasted) != (expect.after == "pasted"):
        yield f"with the lines that fix printed it {_word(found.pasted)}"
    if found.plan != list(expect.plan):
        yield f"plan {_list(found.plan)} instead of {_list(expect.plan)}"


def _word(served: Optional[bool]) -> str:
    return "was not started" if served is None else "serves" if served else "fails"


def _list(names: Any) -> str:
    return ", ".join(names) or "none"
