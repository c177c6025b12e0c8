"""The GPU and its driver. Only the first obstacle on CUDA's own path is reported; see `rules.py`."""

from __future__ import annotations

from tritondoctor.checks.gpu import access, cards, driver, library, packages

__all__ = ["access", "cards", "driver", "library", "packages"]
