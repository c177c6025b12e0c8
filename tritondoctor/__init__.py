"""The environment doctor and installer for NVIDIA PyTriton."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from tritondoctor.notebook import CheckedEnvironment

__version__ = "0.1.0"


def check(
    path: Optional[str] = None, *, gpu: str = "auto", show_paths: bool = False
) -> CheckedEnvironment:
    """Examine this Python, or the environment at `path`: for notebooks and scripts (see notebook.py)."""
    from tritondoctor import notebook

    return notebook.check(path, gpu=gpu, show_paths=show_paths)
