"""The shape of conda prefixes, of shells' start files, and of the path of libraries."""

from __future__ import annotations

from typing import Literal, Optional

from tritondoctor.facts.fact import Fact


class CondaPackage(Fact, frozen=True):
    """One record of `conda-meta`."""

    name: str
    version: str
    build: str
    channel: str


class CondaPrefix(Fact, frozen=True):
    """A conda prefix and those of its packages that matter to the loader.

    `libstdcxx_target` is where its libstdc++.so.6 leads, if out of the prefix.
    """

    prefix: str
    name: str
    is_base: bool
    packages: tuple[CondaPackage, ...] = ()
    libstdcxx_target: Optional[str] = None


class ShellLine(Fact, frozen=True):
    """A line that sets a variable of the launch: of a shell's start file, or (`activation`) of what conda
    runs or reads whenever the active environment is activated.
    """

    file: str
    line: int
    text: str
    variable: str
    value: str
    activation: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """The file and the variable that it sets there."""
        return self.file, self.variable


class PathElement(Fact, frozen=True):
    """One element of LD_LIBRARY_PATH: where it came from and what it is."""

    text: str
    state: Literal["folder", "missing", "empty", "relative", "not-a-folder"]
    conda_prefix: Optional[str] = None
