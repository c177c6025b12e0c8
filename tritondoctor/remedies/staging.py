"""A temporary folder in which everything that a remedy brings is made ready before it is needed."""

from __future__ import annotations

import io
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Optional

from tritondoctor.checks.edits import CommentOut, Conda, CondaVariable, Edit, Mode, Pip, Variable
from tritondoctor.remedies import conda, pip
from tritondoctor.remedies.activation_settings import ActivationSettings
from tritondoctor.remedies.command import ProgramWatch
from tritondoctor.remedies.front_end import StagedPackages
from tritondoctor.remedies.operations import Operation, PutFile, RemedyError, UnbuiltError
from tritondoctor.remedies.packages import PackageChange, owner_of
from tritondoctor.support.reading import Limit, read_bytes
from tritondoctor.support.staging import StagingFolder
from tritondoctor.target import Target
from tritondoctor.target.conda_environments import prefix_of


class Staging:
    """Turn edits into operations; what pip or conda brings is fetched once."""

    def __init__(
        self,
        target: Target,
        channels: Sequence[str],
        say: Callable[[str], None],
        prefix: str = "",
        *,
        may_build: bool = False,
    ) -> None:
        self.may_build = may_build
        self.target, self.channels, self.say = target, channels, say
        self.prefix = prefix or target.prefix or os.path.dirname(os.path.dirname(target.python))
        self._staging: Optional[StagingFolder] = None
        self._made: dict[Edit, tuple[Operation, ...] | RemedyError] = {}
        self._staged: dict[Edit, StagedPackages] = {}
        self._count = 0
        #: seconds that were spent on making edits ready, most of them on the network
        self.waited = 0.0

    def __enter__(self) -> Staging:
        return self

    def __exit__(self, *_: object) -> None:
        if self._staging is not None:
            self._staging.remove()

    def folder(self) -> str:
        """A new empty folder.  Raises RemedyError where none can be made on this machine."""
        if self._staging is None:
            try:
                self._staging = StagingFolder()
            except OSError as failure:
                raise RemedyError(f"cannot create a temporary folder ({failure.strerror})") from failure
        self._count += 1
        path = os.path.join(self._staging.folder, str(self._count))
        try:
            os.mkdir(path)
        except OSError as failure:
            raise RemedyError(f"cannot create {path} ({failure.strerror})") from failure
        return path

    def scripts(self, settings: ActivationSettings) -> tuple[Operation, ...]:
        """The activation scripts.  Raises RemedyError where they cannot be written on this machine."""
        folder = self.folder()
        try:
            return settings.operations(folder)
        except OSError as failure:
            raise RemedyError(f"cannot write in {folder} ({failure.strerror})") from failure

    def operations(self, edit: Edit) -> tuple[Operation, ...]:
        """What the edit does to files.  Raises RemedyError where it cannot be had here."""
        if edit not in self._made:
            began = time.monotonic()
            try:
                self._made[edit] = self._make(edit)
            except RemedyError as failure:
                self._made[edit] = failure
            except OSError as failure:
                self._made[edit] = RemedyError(f"{failure.filename}: {failure.strerror}")
            self.waited += time.monotonic() - began
        made = self._made[edit]
        if isinstance(made, RemedyError):
            raise made
        return made

    @property
    def waits_for_a_build(self) -> bool:
        """Whether an edit was not made because a source archive would have to be built."""
        return any(isinstance(made, UnbuiltError) for made in self._made.values())

    def allow_building(self) -> None:
        """Build source archives from now on, also those that were refused."""
        self.may_build = True
        self._made = {
            edit: made for edit, made in self._made.items() if not isinstance(made, UnbuiltError)
        }

    def packages(self, edits: Iterable[Edit]) -> tuple[PackageChange, ...]:
        """The conda packages that edits change, once their operations were asked for."""
        return tuple(
            change for edit in edits if edit in self._staged for change in self._staged[edit].packages
        )

    def commands(self, edits: Iterable[Edit]) -> tuple[str, ...]:
        """The commands that do the same by hand: for conda's packages the one that will run, if any."""
        return tuple(command for edit in edits for command in self._commands(edit) if command)

    def _commands(self, edit: Edit) -> tuple[str, ...]:
        staged = self._staged.get(edit)
        return edit.commands() if staged is None else (staged.command,)

    def _make(self, edit: Edit) -> tuple[Operation, ...]:
        if isinstance(edit, Variable):
            return ()
        if isinstance(edit, Pip):
            self.say(f"fetching {', '.join(edit.requirements)} to simulate the change")
            watch = ProgramWatch(say=self.say)
            return pip.stage(
                edit, self.prefix, self.target.variables, self.folder(), watch, may_build=self.may_build
            )
        if isinstance(edit, Conda):
            self.say(f"fetching {', '.join(edit.specs)} to simulate the change")
            watch = ProgramWatch(say=self.say)
            staged = conda.stage(edit, self.target.variables, self.channels, self.folder(), watch)
            self._staged[edit] = staged
            return staged.operations
        if isinstance(edit, CommentOut):
            return (self._commented(edit),)
        if isinstance(edit, CondaVariable):
            return (self._without_variable(edit),)
        if isinstance(edit, Mode):  # chmod(2) follows links: what it changes is what is recorded
            return (Mode(os.path.realpath(edit.path), edit.mode),)
        return (edit,)

    def _without_variable(self, edit: CondaVariable) -> Operation:
        """conda's state without the variable, as conda itself writes it."""
        path = edit.place[0]
        try:
            state = json.loads(read_bytes(path, Limit.SETTINGS))
            named = state["env_vars"].items()
        except (ValueError, KeyError, TypeError, AttributeError) as failure:
            raise RemedyError(f"{path} has changed since it was examined") from failure
        state["env_vars"] = {name: value for name, value in named if name.upper() != edit.name}
        made = os.path.join(self.folder(), os.path.basename(path))
        with open(made, "w", encoding="utf-8") as file:
            json.dump(state, file, ensure_ascii=False)
        shutil.copymode(path, made)
        return PutFile(path, made)

    def _commented(self, edit: CommentOut) -> Operation:
        path = os.path.realpath(edit.file)  # a link into a folder of dotfiles stays one
        prefix = prefix_of(edit.file)
        owner = owner_of(prefix, edit.file) if prefix else ""
        if owner:
            raise RemedyError(f"{edit.file} belongs to the conda package {owner}, which would restore it")
        text = read_bytes(path, Limit.SETTINGS).decode("utf-8", "surrogateescape")
        lines = io.StringIO(text, newline="").readlines()
        if len(lines) < edit.line or not lines[edit.line - 1].lstrip().startswith(edit.text):
            raise RemedyError(f"{edit.file} has changed since it was examined")
        line = lines[edit.line - 1]
        start = line[: len(line) - len(line.lstrip())]
        lines[edit.line - 1] = (
            f"{start}# {time.strftime('%Y-%m-%d')} tritondoctor: the libraries that it brings come "
            f"first, and PyTriton needs others\n{start}: # {line.lstrip()}"
        )
        made = os.path.join(self.folder(), os.path.basename(path))
        with open(made, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.writelines(lines)
        shutil.copymode(path, made)
        return PutFile(path, made)
