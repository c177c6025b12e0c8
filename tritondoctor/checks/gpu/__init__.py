"""The GPU and its driver: one cause is told, the first on CUDA's own way; `rules.py` finds it."""

from __future__ import annotations

from tritondoctor.checks.gpu import access, cards, driver, library, packages

__all__ = ["access", "cards", "driver", "library", "packages"]
