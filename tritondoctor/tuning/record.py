"""The result of a race as the contract `tritondoctor.tune/1`."""

from __future__ import annotations

from typing import Any

import msgspec

from tritondoctor import __version__
from tritondoctor.tuning.model import SCHEMA, TuneResult


def as_json(result: TuneResult) -> dict[str, Any]:
    """The contract's object."""
    return {"schema": SCHEMA, "version": __version__, **msgspec.to_builtins(result)}
