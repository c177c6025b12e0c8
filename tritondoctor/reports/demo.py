"""The recorded machines of `tritondoctor demo`."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.reports.layout import Line, padded, wrapped
from tritondoctor.support.messages import _, mark

#: name of a scene (data/scenes) -> what is wrong there
SCENES = {
    "libpython": mark("a Python whose shared library no search path leads to"),
    "wrong-libpython": mark("Debian's libpython in the place of pyenv's, of another release"),
    "old-libstdcxx": mark("an old libstdc++ on LD_LIBRARY_PATH"),
    "conda": mark("LD_LIBRARY_PATH frozen at conda's base, with an old libstdc++: two causes"),
    "home-with-a-space": mark("a home folder with a space in its name"),
    "gpu-driver": mark("an NVIDIA driver that was updated without a restart"),
}


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


def plan_lines(plan: str, program: str) -> Iterator[Line]:
    """The plan that was made there, word for word, and how to go on with one's own machine."""
    yield "", ""
    yield _("What `{command}` made of it there:", command="tritondoctor fix --dry-run"), "bold"
    yield "", ""
    for line in plan.rstrip().splitlines():
        yield line, "green" if line.startswith("        ") and "  " not in line.strip() else ""
    yield "", ""
    yield _("On your own machine: {command}", command=program), ""
