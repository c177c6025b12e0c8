"""The shape of `Facts`: frozen, JSON-serialisable, without an opinion."""

from __future__ import annotations

from typing import Optional

from tritondoctor.facts.conda.model import CondaPrefix, PathElement, ShellLine
from tritondoctor.facts.fact import Fact
from tritondoctor.facts.gpu.model import Gpu
from tritondoctor.facts.interpreter.model import Interpreter, LibPython, Runtime
from tritondoctor.facts.launch.model import Launch, PyTriton
from tritondoctor.facts.machine.kernel_model import KernelPolicy
from tritondoctor.facts.machine.model import Barrier, Host, NotRead, Surroundings


class Facts(Fact, frozen=True):
    """Everything observed about one target.

    `conda_front_end`: the program that installs conda packages here, as it is typed; "" where there is
    none, or no conda prefix.
    """

    host: Host
    gpu: Gpu
    interpreter: Interpreter
    variables: dict[str, str]
    hidden_variables: tuple[str, ...]
    library_path: tuple[PathElement, ...]
    preload_missing: tuple[str, ...]
    libpythons: tuple[LibPython, ...]
    runtimes: tuple[Runtime, ...]
    conda: tuple[CondaPrefix, ...]
    shell: tuple[ShellLine, ...]
    pytriton: Optional[PyTriton]
    launch: Optional[Launch]
    cwd: str
    surroundings: Optional[Surroundings] = None
    kernel: KernelPolicy = KernelPolicy()
    conda_front_end: str = ""
    not_read: tuple[NotRead, ...] = ()
    barriers: tuple[Barrier, ...] = ()
