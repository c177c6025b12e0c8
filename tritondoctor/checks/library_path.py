"""Libraries that the user's LD_LIBRARY_PATH and LD_PRELOAD bring into the launch, and how to remove or
precede them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from shlex import quote

from tritondoctor.checks.edits import CommentOut, CondaVariable, Link, Variable
from tritondoctor.checks.links import found_by, preloaded_by, setting_lines
from tritondoctor.checks.model import Remedy, cure, text
from tritondoctor.facts.conda.activation import STATE
from tritondoctor.facts.conda.model import ShellLine
from tritondoctor.facts.model import Facts

LIBS = "nvidia_pytriton.libs"


def brought(facts: Facts, path: str) -> str:
    """Return what brings a file into a process: LD_LIBRARY_PATH, LD_PRELOAD, the file /etc/ld.so.preload,
    or "".
    """
    folder = os.path.normpath(os.path.dirname(path))
    if found_by(facts, path) == "preload":
        return preloaded_by(facts, path)
    own = {os.path.normpath(os.path.join(facts.cwd, element.text)) for element in facts.library_path}
    return "LD_LIBRARY_PATH" if folder in own else ""


def before(facts: Facts, soname: str, target: str, path: str, rule: str) -> tuple[Link, bool]:
    """A link by which the server and the stub find `target` before what they find now (at `path`, by
    `rule`), and whether it is the place where they look first.

    The wheel's own folder comes last on LD_LIBRARY_PATH, yet before the cache and the defaults.  The
    copies' DT_RPATH ($ORIGIN/…/nvidia_pytriton.libs) leads from the workspace to PYTRITON_HOME, and
    comes before all of them; there every environment of the user sees it.
    """
    installed, launch = facts.pytriton, facts.launch
    assert installed is not None and launch is not None
    in_the_wheel = os.path.dirname(path) == installed.libs
    if rule in ("LD_LIBRARY_PATH", "rpath", "preload") and not in_the_wheel:
        return Link(os.path.join(launch.workspace.path, LIBS, soname), target, new_folder=True), True
    return Link(os.path.join(installed.libs, soname), target), False


def link_runtime(facts: Facts, path: str) -> tuple[Remedy, ...]:
    """Return a remedy that links another C++ run-time library in place of the one at `path`.

    None where that one is preloaded: it is there before anything is searched for.
    """
    if preloaded_by(facts, path):
        return ()
    soname = os.path.basename(path)
    other = next((runtime for runtime in facts.runtimes if runtime.soname == soname), None)
    if other is None or facts.pytriton is None or facts.launch is None:
        return ()
    rule = found_by(facts, path) or brought(facts, path)
    link, first = before(facts, soname, other.path, path, rule)
    title = text("Link a newer one ({whose}) next to PyTriton's libraries", whose=other.where)
    if first:
        title = text("Link a newer one ({whose}) where the server looks first", whose=other.where)
    return (cure("link-runtime-first" if first else "link-runtime", title, link),)


def drop_folder(facts: Facts, path: str) -> tuple[Remedy, ...]:
    """Return a remedy that removes a file's folder from LD_LIBRARY_PATH, or unsets LD_PRELOAD, here and
    in the startup file that sets it.
    """
    variable = brought(facts, path)
    if variable == "LD_PRELOAD":
        return (_unset_preload(facts, path),)
    if variable.startswith("/"):
        return (_edit_list(facts, path, variable),)
    if not variable:
        return ()
    folder = os.path.normpath(os.path.dirname(path))
    gone = [
        element for element in facts.library_path
        if os.path.normpath(os.path.join(facts.cwd, element.text)) == folder
    ]  # fmt: skip
    others = [element for element in facts.library_path if element not in gone]
    kept = ":".join(element.text for element in others if element.text)
    lines = dict.fromkeys(line for element in gone for line in setting_lines(facts, element))
    edits = [edit for line in lines for edit in _not_again(line)]
    title = text("Take {folder} off LD_LIBRARY_PATH (in this shell)", folder=folder)
    if edits:
        title = text("Take {folder} off LD_LIBRARY_PATH, here and in {file}", folder=folder,
                     file=next(iter(lines)).file)  # fmt: skip
    return (cure("shorten-library-path", title, Variable("LD_LIBRARY_PATH", kept or None), *edits),)


def _unset_preload(facts: Facts, path: str) -> Remedy:
    name = os.path.basename(path)
    lines = [line for line in facts.shell if line.variable == "LD_PRELOAD" and name in line.value]
    title = text("Unset LD_PRELOAD")
    if lines:
        title = text("Unset LD_PRELOAD, here and in {file}", file=lines[0].file)
    edits = (edit for line in lines for edit in _not_again(line))
    return cure("unset-preload", title, Variable("LD_PRELOAD", None), *edits)


def _not_again(line: ShellLine) -> Iterator[CommentOut | CondaVariable]:
    """What keeps the line from setting its variable in the next shell."""
    if line.file.endswith(f"/{STATE}"):
        yield CondaVariable(line.file[: -len(STATE) - 1], line.variable)
    elif not line.file.endswith(".json"):  # a package's variables: no line can be commented out
        yield CommentOut(line.file, line.line, line.text)


def _edit_list(facts: Facts, path: str, listing: str) -> Remedy:
    """The file holds for every program of the machine, so it is whoever administers it that edits it."""
    title = text("As root, take {path} out of {file} (every program loads what stands there)", path=path,
                 file=listing)  # fmt: skip
    name = os.path.basename(path)
    return Remedy(
        "edit-preload-file", title, (f"grep -n {quote(name)} {quote(listing)}", f"vi {listing}")
    )
