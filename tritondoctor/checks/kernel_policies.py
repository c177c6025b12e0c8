"""Which policy may stand behind a refusal of the kernel, and which setting changes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from tritondoctor.checks.model import Remedy, Text, text
from tritondoctor.facts.machine.kernel_model import KernelPolicy, Refusal
from tritondoctor.facts.model import Facts
from tritondoctor.support.patterns import pattern

_FAMILY = pattern(r"^socket\((AF_\w+)\)$")


def evidence(kernel: KernelPolicy) -> tuple[Text, ...]:
    """What of a policy this process can see."""
    lines = []
    if kernel.filtered:
        lines.append(text("a filter of system calls is in force (/proc/self/status: Seccomp: 2)"))
    if kernel.label:
        lines.append(text("a security module confines this process: {label}", label=kernel.label))
    if not kernel.filtered and not kernel.label:
        lines.append(text("no filter of system calls is in force: the kernel or a sandbox says no"))
    return tuple(lines)


def remedies(facts: Facts, refusals: Sequence[Refusal]) -> tuple[Remedy, ...]:
    """Where to allow it: in the service, the container, the pod."""
    kernel, container = facts.kernel, facts.host.container
    if any(refusal.errno == "EAFNOSUPPORT" for refusal in refusals) or (kernel.unit and not container):
        return (_service(kernel.unit or "UNIT", refusals),)
    if container in ("docker", "podman"):
        return (*_newer_docker(container, refusals), _container(container, refusals))
    if container == "kubernetes":
        title = text("Allow it in the pod: securityContext.seccompProfile, type: Unconfined or a profile")
        return (Remedy("allow-in-pod", title),)
    if kernel.filtered:
        title = text("Allow it in what starts this process: a service, a container or a sandbox")
        return (Remedy("allow-in-filter", title),)
    return ()


def _newer_docker(container: str, refusals: Sequence[Refusal]) -> tuple[Remedy, ...]:
    """The profile of old Docker answers EPERM to calls that it does not know (moby/moby#42681)."""
    if not any(refusal.call == "clone3" and refusal.errno == "EPERM" for refusal in refusals):
        return ()
    title = text("Update the container engine: Docker 20.10.10 or newer, libseccomp 2.5 or newer")
    return (Remedy("update-engine", title),)


def _container(container: str, refusals: Sequence[Refusal]) -> Remedy:
    title = text("Start the container with a profile that allows it (or, to try, with none)")
    return Remedy(
        "allow-in-container", title, (f"{container} run --security-opt seccomp=unconfined ...",)
    )


def _service(unit: str, refusals: Sequence[Refusal]) -> Remedy:
    """systemd merges a setting with those before it (systemd.exec(5))."""
    families = [match.group(1) for refusal in refusals if (match := _FAMILY.match(refusal.call))]
    calls = [call for refusal in refusals if (call := _system_call(refusal.call)) is not None]
    lines = [f"RestrictAddressFamilies={' '.join(families)}"] if families else []
    if calls:
        lines.append(f"SystemCallFilter={' '.join(dict.fromkeys(calls))}")
    template = "Allow it in the service: systemctl edit {unit}, section [Service]"
    return Remedy("allow-in-service", text(template, unit=unit), tuple(lines))


def _system_call(call: str) -> Optional[str]:
    """The name of the system call, where it is one."""
    names = {"pthread_create": "clone3", "fork": "clone", "openpty": "ioctl"}
    if _FAMILY.match(call):
        return None
    return names.get(call, call.partition("(")[0])
