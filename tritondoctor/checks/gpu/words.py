"""Evidence that several GPU findings share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Union

from tritondoctor.checks.gpu import rules
from tritondoctor.checks.model import Text, text
from tritondoctor.facts.gpu.model import Cuda, DriverLibrary, Gpu, Nvml

MIB = 1 << 20
_NO_MODEL = (
    'Triton then loads no model, not even on the CPU: "unable to get number of CUDA devices: {message}"'
)


def versions(gpu: Gpu) -> Iterator[Text]:
    """The kernel module and each library that a program of the launch loads."""
    if gpu.module.version:
        yield text("kernel module {version} (/proc/driver/nvidia/version)", version=gpu.module.version)
    told: set[tuple[str, str]] = set()
    for library in gpu.libraries:
        if _key(library) not in told:
            told.add(_key(library))
            namesakes = {other.real for other in gpu.libraries if other.soname == library.soname}
            alone = len(namesakes) == 1
            roles = [other.role for other in gpu.libraries if _key(other) == _key(library)]
            yield text(
                "{soname} {version}: {path}{roles}",
                soname=library.soname,
                version=library.version or "(its name tells no version)",
                path=library.real,
                roles="" if alone else f" (for {', '.join(roles)})",
            )


def _key(driver_library: DriverLibrary) -> tuple[str, str]:
    return driver_library.soname, driver_library.real


def answers(gpu: Gpu) -> Iterator[Text]:
    """What CUDA and NVML said."""
    cuda, nvml = gpu.cuda, gpu.nvml
    if cuda is not None and cuda.code is not None:
        yield text(
            "cuInit: {code} {name}: {message}", code=cuda.code, name=cuda.name, message=cuda.message
        )
    if cuda is not None and cuda.code and rules.stops_pytriton(gpu):
        yield text(_NO_MODEL, message=cuda.message)
    if cuda is not None and cuda.problem:
        yield text("libcuda: {problem}", problem=problem(cuda))
    if nvml is not None and nvml.code:
        yield text("nvmlInit: {code}: {message}", code=nvml.code, message=nvml.message)
    if nvml is not None and nvml.problem:
        yield text("NVML: {problem}", problem=problem(nvml))


def fabric(gpu: Gpu) -> Iterator[Text]:
    """The cards whose fabric is not up, as NVML tells it."""
    for card in rules.cards(gpu):
        state = rules.FABRIC_UNFINISHED.get(card.fabric_state or 0)
        if state is not None:
            yield text("GPU {index}: its fabric is {state}", index=card.index, state=state)


_PROBLEMS = {
    "cut-off": "no answer to {step}, cut off",
    "failed": "{message}",
    "signal": "{step}: ended by signal {number}",
    "status": "{step}: ended with code {number}",
}


def problem(answer: Union[Cuda, Nvml]) -> Text:
    """Say how an answer stopped short."""
    kind: str = answer.problem
    if kind == "ended":
        kind = "signal" if answer.status < 0 else "status"
    return text(_PROBLEMS[kind], step=answer.step, message=answer.message, number=abs(answer.status))


def nodes(gpu: Gpu) -> Iterator[Text]:
    """The device nodes, and why this user may not use them."""
    for node in gpu.nodes:
        what = f": {node.refused}" if node.refused else ""
        what += " (not the driver's device)" if node.kind == "other" else ""
        yield text(
            "{path} has mode {mode}, owner {uid}:{gid}{what}",
            path=node.path, mode=node.mode, uid=node.uid, gid=node.gid, what=what,
        )  # fmt: skip
    if not gpu.nodes:
        yield text("there are no device nodes in /dev")


def pci(gpu: Gpu) -> Iterator[Text]:
    """The cards on the PCI bus and what drives them."""
    for one in gpu.pci:
        if one.kind == "gpu":
            driver = f"driven by {one.driver}" if one.driver else "no kernel driver is bound to it"
            yield text(
                "PCI {address}: NVIDIA device {device}, {driver}",
                address=one.address, device=one.device, driver=driver,
            )  # fmt: skip
