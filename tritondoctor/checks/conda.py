"""Conda prefixes: common workarounds and partly updated libraries."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.installing import conda_installs
from tritondoctor.checks.model import CheckResult, check, cure, text
from tritondoctor.facts.model import Facts


@check(
    "libstdcxx-symlinked-to-system",
    "warning",
    title="{path} is a link out of its conda environment",
    explanation="It points to {target}. This postpones the next failure: the next conda transaction "
    "undoes it, and packages that need a newer libstdc++ than the system's then fail.",
    means="A common workaround for GLIBCXX errors is to link the system's libstdc++.so.6 into the "
    "environment.",
    verified="Reported in cvg/pixel-perfect-sfm#11 and BGI-Qingdao/TGS-GapCloser#88; reproduced with a "
    "prefix that the tests build.",
    by_hand="conda install -c conda-forge 'libstdcxx-ng>=12' restores conda's own library.",
    reads=("conda", "conda_front_end", "interpreter.prefix"),
)
def libstdcxx_symlinked_to_system(facts: Facts) -> Iterator[CheckResult]:
    for prefix in facts.conda:
        if prefix.libstdcxx_target is None or prefix.prefix != facts.interpreter.prefix:
            continue
        restore = conda_installs(facts, prefix.prefix, "libstdcxx-ng>=12", again=True)
        yield CheckResult(
            {"path": f"{prefix.prefix}/lib/libstdc++.so.6", "target": prefix.libstdcxx_target},
            (),
            (cure("restore-libstdcxx", text("Let conda restore its own library"), restore),),
        )


RULES = (libstdcxx_symlinked_to_system,)
