"""docker-bake.json and compose.yaml, made of the matrix: for builds on a machine with a registry."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.matrix import materials
from tests.matrix.model import DOCKER, Cell, load
from tests.matrix.run import slug

BAKE, COMPOSE = DOCKER / "docker-bake.json", DOCKER / "compose.yaml"
_ABOUT = "Made of matrix.toml by `python -m tests.matrix generate`; not to be edited."
#: the interpreters that python.Dockerfile builds
VERSIONS = {
    "3.8": "3.8.18", "3.9": "3.9.18", "3.10": "3.10.13", "3.11": "3.11.7", "3.12": "3.12.1",
    "3.13": "3.13.0",
}  # fmt: skip


def write() -> Sequence[Path]:
    """Writes both files; raises `Wrong` where the matrix cannot be read."""
    for path, text in made().items():
        path.write_text(text)
    return list(made())


def made() -> Mapping[Path, str]:
    """The files and their texts."""
    cells = load()[1]
    compose = yaml.safe_dump(_compose(cells), sort_keys=False, width=100)
    return {BAKE: json.dumps(_bake(cells), indent=1) + "\n", COMPOSE: f"# {_ABOUT}\n{compose}"}


def arguments(cell: Cell) -> dict[str, str]:
    """The arguments of a family's Dockerfile."""
    found = {"BASE": cell.base.image, "SOURCE": cell.source, "PYTHON": cell.minor,
             "RELEASE": cell.release}  # fmt: skip
    if cell.base.packages and not cell.base.suite:
        found["PACKAGES"] = " ".join(cell.base.packages)
    if cell.declared.force:
        found["FORCE"] = "yes"
    if cell.source == "conda":
        found["LIBSTDCXX"] = cell.declared.libstdcxx
    return found


def _name(cell: Cell) -> str:
    return re.sub(r"[^a-z0-9]+", "-", slug(cell).lower()).strip("-")


def _environment(cell: Cell) -> str:
    return "env-" + cell.environment.replace(".", "-").lower()


def _bake(cells: Sequence[Cell]) -> dict[str, Any]:
    targets: dict[str, Any] = {}
    for cell in cells:
        environment = _environment(cell)
        target = {
            "context": ".",
            "dockerfile": f"{cell.base.family}.Dockerfile",
            "args": arguments(cell),
            "tags": [f"tritondoctor-matrix/{environment}"],
        }
        if materials.needs_interpreter(cell):
            python = f"python-{cell.minor.replace('.', '-')}"
            target["contexts"] = {"interpreter": f"target:{python}"}
            targets[python] = {
                "context": ".", "dockerfile": "python.Dockerfile",
                "args": {"VERSION": VERSIONS[cell.minor]},
            }  # fmt: skip
        targets[environment] = target
        if cell.declared.defects:
            targets[_name(cell)] = {
                "context": ".",
                "dockerfile": "cell.Dockerfile",
                "contexts": {"environment": f"target:{environment}"},
                "args": {"DEFECTS": "; ".join(cell.declared.defects), "SOURCE": cell.source},
                "tags": [f"tritondoctor-matrix/{_name(cell)}"],
            }
    environments = sorted({_environment(cell) for cell in cells})
    broken = [_name(cell) for cell in cells if cell.declared.defects]
    families: dict[str, list[str]] = {
        family: sorted({_environment(cell) for cell in cells if cell.base.family == family})
        for family in sorted({cell.base.family for cell in cells})
    }
    groups: dict[str, list[str]] = {"default": environments, "cells": broken, **families}
    return {
        "//": _ABOUT,
        "group": {name: {"targets": targets_} for name, targets_ in groups.items()},
        "target": targets,
    }


def _compose(cells: Sequence[Cell]) -> dict[str, Any]:
    services: dict[str, Any] = {}
    for cell in cells:
        environment = _environment(cell)
        services.setdefault(environment, _service(cell, environment))
        services[_name(cell)] = _run(cell, environment)
    return {"name": "tritondoctor-matrix", "services": services}


def _service(cell: Cell, environment: str) -> dict[str, Any]:
    build = {
        "context": ".",
        "dockerfile": f"{cell.base.family}.Dockerfile",
        "args": arguments(cell),
    }
    return {"image": f"tritondoctor-matrix/{environment}", "build": build, "profiles": ["environments"]}


def _run(cell: Cell, environment: str) -> dict[str, Any]:
    declared, options = cell.declared, cell.declared.docker
    service: dict[str, Any] = {"image": f"tritondoctor-matrix/{environment}"}
    if declared.defects:
        service["image"] = f"tritondoctor-matrix/{_name(cell)}"
        service["build"] = {
            "context": ".",
            "dockerfile": "cell.Dockerfile",
            "args": {
                "ENVIRONMENT": f"tritondoctor-matrix/{environment}",
                "DEFECTS": "; ".join(declared.defects),
                "SOURCE": cell.source,
            },
        }
    service |= {
        "profiles": ["cells"],
        "network_mode": "none",
        "command": [cell.python, "/home/ana/linear_quick_start.py"],
        "environment": {name: value.replace("$", "$$") for name, value in declared.set.items()},
        "volumes": ["../tests/truth/linear.py:/home/ana/linear_quick_start.py:ro"],
    }
    if not declared.set:
        del service["environment"]
    more = {
        "shm_size": options.shm_size, "mem_limit": options.memory, "pids_limit": options.pids,
        "read_only": options.read_only, "user": options.user, "ulimits": options.ulimits,
        "tmpfs": [f"{place}:{how}" if how else place for place, how in options.tmpfs.items()],
    }  # fmt: skip
    service.update({name: value for name, value in more.items() if value})
    return service
