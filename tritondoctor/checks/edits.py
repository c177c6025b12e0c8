"""The edits of a remedy, as data, and the commands that do the same by hand.

The room `remedies` simulates and applies them; here is only what they are.
"""

from __future__ import annotations

import os
import re
from shlex import quote
from typing import Optional, Union

import msgspec

from tritondoctor.facts.conda.activation import STATE

#: makes an environment of its own with PyTriton in it
OWN_ENVIRONMENT = "tritondoctor install minimal --venv --prefix env"


class Link(msgspec.Struct, frozen=True, tag=True):
    """A symbolic link at `path`; its folder is created if missing (`new_folder`: it may be missing)."""

    path: str
    target: str
    new_folder: bool = False

    def commands(self) -> tuple[str, ...]:
        folder = (f"mkdir -p {quote(os.path.dirname(self.path))}",) if self.new_folder else ()
        return (*folder, f"ln -sfn {quote(self.target)} {quote(self.path)}")


class Move(msgspec.Struct, frozen=True, tag=True):
    """A file or folder renamed within its folder."""

    path: str
    to: str

    def commands(self) -> tuple[str, ...]:
        return (f"mv {quote(self.path)} {quote(self.to)}",)


class Mode(msgspec.Struct, frozen=True, tag=True):
    """Permission bits."""

    path: str
    mode: int

    def commands(self) -> tuple[str, ...]:
        return (f"chmod {self.mode:o} {quote(self.path)}",)


class Pip(msgspec.Struct, frozen=True, tag=True):
    """Packages installed into the environment of `python`.

    `again`: the same packages once more, their dependencies untouched.  `isolated`: what lies on
    PYTHONPATH and in the user's site-packages does not count as installed.  `uv`: the environment has no
    pip of its own.  `managed`: its pip refuses (PEP 668), since the Python belongs to the system.
    """

    python: str
    requirements: tuple[str, ...]
    again: bool = False
    isolated: bool = False
    uv: bool = False
    managed: bool = False

    def commands(self) -> tuple[str, ...]:
        if self.managed:
            return (OWN_ENVIRONMENT,)
        wanted = " ".join(quote(requirement) for requirement in self.requirements)
        if self.uv:
            flags = " --reinstall --no-deps" if self.again else ""
            return (f"uv pip install --python {quote(self.python)}{flags} {wanted}",)
        how = " -I" if self.isolated else ""
        flags = " --force-reinstall --no-deps" if self.again else ""
        return (f"{quote(self.python)}{how} -m pip install{flags} {wanted}",)


class Conda(msgspec.Struct, frozen=True, tag=True):
    """Packages installed into a conda prefix; `again`: once more, as they are damaged.

    Without `channels` they come from conda-forge.  `program` is the front end as it is typed.
    """

    prefix: str
    specs: tuple[str, ...]
    again: bool = False
    channels: tuple[str, ...] = ()
    program: str = "conda"

    def commands(self) -> tuple[str, ...]:
        flags = " --force-reinstall" if self.again else ""
        wanted = " ".join(quote(spec) for spec in self.specs)
        project, inside, environment = self.prefix.partition("/.pixi/envs/")
        if inside:
            return (self._by_pixi(project, environment, wanted),)
        channels = " ".join(f"-c {quote(channel)}" for channel in self.channels or ("conda-forge",))
        return (f"{quote(self.program)} install -p {quote(self.prefix)} {channels}{flags} {wanted}",)

    def _by_pixi(self, project: str, environment: str, wanted: str) -> str:
        """pixi knows packages by the project's manifest, and restores them by name."""
        if not self.again:
            return f"pixi add --manifest-path {quote(project)} {wanted}"
        names = " ".join(re.split("[=<>]", spec)[0] for spec in self.specs)
        return f"pixi reinstall --manifest-path {quote(project)} -e {quote(environment)} {names}"


class Variable(msgspec.Struct, frozen=True, tag=True):
    """A variable of the shell that starts PyTriton, which no program can set for it; None unsets it.

    One that is not `lasting` answers a state of the moment: nothing keeps it for later shells.
    """

    name: str
    value: Optional[str]
    lasting: bool = True

    def commands(self) -> tuple[str, ...]:
        if self.value is None:
            return (f"unset {quote(self.name)}",)
        return (f"export {quote(self.name)}={quote(self.value)}",)


class CommentOut(msgspec.Struct, frozen=True, tag=True):
    """A line of a shell's startup file that is commented out.

    `:` stands before the comment, since the line may be all that an `if` holds.
    """

    file: str
    line: int
    text: str

    def commands(self) -> tuple[str, ...]:
        return (f"sed -i '{self.line}s/^/: # /' {quote(self.file)}",)


class CondaVariable(msgspec.Struct, frozen=True, tag=True):
    """A variable that `conda env config vars set` had set, which conda is not to set any more.

    conda's documentation, "Setting environment variables"; it stands in `conda-meta/state`.
    """

    prefix: str
    name: str

    @property
    def place(self) -> tuple[str, str]:
        """The file, and the variable that is set there."""
        return f"{self.prefix}/{STATE}", self.name

    def commands(self) -> tuple[str, ...]:
        return (f"conda env config vars unset -p {quote(self.prefix)} {quote(self.name)}",)


Edit = Union[Link, Move, Mode, Pip, Conda, Variable, CommentOut, CondaVariable]
