"""Every finding that exists, whatever reports it: a check, a log, a start, a running server."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from tritondoctor.checks import (
    bash,
    changed_packages,
    conda,
    interpreter,
    kernel,
    left_behind,
    libpython,
    libraries,
    limits,
    machine,
    mismatches,
    network,
    only_in_logs,
    only_in_running,
    only_in_starts,
    packages,
    permissions,
    requests,
    requirements,
    runtimes,
    served_model,
    settings,
    shared_memory,
    shell,
    startup_code,
    unexplained,
    unread,
    versions,
    wheel,
    workspace,
)
from tritondoctor.checks.gpu import access, cards, driver, library
from tritondoctor.checks.gpu import packages as gpu_packages
from tritondoctor.checks.model import Rule
from tritondoctor.support.messages import mark

#: in the order in which findings are shown
_SUBJECTS: tuple[tuple[str, tuple[Rule, ...]], ...] = (
    (mark("kernel"), kernel.RULES),  # what it refuses makes others fail
    (mark("interpreter"), interpreter.RULES),
    (mark("permissions"), permissions.RULES),
    (mark("machine"), machine.RULES),
    (mark("installation"), wheel.RULES),
    (mark("libpython"), libpython.RULES),
    (mark("libraries"), (*runtimes.RULES, *libraries.RULES)),
    (mark("packages"), (*packages.RULES, *changed_packages.RULES)),
    (mark("versions"), versions.RULES),
    (mark("startup-code"), startup_code.RULES),
    (mark("workspace"), workspace.RULES),
    (mark("shared-memory"), shared_memory.RULES),
    (mark("network"), network.RULES),
    (mark("bash"), bash.RULES),
    (mark("limits"), limits.RULES),
    (mark("settings"), settings.RULES),
    (mark("shell"), shell.RULES),
    (mark("conda"), conda.RULES),
    (mark("gpu"), (*access.RULES, *cards.RULES, *driver.RULES, *library.RULES, *gpu_packages.RULES)),
    (mark("leftovers"), left_behind.RULES),
    (mark("requirements"), requirements.RULES),
    (mark("files"), unread.RULES),
    (mark("unexplained"), unexplained.RULES),
    (mark("log"), (*only_in_logs.RULES, *mismatches.RULES, *served_model.RULES, *requests.RULES)),
    (mark("start"), only_in_starts.RULES),
    (mark("running server"), only_in_running.RULES),
)


def _by_id() -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for subject, members in _SUBJECTS:
        for rule in members:
            assert rule.id not in rules, rule.id
            rules[rule.id] = msgspec.structs.replace(rule, subject=subject)
    return rules


_RULES = _by_id()
CATALOGUE: Mapping[str, Rule] = MappingProxyType(_RULES)


def add(rule: Rule) -> bool:
    """Add a plug-in's rule for the rest of this process; False where its id is taken."""
    if rule.id in _RULES:
        return False
    _RULES[rule.id] = rule
    return True
