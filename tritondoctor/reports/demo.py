"""The recorded machines of `tritondoctor demo`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tritondoctor.reports.layout import Line, padded, wrapped
from tritondoctor.support.messages import _, mark, shown

#: name of a scene (data/scenes) -> what is wrong there
SCENES = {
    "libpython": mark("a Python whose shared library no search path leads to"),
    "wrong-libpython": mark("Debian's libpython in the place of pyenv's, of another release"),
    "old-libstdcxx": mark("an old libstdc++ on LD_LIBRARY_PATH"),
    "conda": mark("LD_LIBRARY_PATH frozen at conda's base, with an old libstdc++: two causes"),
    "home-with-a-space": mark("a home folder with a space in its name"),
    "gpu-driver": mark("an NVIDIA driver that was updated without a restart"),
}
#: the parts of a recorded plan: numbered steps and findings, what stands below them
_TITLE = re.compile(r" \d+\. |- ")
_AFTER_TITLE = ("fixes ", "By hand: ")
_RECORDED = re.compile(
    r"( *)(\d+\. |- |)(?:(before|after) {2,3})?(.*?)(?: \((safe|needs care|[a-z]+(?:-[a-z0-9]+)+)\))?"
)
_BY_HAND = "By hand: "
_COMMANDS = 4


def _joined(lines: Sequence[str]) -> Iterator[str]:
    """The lines of a recorded plan without the breaks in its titles."""
    title = ""
    for line in lines:
        if title and line.startswith("  ") and not line.lstrip().startswith(_AFTER_TITLE):
            title += f" {line.strip()}"
            continue
        if title:
            yield title
        title = line if _TITLE.match(line) else ""
        if not title:
            yield line
    if title:
        yield title


def _recorded(line: str, width: int) -> Iterator[Line]:
    """A line in the user's language; a command stays whole."""
    indent, sign, when, words, risk = _RECORDED.fullmatch(line).groups("")  # type: ignore[union-attr]
    words = _translated(when, words, risk)
    if not line:
        yield "", ""
    elif len(indent) < _COMMANDS:
        yield from wrapped(f"{indent}{sign}{words}", f"{indent}{' ' * len(sign)}", width, hang=True)
    else:
        yield f"{indent}{words}", "green" if len(indent) > _COMMANDS and not when else ""


def _translated(when: str, words: str, risk: str) -> str:
    if risk:
        return _("{title} ({risk})", title=words, risk=_(risk))
    if when == "before":
        return _("before  {path}", path=words)
    path, bracket, rule = words.rpartition(" (")
    if when and bracket:
        return _("after   {path} ({rule})", path=path, rule=rule[:-1])
    if words.startswith(_BY_HAND):
        return _("By hand: {remedy}", remedy=shown(words[len(_BY_HAND) :]))
    whole = shown(words)
    name, colon, found = words.partition(": ")
    return _("{name}: {reason}", name=name, reason=found) if whole == words and colon and found else whole


def listed_lines(program: str, width: int) -> Iterator[Line]:
    """The scenes, and what to type to see one."""
    yield from wrapped(_("Recorded machines on which PyTriton does not start:"), "", width, "bold")
    column = max(map(len, SCENES))
    for name, what in SCENES.items():
        head = f"  {padded(name, column)}  "
        yield from wrapped(f"{head}{_(what)}", " " * len(head), width, hang=True)
    yield "", ""
    yield _("To see one: {command}", command=f"{program} demo conda"), ""
    yield _("As a page: {command}", command=f"{program} demo conda --html page.html"), ""


def plan_lines(plan: str, program: str, width: int) -> Iterator[Line]:
    """The plan that was made there, and how to go on with one's own machine."""
    yield "", ""
    yield _("What `{command}` made of it there:", command="tritondoctor fix --dry-run"), "bold"
    yield "", ""
    for line in _joined(plan.rstrip().splitlines()):
        yield from _recorded(line, width)
    yield "", ""
    yield _("On your own machine: {command}", command=program), ""
