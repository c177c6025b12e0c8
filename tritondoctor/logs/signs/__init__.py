"""Signs: what lines of a log mean, as data; they name findings by their ids.

The self-test reads the live log with them, `tritondoctor explain` any other.
"""

from __future__ import annotations

from tritondoctor.logs.signs import (
    answers,
    builds,
    clients,
    cluster,
    containers,
    frameworks,
    goes_on,
    gpu,
    harmless,
    images,
    installer,
    loader,
    mismatches,
    model_files,
    platforms,
    process,
    pythons,
    refused,
    repository,
    requests,
    scripts,
    served_model,
    server,
    several,
    signals,
    storage,
    stub,
)
from tritondoctor.logs.signs.model import Sign

__all__ = ["SIGNS", "Sign"]

#: in this order; the first that matches a line names it
SIGNS: tuple[Sign, ...] = (
    *goes_on.SIGNS, *harmless.SIGNS, *answers.WHOLES, *installer.INDEX, *images.SIGNS,
    *containers.SIGNS, *cluster.SIGNS,
    *platforms.SIGNS, *gpu.SIGNS, *frameworks.SIGNS, *builds.SIGNS, *storage.SIGNS, *model_files.SIGNS,
    *repository.SIGNS,
    *mismatches.SIGNS, *pythons.SIGNS, *refused.SIGNS,
    *loader.SIGNS,
    *served_model.SIGNS, *requests.SIGNS, *server.SIGNS, *stub.SIGNS, *several.SIGNS,
    *served_model.UNKNOWN, *requests.UNKNOWN, *requests.CALLS, *stub.EFFECTS,
    *clients.SIGNS, *process.SIGNS, *answers.SIGNS,
    *installer.SIGNS, *storage.UNKNOWN, *containers.UNKNOWN, *answers.UNKNOWN, *scripts.SIGNS,
    *signals.SIGNS,
)  # fmt: skip
