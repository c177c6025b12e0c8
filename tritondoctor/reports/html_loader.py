"""The loader on a page: where it looked, and the broken paths of its link maps; whole maps on demand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tritondoctor.facts.interpreter.model import Program
from tritondoctor.facts.model import Facts
from tritondoctor.reports.brokenpath import broken_path
from tritondoctor.reports.contests import RESULTS, Contest, contests
from tritondoctor.reports.html_parts import Row, folded, section, stacked, text
from tritondoctor.reports.linkpicture import picture
from tritondoctor.support.messages import _, mark, plural, shown

_MAIN = ("tritonserver", "python backend", "stub")
_LEGEND = (
    ("path", mark("LD_LIBRARY_PATH")),
    ("own", mark("rpath or runpath")),
    ("preload", mark("LD_PRELOAD")),
    ("", mark("cache and default folders")),
    ("broken", mark("broken")),
)


def search(facts: Facts) -> Iterator[str]:
    """Where the loader looked for each library in question."""
    searches = list(contests(facts))
    if searches or facts.library_path:
        yield section(_("Where the loader looks"))
    if facts.library_path:
        yield from folded(_("LD_LIBRARY_PATH, in this order"), _library_path(facts))
    for contest in searches:
        words = _("{library}, needed by {program}", library=contest.name, program=contest.role)
        yield from folded(words, _contest(contest))


def _library_path(facts: Facts) -> Iterator[str]:
    rows = (
        Row((
            (str(number), ""), (element.text or _("(empty: the working directory)"), "path"),
            (element.state, ""), (element.conda_prefix or "", "path"),
        ))
        for number, element in enumerate(facts.library_path, 1)
    )  # fmt: skip
    yield from stacked("", ("#", _("element"), _("is"), _("conda prefix")), rows)


def _contest(contest: Contest) -> Iterator[str]:
    rows = (
        Row(
            ((_(RESULTS[place.result]), "why"), (place.path, "path"), (shown(place.rule), ""),
             (shown(place.why), "")),
            ("won" if place.result == "none" else place.result)
            + (" bad" if place.result in ("won", "none") and not contest.good else ""),
        )
        for place in contest.places
    )  # fmt: skip
    yield from stacked("", ("", _("location"), _("rule"), _("result")), rows)


def maps(facts: Facts) -> Iterator[str]:
    """The broken part of each link map; whole maps are folded."""
    launched = facts.launch.programs if facts.launch else ()
    programs = [program for program in launched if program.objects or program.problems]
    programs.sort(key=lambda program: (not program.problems, program.role not in _MAIN))
    if not programs:
        return
    yield section(_("What each program loads"))
    for program in programs:
        if program.problems:
            yield f'<section class="card error"><h3><b>{text(_("✗ does not load"))}</b> '
            yield f'{text(program.role)} <code class="soft">{text(program.path)}</code></h3>'
            yield f'<div class="picture">{broken_path(program)}</div></section>'
    yield from pictures(programs, "zoom")


def pictures(programs: Sequence[Program], name: str) -> Iterator[str]:
    """The whole link map of each program, folded, not for paper; `name` sets its size switches apart."""
    items = "".join(f'<li><i class="{kind}"></i>{text(_(words))}</li>' for kind, words in _LEGEND)
    for number, program in enumerate(programs):
        count = plural("{count} object", "{count} objects", len(program.objects))
        yield f'<details class="map"><summary><b>{text(program.role)}</b>: {text(count)}</summary>'
        yield f'<ul class="legend">{items}</ul><div class="zoom">{text(_("Size:"))}'
        yield from _sizes(f"{name}{number}")
        yield f'</div><div class="picture">{picture(program)}</div></details>'


def _sizes(name: str) -> Iterator[str]:
    for kind, checked, words in (
        ("half", "", "50 %"),
        ("whole", " checked", "100 %"),
        ("double", "", "200 %"),
    ):
        yield f'<label><input type="radio" name="{name}" class="{kind}"{checked}>{words}</label>'
