"""The GPU, its driver, and what of the target is built for it.

The driver is asked in processes of their own, which run beside the rest of the examination.
Without a card and without a libcuda nothing is started and little is read.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Optional

from tritondoctor.facts.gpu import machine
from tritondoctor.facts.gpu_model import Cuda, DriverLibrary, Gpu, Nvml, Wanted
from tritondoctor.loader import Files
from tritondoctor.target import Target

if TYPE_CHECKING:
    from tritondoctor.facts.gpu import ask


class Probe:
    """Begins to ask as soon as it is made; `facts` waits for the answers."""

    def __init__(self, files: Files, target: Target, wanted: Wanted) -> None:
        self._files = files
        self._target = target
        self._wanted = wanted
        self._began = time.monotonic()
        self._asking: dict[str, ask.Asking] = {}
        self._libraries: tuple[DriverLibrary, ...] = ()
        self._machine = machine.NOTHING if wanted == "off" else machine.look(files)
        self.present = self._machine.present
        self._makes_nodes = self.present and machine.makes_nodes(files)
        if self.present:
            self._ask()

    def _ask(self) -> None:
        from tritondoctor.facts.gpu import ask, libraries
        from tritondoctor.facts.links import Running

        target = self._target
        client = Running(self._files, target.python, target.variables, target.cwd)
        self._libraries = tuple(libraries.of("client", client))
        for one in self._libraries:
            cuda = one.soname == libraries.LIBCUDA
            if not one.problem and self._may_ask("nvidiactl", *(["nvidia-uvm"] if cuda else [])):
                subject: ask.Subject = "cuda" if cuda else "nvml"
                self._asking[subject] = ask.Asking(subject, one.path, target.variables, target.cwd)

    def _may_ask(self, *needed: str) -> bool:
        """False where a program would make the nodes that it misses, and what we ask with may not."""
        seen = self._machine
        names = {one.path[len("/dev/") :] for one in seen.nodes if one.kind == "device"}
        there = names.issuperset(needed) and any(name[-1].isdigit() for name in names)
        return there or not (seen.module.loaded and self._makes_nodes)

    def _without_card(self, found: Sequence[DriverLibrary]) -> Gpu:
        """Triton asks any libcuda that it finds how many cards there are, and may fail on the answer."""
        from tritondoctor.facts.gpu import ask, libraries

        target, answer = self._target, None
        for one in found:
            if self._wanted != "off" and one.soname == libraries.LIBCUDA and not one.problem:
                asking = ask.Asking("cuda", one.path, target.variables, target.cwd)
                answer = ask.cuda(asking, ask.DEADLINE_S)
        return Gpu(wanted=self._wanted, allowed_s=ask.DEADLINE_S, libraries=tuple(found), cuda=answer)

    def facts(
        self,
        container: Optional[str],
        search_path: Sequence[str],
        wheel_libraries: Optional[str],
        launch_libraries: Sequence[DriverLibrary],
    ) -> Gpu:
        """All of it; `search_path` and the rest are the target's."""
        given = self._target.variables.get("CUDA_VISIBLE_DEVICES")
        if not self.present:
            return self._without_card(launch_libraries) if launch_libraries else Gpu(wanted=self._wanted)
        from tritondoctor.facts.gpu import ask, builds, visible
        from tritondoctor.facts.gpu import container as containers

        seen = self._machine
        built = builds.look(search_path, wheel_libraries)
        nvml, cuda = self._answers()
        switches = any(one.kind == "nvswitch" for one in seen.pci)
        cards = nvml.cards if nvml is not None and nvml.code == 0 and not nvml.problem else None
        return Gpu(
            wanted=self._wanted,
            present=True,
            allowed_s=ask.allowed(len(self._machine.pci)),
            pci=seen.pci,
            module=seen.module,
            nodes=seen.nodes,
            makes_nodes=self._makes_nodes,
            wsl=seen.wsl,
            tegra=seen.tegra,
            fabric_manager=switches and machine.fabric_manager_runs(self._files),
            libraries=tuple(launch_libraries) or self._libraries,
            nvml=nvml,
            cuda=cuda,
            visible=visible.read(given, cards),
            container=containers.look(self._files, self._target.variables) if container else None,
            builds=built,
        )

    def _answers(self) -> tuple[Optional[Nvml], Optional[Cuda]]:
        from tritondoctor.facts.gpu import ask

        end = self._began + ask.allowed(len(self._machine.pci))
        nvml, cuda = self._asking.get("nvml"), self._asking.get("cuda")
        return (
            ask.nvml(nvml, end - time.monotonic()) if nvml is not None else None,
            ask.cuda(cuda, end - time.monotonic()) if cuda is not None else None,
        )
