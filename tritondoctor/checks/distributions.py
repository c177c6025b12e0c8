"""Distributions by the modules that they bring."""

from __future__ import annotations

from tritondoctor.facts.imports.distributions import BROUGHT_BY

#: those whose name differs from the module's
DISTRIBUTIONS = {
    **BROUGHT_BY, "typing_inspect": "typing-inspect", "triton_python_backend_utils": "nvidia-pytriton",
    "pytriton": "nvidia-pytriton", "tritonclient": "tritonclient[grpc,http]",
}  # fmt: skip


def distribution_of(module: str) -> str:
    """Return what pip installs for a module, with its extras."""
    top = module.partition(".")[0]
    return DISTRIBUTIONS.get(top, top)


def name_of(module: str) -> str:
    """Return the canonical name of a module's distribution (PEP 503), without extras."""
    return distribution_of(module).partition("[")[0].replace("_", "-").lower()
