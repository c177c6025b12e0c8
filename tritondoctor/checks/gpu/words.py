"""Evidence that several GPU findings share."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.gpu import rules
from tritondoctor.checks.model import Text, text
from tritondoctor.facts.gpu.model import DriverLibrary, Gpu

MIB = 1 << 20
_NO_MODEL = (
    'Triton then loads no model, not even on the CPU: "unable to get number of CUDA devices: {said}"'
)


def versions(gpu: Gpu) -> Iterator[Text]:
    """The kernel module and each library that a program of the launch loads."""
    if gpu.module.version:
        yield text("kernel module {version} (/proc/driver/nvidia/version)", version=gpu.module.version)
    told: set[tuple[str, str]] = set()
    for one in gpu.libraries:
        if _key(one) not in told:
            told.add(_key(one))
            alone = len({each.real for each in gpu.libraries if each.soname == one.soname}) == 1
            roles = [each.role for each in gpu.libraries if _key(each) == _key(one)]
            yield text(
                "{soname} {version}: {path}{roles}",
                soname=one.soname,
                version=one.version or "(its name tells no version)",
                path=one.real,
                roles="" if alone else f" (for {', '.join(roles)})",
            )


def _key(one: DriverLibrary) -> tuple[str, str]:
    return one.soname, one.real


def answers(gpu: Gpu) -> Iterator[Text]:
    """What CUDA and NVML said."""
    cuda, nvml = gpu.cuda, gpu.nvml
    if cuda is not None and cuda.code is not None:
        yield text("cuInit: {code} {name}: {said}", code=cuda.code, name=cuda.name, said=cuda.said)
    if cuda is not None and cuda.code and rules.stops_pytriton(gpu):
        yield text(_NO_MODEL, said=cuda.said)
    if cuda is not None and cuda.problem:
        yield text("libcuda: {problem}", problem=_problem(cuda.problem, cuda.cut_off))
    if nvml is not None and nvml.code:
        yield text("nvmlInit: {code}: {said}", code=nvml.code, said=nvml.said)
    if nvml is not None and nvml.problem:
        yield text("NVML: {problem}", problem=_problem(nvml.problem, nvml.cut_off))


def fabric(gpu: Gpu) -> Iterator[Text]:
    """The cards whose fabric is not up, as NVML tells it."""
    for card in rules.cards(gpu):
        state = rules.FABRIC_UNFINISHED.get(card.fabric_state or 0)
        if state is not None:
            yield text("GPU {index}: its fabric is {state}", index=card.index, state=state)


def _problem(problem: str, cut_off: bool) -> str:
    return f"no answer to {problem}, cut off" if cut_off else problem


def nodes(gpu: Gpu) -> Iterator[Text]:
    """The device nodes, and why this user may not use them."""
    for one in gpu.nodes:
        what = f": {one.refused}" if one.refused else ""
        what += " (not the driver's device)" if one.kind == "other" else ""
        yield text(
            "{path} has mode {mode}, owner {uid}:{gid}{what}",
            path=one.path, mode=one.mode, uid=one.uid, gid=one.gid, what=what,
        )  # fmt: skip
    if not gpu.nodes:
        yield text("there is no device node in /dev")


def pci(gpu: Gpu) -> Iterator[Text]:
    """The cards on the PCI bus and what drives them."""
    for one in gpu.pci:
        if one.kind == "gpu":
            driver = f"driven by {one.driver}" if one.driver else "no kernel driver is bound to it"
            yield text(
                "PCI {address}: NVIDIA device {device}, {driver}",
                address=one.address, device=one.device, driver=driver,
            )  # fmt: skip
