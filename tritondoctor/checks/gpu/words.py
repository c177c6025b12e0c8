"""Evidence that several GPU findings share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Union

from tritondoctor.checks.gpu import rules
from tritondoctor.checks.model import Text, listed, text
from tritondoctor.facts.gpu.model import Cuda, DriverLibrary, Gpu, Nvml

MIB = 1 << 20
_NO_MODEL = (
    'Triton then loads no model, not even on the CPU: "unable to get number of CUDA devices: {message}"'
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
    """Yield the GPUs whose fabric is not ready, as NVML reports it."""
    for card in rules.cards(gpu):
        state = rules.FABRIC_UNFINISHED.get(card.fabric_state or 0)
        if state is not None:
            yield text("GPU {index}: its fabric is {state}", index=card.index, state=state)


_PROBLEMS = {
    "cut-off": "no answer to {step}",
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
