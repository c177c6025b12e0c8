"""The GPUs themselves: which are visible, and what their state allows."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.advice import order
from tritondoctor.checks.gpu import rules, words
from tritondoctor.checks.model import CheckResult, Remedy, Text, check, text
from tritondoctor.facts.gpu.model import Card, Gpu, GpuProcess, VisibleEntry
from tritondoctor.facts.model import Facts

#: tritonserver's --min-supported-compute-capability
TRITON_NEEDS = (6, 0)
#: less than the context of a CUDA program with its kernels takes
LITTLE_MEMORY = 512 * words.MIB


#: why CUDA stops reading at an entry of CUDA_VISIBLE_DEVICES
_BAD_ENTRIES = {
    "twice": "{entry!r}: it comes twice, which leaves no card at all",
    "other-kind": "{entry!r}: it does not begin with {kind} as the first does",
    "not-a-number": "{entry!r}: it is no number",
    "negative": "{entry!r}: it is negative",
    "no-such-number": "{entry!r}: there is no card of that number; the last one is {last}",
    "no-such-card": "{entry!r}: no card has that UUID",
    "no-such-instance": "{entry!r}: no MIG instance has that name",
    "ambiguous": "{entry!r}: more than one begins like that",
}
_NO_CARD = "{entry!r}: there is no card of that number; there is none"


def _bad_entry(entry: VisibleEntry, gpu: Gpu) -> Text:
    cards = gpu.nvml.cards if gpu.nvml is not None else ()
    template = _BAD_ENTRIES[entry.problem]
    if entry.problem == "no-such-number" and not cards:
        template = _NO_CARD
    kind = (gpu.visible.given or "")[:4]
    return text(template, entry=entry.text, kind=kind, last=len(cards) - 1)


def _named(card: Card) -> Text:
    return text("GPU {index}: {name}, {uuid}", index=card.index, name=card.name, uuid=card.uuid)


@check(
    "cuda-visible-devices",
    "warning",
    title="CUDA_VISIBLE_DEVICES={value} hides {what}",
    explanation="CUDA reads it from left to right and stops at the first invalid entry; all entries "
    "after it are ignored.",
    means="The variable names a GPU that does not exist, by number, UUID or MIG name, or names one "
    "twice.",
    verified="PyTorch's own model of the rule, run side by side; reported in pytorch#1040 and "
    "fauxpilot#45. Not on real hardware.",
    by_hand="unset CUDA_VISIBLE_DEVICES, or name GPUs as nvidia-smi -L does.",
    reads=("gpu.visible.entries", "gpu.visible.given", "gpu.wanted"),
)
def cuda_visible_devices(facts: Facts) -> Iterator[CheckResult]:
    gpu, visible = facts.gpu, facts.gpu.visible
    bad = [entry for entry in visible.entries if entry.problem]
    hidden = rules.obstacle(facts) == "cuda-visible-devices"
    if visible.given is None or not (hidden or (bad and rules.runs(gpu))):
        return
    evidence = [_bad_entry(entry, gpu) for entry in bad]
    evidence += [_named(card) for card in rules.cards(gpu)]
    on_purpose = visible.given in ("", "-1") and gpu.wanted != "required"
    remedy = Remedy("show-cards", text("Show all GPUs"), ("unset CUDA_VISIBLE_DEVICES",))
    yield CheckResult(
        {"value": visible.given, "what": text("every GPU") if hidden else text("some GPUs")},
        tuple(evidence),
        () if on_purpose else (remedy,),
        "info" if on_purpose else rules.severity(facts) if hidden else None,
    )


@check(
    "mig-without-instances",
    "warning",
    title="The GPUs are in MIG mode but have no instances",
    explanation="In MIG mode CUDA sees only instances; without one it reports that there is no device.",
    means="MIG was turned on, and the instances were not created or were lost at a reboot.",
    verified="A stand-in NVML and libcuda. Not on real hardware.",
    by_hand="sudo nvidia-smi mig -lgip lists the profiles; sudo nvidia-smi mig -cgi PROFILE -C creates "
    "an instance; sudo nvidia-smi -mig 0 turns MIG off.",
    reads=("gpu",),
)
def mig_without_instances(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "mig-without-instances":
        evidence = (*(_named(card) for card in rules.cards(facts.gpu)), *words.answers(facts.gpu))
        remedies = (
            Remedy("make-instance", text("List the profiles, and create an instance"),
                   ("sudo nvidia-smi mig -lgip", "sudo nvidia-smi mig -cgi PROFILE -C")),
            Remedy("mig-off", text("Use the whole GPU"), ("sudo nvidia-smi -mig 0",)),
        )  # fmt: skip
        yield CheckResult({}, evidence, remedies, rules.severity(facts))


@check(
    "gpu-prohibited",
    "warning",
    title="The GPUs' compute mode is Prohibited",
    explanation="CUDA lists the GPUs but lets no program compute on them.",
    means="nvidia-smi -c PROHIBITED was set, so that the GPU drives a display only.",
    verified="A stand-in NVML. The message, all CUDA-capable devices are busy or unavailable, is "
    "reported in tensorflow#526. Not on real hardware.",
    by_hand="sudo nvidia-smi -c DEFAULT",
    reads=("gpu",),
)
def gpu_prohibited(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) == "gpu-prohibited":
        evidence = tuple(_named(card) for card in rules.visible_cards(facts.gpu))
        yield CheckResult({}, evidence, (_default_mode(),), rules.severity(facts))


def _default_mode() -> Remedy:
    return Remedy(
        "default-mode", text("Let several programs use the GPU"), ("sudo nvidia-smi -c DEFAULT",)
    )


@check(
    "gpu-lost",
    "warning",
    title="The driver has lost GPU {index}",
    explanation="Whatever ran on it has failed, and nothing can use it until the machine is restarted.",
    means="The GPU has fallen off the bus because of heat, power or a hardware fault; dmesg shows an "
    "Xid 79.",
    verified="A stand-in NVML that refuses the GPU's handle with 15. nvidia-smi's message, Unable to "
    "determine the device handle … GPU is lost, is reported in OWOD#81. Not on real hardware.",
    by_hand="Restart the machine. If it happens again, check power, seating and temperature.",
    reads=("gpu",),
)
def gpu_lost(facts: Facts) -> Iterator[CheckResult]:
    for card in rules.cards(facts.gpu):
        if card.refused.get("handle") == rules.NVML_LOST:
            look = Remedy(
                "look", text("Look at the kernel's log"), ("sudo dmesg | grep -i -e nvrm -e xid",)
            )
            yield CheckResult({"index": card.index}, tuple(words.pci(facts.gpu)), (look,))


@check(
    "gpu-exclusive",
    "warning",
    title="A GPU's compute mode admits one process at a time",
    explanation="tritonserver and the Python process that runs the model are two processes. The second "
    'one to use that GPU may fail with "all CUDA-capable devices are busy or unavailable".',
    means="nvidia-smi -c EXCLUSIVE_PROCESS was set, as cluster schedulers do.",
    verified="A stand-in NVML. Reported in pytorch#3871 and NVIDIA/DIGITS#2005. Not on real hardware.",
    by_hand="sudo nvidia-smi -c DEFAULT, or MPS, which shares the GPU between processes.",
    reads=("gpu.wanted",),
)
def gpu_exclusive(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) or facts.gpu.wanted == "off":
        return
    closed = [
        visible_card
        for visible_card in rules.visible_cards(facts.gpu)
        if visible_card.compute_mode in rules.EXCLUSIVE
    ]
    if closed:
        yield CheckResult({}, tuple(_named(card) for card in closed), (_default_mode(),))


@check(
    "gpu-memory-full",
    "warning",
    title="GPU {index} has only {free} MiB of free memory",
    explanation="A CUDA program takes several hundred MiB before its model is loaded.",
    means="Other processes hold the GPU's memory; in a container their process ids are the host's.",
    verified="A stand-in NVML. Not on real hardware.",
    by_hand="Stop what is no longer needed, or choose another GPU with CUDA_VISIBLE_DEVICES.",
    reads=("gpu.wanted",),
)
def gpu_memory_full(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) or facts.gpu.wanted == "off":
        return
    for card in rules.visible_cards(facts.gpu):
        if card.memory_free is not None and card.memory_free < LITTLE_MEMORY and not card.mig:
            by_size = sorted(card.processes, key=lambda process: -(process.memory or 0))
            yield CheckResult(
                {"index": card.index, "free": card.memory_free // words.MIB},
                (_named(card), *(_holds(process) for process in by_size)),
            )


def _holds(gpu_process: GpuProcess) -> Text:
    memory, process = gpu_process.memory, text("process {pid}", pid=gpu_process.pid)
    if gpu_process.name:
        process = text("process {pid} ({name})", pid=gpu_process.pid, name=gpu_process.name)
    if memory is None:
        return text("{process} holds an unknown amount", process=process)
    return text("{process} holds {size} MiB", process=process, size=memory // words.MIB)


@check(
    "gpu-too-old-for-triton",
    "warning",
    title="Triton ignores GPU {index}: its compute capability is {capability}",
    explanation="tritonserver uses GPUs of compute capability 6.0 and newer. A Python model may still "
    "use this GPU if its framework has code for it.",
    means="The GPU is of the Maxwell generation or older.",
    verified="tritonserver's option --min-supported-compute-capability, 6.0 by default; a stand-in "
    "NVML. Not on real hardware.",
    by_hand="Nothing, or another GPU.",
    reads=("gpu.wanted",),
)
def gpu_too_old_for_triton(facts: Facts) -> Iterator[CheckResult]:
    if rules.obstacle(facts) or facts.gpu.wanted == "off":
        return
    for card in rules.visible_cards(facts.gpu):
        if card.capability is not None and order(card.capability) < TRITON_NEEDS:
            yield CheckResult({"index": card.index, "capability": card.capability}, (_named(card),))


RULES = (
    cuda_visible_devices,
    mig_without_instances,
    gpu_prohibited,
    gpu_lost,
    gpu_exclusive,
    gpu_memory_full,
    gpu_too_old_for_triton,
)
