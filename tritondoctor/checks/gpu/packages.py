"""Whether what the target computes with is built for the card."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from tritondoctor.checks.advice import order
from tritondoctor.checks.gpu import compatibility, rules
from tritondoctor.checks.installing import typed
from tritondoctor.checks.model import CheckResult, Remedy, Text, check, listed, text
from tritondoctor.facts.gpu.model import Card, CudaBuild, Gpu
from tritondoctor.facts.model import Facts


@check(
    "torch-without-cuda",
    "warning",
    title="There is an NVIDIA GPU, but torch {version} is a CPU build",
    explanation='A model that uses the GPU fails with "Torch not compiled with CUDA enabled".',
    means="torch came from the CPU index, or from a conda channel without its CUDA build.",
    verified="torch/version.py of real wheels, read without importing it. Reported in pytorch#30664.",
    by_hand="Install a CUDA build of torch that the driver supports.",
    reads=(
        "gpu.builds",
        "gpu.present",
        "gpu.wanted",
        "interpreter.kind",
        "interpreter.path",
        "interpreter.pip",
    ),
)
def torch_without_cuda(facts: Facts) -> Iterator[CheckResult]:
    gpu = facts.gpu
    if not gpu.present or gpu.wanted == "off" or rules.obstacle(facts):
        return
    for build in gpu.builds:
        if build.package == "torch" and build.cuda is None:
            alone = not rules.cuda_builds(facts)
            commands = (typed(facts, "uninstall", "torch"), typed(facts, "install", "torch"))
            yield CheckResult(
                {"version": build.version},
                (text("{path}/version.py: cuda = None", path=build.path),),
                (Remedy("cuda-torch", text("Install the CUDA build"), commands),),
                "error" if gpu.wanted == "required" and alone else None,
            )


@check(
    "torch-lacks-architecture",
    "warning",
    title="torch {version} has no code for {cards}",
    explanation='Its first kernel there fails with "no kernel image is available for execution on the '
    'device".',
    means="The GPU is newer than this build of torch, or too old for it.",
    verified="CUDA_ARCH_FLAGS read from libtorch_python.so of torch 2.1.2+cu121, as "
    "torch.cuda.get_arch_list() reports it; a stand-in NVML. Reported in pytorch#167244. Not on real "
    "hardware.",
    by_hand="Install a build of torch for this GPU's architecture; GPUs of 2025 need one for CUDA 12.8 "
    "or newer.",
    reads=("gpu.builds", "gpu.wanted", "interpreter.kind", "interpreter.path", "interpreter.pip"),
)
def torch_lacks_architecture(facts: Facts) -> Iterator[CheckResult]:
    gpu = facts.gpu
    if rules.obstacle(facts) or gpu.wanted == "off":
        return
    cards = rules.visible_cards(gpu)
    for build in gpu.builds:
        if build.package != "torch" or not build.architectures:
            continue
        jit = _may_compile(gpu, build)
        lacking = {
            card.uuid: f"{card.name} (sm_{card.capability.replace('.', '')})"
            for card in cards
            if card.capability
            and not compatibility.has_code_for(card.capability, build.architectures, jit=jit)
        }
        if lacking:
            names = listed(list(dict.fromkeys(lacking.values())))
            yield CheckResult(
                {"version": build.version, "cards": names},
                (
                    text(
                        "{path} is built for {archs}",
                        path=build.path,
                        archs=" ".join(build.architectures),
                    ),
                ),
                (
                    Remedy(
                        "other-torch",
                        text("Install a build for {releases}", releases=_releases(cards, lacking)),
                        (typed(facts, "install", "--upgrade", "torch"),),
                    ),
                ),
                "error" if len(lacking) == len(cards) else None,
            )


def _releases(cards: Sequence[Card], lacking: Collection[str]) -> Text:
    """Return the CUDA releases that have code for the first of the GPUs, if the tables know it."""
    known = (compatibility.releases_for(card.capability or "") for card in cards if card.uuid in lacking)
    return next((releases for releases in known if releases is not None), text("these GPUs"))


def _may_compile(gpu: Gpu, build: CudaBuild) -> bool:
    """PTX is compiled by a driver that is at least as new as the toolkit that made it."""
    own = compatibility.cuda_of(gpu)
    return own is None or build.cuda is None or order(compatibility.written(own)) >= order(build.cuda)


RULES = (torch_without_cuda, torch_lacks_architecture)
