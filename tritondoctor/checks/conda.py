"""Conda prefixes: folk cures and half-updated libraries."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from tritondoctor.checks.model import Found, Remedy, check, text
from tritondoctor.facts.model import Facts


@check(
    "libstdcxx-folk-link",
    "warning",
    title="{path} is a link out of its conda environment",
    explanation="It leads to {target}. This hides the next fault: conda's next transaction undoes it, "
    "and packages that need a newer libstdc++ than the system's then fail.",
    means="A widespread cure for GLIBCXX errors is to link the system's libstdc++.so.6 into the "
    "environment.",
    verified="Reported in cvg/pixel-perfect-sfm#11 and BGI-Qingdao/TGS-GapCloser#88; reproduced with a "
    "prefix that the tests build.",
    by_hand="conda install -c conda-forge 'libstdcxx-ng>=12' puts conda's own back.",
)
def libstdcxx_folk_link(facts: Facts) -> Iterator[Found]:
    for prefix in facts.conda:
        if prefix.libstdcxx_target is None or prefix.prefix != facts.interpreter.prefix:
            continue
        command = (
            f"conda install -p {shlex.quote(prefix.prefix)} -c conda-forge "
            "--force-reinstall 'libstdcxx-ng>=12'"
        )
        yield Found(
            {"path": f"{prefix.prefix}/lib/libstdc++.so.6", "target": prefix.libstdcxx_target},
            (),
            (Remedy("restore-libstdcxx", text("Let conda restore its own"), (command,)),),
        )
