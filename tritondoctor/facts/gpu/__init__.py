"""The GPU, its driver, and what in the target is built for it.

The driver is queried in child processes, which run while the rest is examined.  Without a card and
without a libcuda nothing is started and little is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Optional

from tritondoctor.facts.gpu.model import DriverLibrary, Gpu
from tritondoctor.loader import Files
from tritondoctor.target import Target

if TYPE_CHECKING:
    from tritondoctor.facts.gpu import driver_query
    from tritondoctor.facts.machine.machine import MachineFacts


class Probe:
    """Starts its queries as soon as it is made; `facts` waits for the answers."""

    def __init__(self, files: Files, target: Target, machine: MachineFacts) -> None:
        self._files = files
        self._target = target
        self._machine = machine
        self._wanted = machine.wanted_gpu
        self._queries: dict[str, driver_query.Query] = {}
        self._libraries: tuple[DriverLibrary, ...] = ()
        self.present = machine.devices.present
        if self.present:
            from tritondoctor.facts.gpu import libraries
            from tritondoctor.facts.launch.programs import Running

            client = Running(files, target.python, target.variables, target.cwd)
            self._libraries = tuple(libraries.of("client", client))
            self._query(self._libraries)

    def _query(self, driver_libraries: Sequence[DriverLibrary]) -> None:
        """Query those of the libraries that were not queried yet.

        Without a card that is CUDA only: Triton has any libcuda that it finds count the cards, and may
        fail on the answer.
        """
        from tritondoctor.facts.gpu import driver_query, libraries

        target = self._target
        for library in driver_libraries:
            subject: driver_query.Subject = "cuda" if library.soname == libraries.LIBCUDA else "nvml"
            needed = ("nvidiactl", "nvidia-uvm") if subject == "cuda" else ("nvidiactl",)
            wanted = subject not in self._queries and (self.present or subject == "cuda")
            if wanted and not library.problem and self._may_query(*needed):
                self._queries[subject] = driver_query.Query(
                    subject, library.path, target.variables, target.cwd
                )

    def _may_query(self, *needed: str) -> bool:
        """Return False where a program would make the missing nodes, which our child may not do."""
        seen = self._machine.devices
        if seen.tegra:  # its nodes have other names
            return True
        names = {node.path[len("/dev/") :] for node in seen.nodes if node.kind == "device"}
        there = names.issuperset(needed) and any(name[-1].isdigit() for name in names)
        return there or not (seen.module.loaded and self._machine.makes_nodes)

    def facts(
        self,
        container: Optional[str],
        search_path: Sequence[str],
        wheel_libraries: Optional[str],
        launch_libraries: Sequence[DriverLibrary],
    ) -> Gpu:
        """Return all of it; `search_path` and the other arguments are the target's."""
        if self._wanted == "off" or not (self.present or launch_libraries):
            return Gpu(wanted=self._wanted)
        from tritondoctor.facts.gpu import builds, driver_query, visible
        from tritondoctor.facts.gpu import container as containers

        self._query(launch_libraries)  # what the client does not find
        seen, variables = self._machine.devices, self._target.variables
        built = builds.look(self._files, search_path, wheel_libraries) if self.present else ()
        allowed_s = driver_query.allowed(seen.cards)
        nvml, cuda = self._queries.get("nvml"), self._queries.get("cuda")
        answers = driver_query.nvml(nvml, allowed_s) if nvml is not None else None
        complete = answers is not None and answers.code == 0 and not answers.problem
        switches = any(device.kind == "nvswitch" for device in seen.pci)
        return Gpu(
            wanted=self._wanted,
            present=self.present,
            allowed_s=allowed_s,
            pci=seen.pci,
            module=seen.module,
            nodes=seen.nodes,
            makes_nodes=self._machine.makes_nodes,
            wsl=seen.wsl,
            tegra=seen.tegra,
            fabric_manager=switches and self._machine.has_fabric_manager,
            libraries=tuple(launch_libraries) or self._libraries,
            nvml=answers,
            cuda=driver_query.cuda(cuda, allowed_s) if cuda is not None else None,
            visible=visible.read(
                variables.get("CUDA_VISIBLE_DEVICES"), answers.cards if answers and complete else None
            ),
            container=containers.look(self._files, variables) if container else None,
            builds=built,
        )
