"""Evidence that several GPU findings share."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.gpu import rules
from tritondoctor.checks.model import Text, listed, text
from tritondoctor.facts.gpu.model import DriverLibrary, Gpu

MIB = 1 << 20
_NO_MODEL = (
    'Triton then loads no model, not even on the CPU: "unable to get number of CUDA devices: {said}"'
)


def versions(gpu: Gpu) -> Iterator[Text]:
    """Yield the version of the kernel module and of each driver library that the launch loads."""
    if gpu.module.version:
        yield text("kernel module {version} (/proc/driver/nvidia/version)", version=gpu.module.version)
    shown: set[tuple[str, str]] = set()
    for library in gpu.libraries:
        if _key(library) not in shown:
            shown.add(_key(library))
            alike = [other for other in gpu.libraries if other.soname == library.soname]
            roles = [other.role for other in alike if other.real == library.real]
            everywhere = len({other.real for other in alike}) == 1
            yield text(
                "{soname} {version}: {path}"
                if everywhere
                else "{soname} {version}: {path} (for {roles})",
                soname=library.soname,
                version=library.version or text("(no version in its name)"),
                path=library.real,
                roles=listed(roles),
            )


def _key(driver_library: DriverLibrary) -> tuple[str, str]:
    return driver_library.soname, driver_library.real


def answers(gpu: Gpu) -> Iterator[Text]:
    """Yield what CUDA and NVML answered."""
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
    """Yield the GPUs whose fabric is not ready, as NVML reports it."""
    for card in rules.cards(gpu):
        state = rules.FABRIC_UNFINISHED.get(card.fabric_state or 0)
        if state is not None:
            yield text("GPU {index}: its fabric is {state}", index=card.index, state=state)


def _problem(problem: str, cut_off: bool) -> Text:
    return text("no answer to {call}", call=problem) if cut_off else text("{problem}", problem=problem)


def nodes(gpu: Gpu) -> Iterator[Text]:
    """Yield the device nodes, and why this user may not use them."""
    for node in gpu.nodes:
        template = "{path} has mode {mode}, owner {uid}:{gid}"
        node_text = text(template, path=node.path, mode=node.mode, uid=node.uid, gid=node.gid)
        if node.refused:
            node_text = text("{node}: {error}", node=node_text, error=node.refused)
        if node.kind == "other":
            node_text = text("{node} (not the driver's device)", node=node_text)
        yield node_text
    if not gpu.nodes:
        yield text("there are no device nodes in /dev")


def pci(gpu: Gpu) -> Iterator[Text]:
    """Yield the GPUs on the PCI bus and their kernel drivers."""
    for device in gpu.pci:
        if device.kind == "gpu":
            driver = text("no kernel driver is bound to it")
            if device.driver:
                driver = text("driven by {driver}", driver=device.driver)
            yield text(
                "PCI {address}: NVIDIA device {device}, {driver}",
                address=device.address, device=device.device, driver=driver,
            )  # fmt: skip
