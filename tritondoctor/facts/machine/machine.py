"""What is true of a machine whatever files and variables are simulated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Optional, TypeVar

from tritondoctor.facts.gpu import devices
from tritondoctor.facts.gpu.model import Wanted
from tritondoctor.facts.launch.model import Holder, PortObstacle
from tritondoctor.facts.machine import confinement, host, refusals, surroundings, volumes
from tritondoctor.facts.machine.kernel_model import KernelPolicy
from tritondoctor.facts.machine.model import Leftover, Surroundings
from tritondoctor.loader import Files
from tritondoctor.target import Target

_Value = TypeVar("_Value")


class MachineFacts:
    """The machine that the doctor runs on.

    Each thing is looked at once, when it is first needed, and remembered for all simulated worlds:
    ports are bound and processes looked through once.
    """

    def __init__(
        self, target: Target, wanted_gpu: Wanted = "auto", files: Optional[Files] = None
    ) -> None:
        self._trial = refusals.begin(target.identity)  # goes on while the rest is looked at
        self._files = files or Files()
        self._as_itself = target.identity is None
        self._remembered: dict[tuple[object, ...], Any] = {}
        self.wanted_gpu = wanted_gpu
        self.devices = devices.NOTHING if wanted_gpu == "off" else devices.look(self._files)
        self.host = host.probe(self._files, target.variables)

    def without_cards(self) -> MachineFacts:
        """The same machine, what is remembered of it included, on which nobody looks for a card."""
        other = object.__new__(type(self))
        vars(other).update(vars(self))
        other.devices, other.wanted_gpu = devices.NOTHING, "off"
        return other

    @cached_property
    def makes_nodes(self) -> bool:
        """Whether the driver's programs make device nodes that are missing."""
        return self.devices.present and devices.makes_nodes(self._files)

    @cached_property
    def has_fabric_manager(self) -> bool:
        """Whether the fabric manager of NVSwitch runs."""
        return devices.fabric_manager_runs(self._files)

    @cached_property
    def resources(self) -> Surroundings:
        """What is left of memory, threads, processor time, terminals and names."""
        return surroundings.resources()

    @cached_property
    def kernel(self) -> KernelPolicy:
        """What the kernel refuses of a start."""
        return refusals.policy(self._trial)

    def port_obstacle(self, address: str, number: int) -> tuple[PortObstacle, str]:
        """Return why a port cannot be bound now, and the error's name; "" where it can."""
        from tritondoctor.facts.machine import ports

        return self._once(ports.obstacle, address, number)

    def port_unreachable(self, number: int) -> tuple[PortObstacle, str]:
        """Return whether 127.0.0.1 cannot be reached on that very port, and the error's name."""
        from tritondoctor.facts.machine import ports

        return self._once(ports.unreachable, number)

    def port_holder(self, number: int) -> Optional[Holder]:
        """The process that listens on a port."""
        from tritondoctor.facts.machine import listeners

        return self._once(listeners.holder_of, number)

    def volume(self, path: str) -> volumes.Volume:
        """The file system that holds a path."""
        return self._once(volumes.volume, path)

    def write_forbidden(self, folder: str) -> str:
        """The name of the error with which a sandbox keeps this user from making files in a folder."""
        return self._once(confinement.write_forbidden, folder) if self._as_itself else ""

    def leftovers(self, workspaces: str) -> tuple[Leftover, ...]:
        """What dead PyTritons of this user have left behind."""
        from tritondoctor.facts.machine import leftovers

        return self._once(leftovers.own, (workspaces,))

    def conda_prefixes(self, variables: Mapping[str, str]) -> list[str]:
        """The conda prefixes that the variables lead to."""
        from tritondoctor.target import conda_environments

        kept = tuple(sorted(item for item in variables.items() if item[0][:3] != "LD_"))
        return self._once(lambda items: conda_environments.prefixes(dict(items)), kept, key="prefixes")

    def conda_front_end(self, variables: Mapping[str, str]) -> str:
        """The name of the program that installs conda packages, or ""."""
        from tritondoctor.target import front_ends

        names = ("CONDA_EXE", "MAMBA_EXE", "PATH")
        kept = tuple((name, variables[name]) for name in names if name in variables)
        found = self._once(lambda items: front_ends.front_end(dict(items)), kept, key="front_end")
        return found.name if found else ""

    def _once(self, look: Callable[..., _Value], *arguments: object, key: object = None) -> _Value:
        known = (key or look, *arguments)
        if known not in self._remembered:
            self._remembered[known] = look(*arguments)
        value: _Value = self._remembered[known]
        return value
