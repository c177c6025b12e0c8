"""`tritondoctor report`: the files of one redacted bundle, and the text of an issue to paste."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Optional

from tritondoctor import __version__
from tritondoctor.examination.report import Report, as_json
from tritondoctor.privacy.keys import without_keys
from tritondoctor.privacy.printable import printable
from tritondoctor.privacy.scrub import scrub
from tritondoctor.reports import console, html, markdown
from tritondoctor.reports.words import footer
from tritondoctor.support.messages import _

#: of a log that is handed on: its last lines
MOST_LOG = 2_000_000


def files(
    report: Report,
    snapshot: str,
    *,
    hide: Callable[[str], str],
    log: Optional[str] = None,
    selftest: Optional[Mapping[str, Any]] = None,
) -> dict[str, str]:
    """Name -> content; all but `log` has been masked before, and that is here, by `hide` too."""
    found = {
        "check.txt": console.render(report) + "\n",
        "check.json": json.dumps(as_json(report), indent=1) + "\n",
        "check.html": html.render(report),
        "here.snapshot": snapshot,
    }
    if selftest is not None:
        found["selftest.json"] = json.dumps(selftest, indent=1) + "\n"
    if log is not None:
        found["log.txt"] = redacted(log, hide)
    found["issue.md"] = issue(report, sorted(found), log_tail=_tail(found.get("log.txt", "")))
    return found


def redacted(log: str, hide: Callable[[str], str]) -> str:
    """A log's last part, each line without secrets, control characters and what `hide` hides."""
    lines = without_keys(log[-MOST_LOG:].splitlines())
    return "\n".join(printable(hide(scrub(line))) for line in lines) + "\n"


def _tail(log: str) -> Sequence[str]:
    return log.splitlines()[-20:]


def issue(report: Report, names: Sequence[str], *, log_tail: Sequence[str] = ()) -> str:
    """The text of an issue, in Markdown, ready to paste."""
    return "\n".join(_issue(report, names, log_tail)) + "\n"


def _issue(report: Report, names: Sequence[str], log_tail: Sequence[str]) -> Iterator[str]:
    yield f"### {_('What I did, and what happened')}"
    yield ""
    yield f"<!-- {_('two sentences of yours')} -->"
    yield ""
    yield markdown.render(report)
    if log_tail:
        longest = max((len(line) - len(line.lstrip("`")) for line in log_tail), default=0)
        fence = "`" * max(3, longest + 1)
        yield ""
        yield f"### {_('The end of the log')}"
        yield ""
        yield from (fence, *log_tail, fence)
    yield ""
    attached = ", ".join(names)
    yield _("Attached: tritondoctor {version}'s bundle ({names}).", version=__version__, names=attached)


def written_lines(path: str, report: Report, names: Sequence[str]) -> Iterator[str]:
    """What was written, what is not in it, and what to do with it."""
    yield _("wrote {path}: {names}", path=path, names=", ".join(names))
    yield from footer(report)
    yield _("Look at it before you hand it on. The text of an issue, to paste:")
    yield ""
