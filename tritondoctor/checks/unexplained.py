"""The net below the other checks: what would not start, and nobody says why."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.links import ROLES, ProblemGroup, Sighting, cause_of, search_evidence
from tritondoctor.checks.model import REGISTRY, CheckResult, Remedy, check, findings_of, text
from tritondoctor.facts.model import Facts, Program

#: ids whose problems another finding tells at times
_TOLD_BY = {
    "libstdcxx-too-old": "glibc-too-old",
    "program-interpreter-missing": "platform-unsupported",
}


@check(
    "program-not-loadable",
    "error",
    title="{program} does not load, and no other finding says why",
    explanation="The model of the loader ends with the line below, so {who} would not come up. Either "
    "the installation has a fault that tritondoctor does not know, or its model is wrong here: a real "
    "start tells.",
    means="PyTriton's launch runs tritonserver, loads its python backend, and runs the stub, which "
    "starts Python again. One of them would not load here, for a reason that no check knows by name.",
    verified="tritonserver removed from an installation without RECORD: sh.CommandNotFound.",
    by_hand="Start PyTriton once (tritondoctor selftest) and read what the loader says there; install "
    "PyTriton again. Where it starts all the same, report it with `tritondoctor snapshot`.",
)
def program_not_loadable(facts: Facts) -> Iterator[CheckResult]:
    # that the caller's own process starts, it has shown by its answer
    programs = facts.launch.programs if facts.launch else ()
    silent = [program for program in programs if not program.loads and program.role != "client"]
    if not silent:
        return
    told = {
        finding.id
        for one in REGISTRY.values()
        if one.run is not program_not_loadable
        for finding in findings_of(one, facts)
        if finding.severity == "error"
    }
    for program in silent:
        if not _ids(facts, program) & told:
            seen = tuple(Sighting(program.role, problem) for problem in program.problems)
            evidence = search_evidence(ProblemGroup("", program.path, seen)) if seen else ()
            remedy = Remedy("see-a-start", text("See what a real start says"), ("tritondoctor selftest",))
            yield CheckResult(
                {"program": program.path, "who": ROLES[program.role]}, tuple(evidence), (remedy,)
            )


def _ids(facts: Facts, program: Program) -> set[str]:
    ids = {cause_of(facts, problem)[0] for problem in program.problems}
    return ids | {_TOLD_BY[id] for id in ids if id in _TOLD_BY}
