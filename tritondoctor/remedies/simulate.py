"""The findings on a simulated machine, on which operations were made."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Optional

import msgspec

from tritondoctor.checks import Finding
from tritondoctor.facts import Facts, ObservedTarget, observe_environment, observe_machine
from tritondoctor.facts.interpreter.replay import Interview, Remembered, held
from tritondoctor.loader import Files
from tritondoctor.remedies.operations import Operation, changes_of
from tritondoctor.target import Target

if TYPE_CHECKING:
    from tritondoctor.facts.imports.requirements import Environment
    from tritondoctor.facts.machine.machine import MachineFacts


class World(msgspec.Struct, frozen=True):
    """The machine with `operations` made, for a shell in which `variables` are changed."""

    operations: tuple[Operation, ...]
    variables: dict[str, Optional[str]]


class Simulation:
    """A target on a machine whose files hold still meanwhile."""

    def __init__(
        self,
        target: Target,
        interview: Interview,
        files: Optional[Files] = None,
        machine: Optional[MachineFacts] = None,
    ) -> None:
        self.target, self.interview = target, interview
        self.prefix = (interview.answer.prefix if interview.answer else target.prefix) or ""
        self._files = files or Files()
        self._machine = machine or observe_machine(target)
        self._known: Optional[Facts] = None
        self._environments: dict[tuple[Operation, ...], Environment] = {}

    @classmethod
    def of_observed(cls, observed: ObservedTarget) -> Simulation:
        """Worlds like one that was observed; nothing is looked at twice, and nobody asks the cards."""
        target, files = observed.target, observed.files
        interview = held(observed.question, target, files)
        return cls(target, interview, files, observed.machine.without_cards())

    def facts(self, world: World) -> Facts:
        """The facts of a world, from the same probes; those of the machine are observed once."""
        files = self._view(world)
        target = msgspec.structs.replace(
            self.target, variables=changed(self.target.variables, world.variables)
        )
        question = Remembered(self.interview, target, files)
        return observe_environment(files, target, self._machine, question)

    def environment(self, world: World) -> Environment:
        """The packages that are installed in a world, with what they require."""
        if self._known is None:
            self._known = self.facts(World((), {}))
        from tritondoctor.facts.imports.requirements import installed

        if world.operations not in self._environments:
            found = installed(self._view(world), self._known.interpreter)
            self._environments[world.operations] = found
        return self._environments[world.operations]

    def nearest_folder(self, path: str) -> str:
        """The folder at a path, or the nearest above it that exists."""
        while not self._files.is_dir(path) and path != "/":
            path = os.path.dirname(path)
        return path

    def may_write(self, folder: str) -> bool:
        """Whether this user may make files in a folder."""
        return self._files.access(folder, os.W_OK | os.X_OK)

    def _view(self, world: World) -> Files:
        return self._files.with_changes(changes_of(world.operations))


def changed(variables: Mapping[str, str], by: Mapping[str, Optional[str]]) -> dict[str, str]:
    """Variables after some were set (or, with None, taken away)."""
    after = {**variables, **by}
    return {name: value for name, value in after.items() if value is not None}


def serious(findings: Sequence[Finding], *, strict: bool) -> list[Finding]:
    """Those that a plan has to remove: errors, and with `strict` warnings too."""
    kinds = ("error", "warning") if strict else ("error",)
    return [finding for finding in findings if finding.severity in kinds]
