"""A safety net below the other checks: programs that do not load for an unknown reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tritondoctor.checks.links import ROLES, ProblemGroup, Sighting, cause_of, search_evidence
from tritondoctor.checks.model import CheckResult, Finding, Remedy, Rule, finding_of, text
from tritondoctor.facts.interpreter.model import Program
from tritondoctor.facts.model import Facts

#: ids whose problems another finding tells at times
_TOLD_BY = {
    "libstdcxx-too-old": "glibc-too-old",
    "program-interpreter-missing": "platform-unsupported",
}


PROGRAM_NOT_LOADABLE = Rule(
    "program-not-loadable",
    "error",
    title="{program} does not load, for a reason no other finding explains",
    explanation="By tritondoctor's model of the loader, {who} cannot start; the loader's message is "
    "below. Either the installation has a fault that tritondoctor does not know, or the model is wrong "
    "here. A real start will tell.",
    means="PyTriton's launch runs tritonserver, loads its Python backend, and runs the stub, which "
    "starts Python again. One of them does not load here, for a reason that no check covers.",
    verified="tritonserver removed from an installation without RECORD: sh.CommandNotFound.",
    by_hand="Start PyTriton once (tritondoctor selftest) and read the loader's message; reinstall "
    "PyTriton. If it starts anyway, report it with `tritondoctor snapshot`.",
    reads=(
        "interpreter.minor",
        "interpreter.program",
        "launch.programs",
        "launch.stub",
        "launch.uncopyable",
        "launch.workspace.creatable",
        "launch.workspace.path",
        "pytriton.damaged",
        "pytriton.libs",
        "pytriton.libs_expected",
        "pytriton.package",
        "pytriton.stubs",
    ),
)


def findings(facts: Facts, others: Sequence[Finding]) -> Iterator[Finding]:
    """Yield a finding for each program that does not load and that none of the others explains."""
    # that the caller's own process starts, it has shown by its answer
    programs = facts.launch.programs if facts.launch else ()
    explained = {finding.id for finding in others if finding.severity == "error"}
    for program in programs:
        if not program.loads and program.role != "client" and not _ids(facts, program) & explained:
            yield finding_of(PROGRAM_NOT_LOADABLE, _result(program))


def _result(program: Program) -> CheckResult:
    sightings = tuple(Sighting(program.role, problem) for problem in program.problems)
    evidence = search_evidence(ProblemGroup("", program.path, sightings)) if sightings else ()
    remedy = Remedy("see-a-start", text("Look at a real start"), ("tritondoctor selftest",))
    return CheckResult({"program": program.path, "who": ROLES[program.role]}, tuple(evidence), (remedy,))


def _ids(facts: Facts, program: Program) -> set[str]:
    ids = {cause_of(facts, problem).id for problem in program.problems}
    return ids | {_TOLD_BY[id] for id in ids if id in _TOLD_BY}


RULES = (PROGRAM_NOT_LOADABLE,)
