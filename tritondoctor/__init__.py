"""The environment doctor and installer for NVIDIA PyTriton."""

# Nothing is imported: `python -m` runs this before __main__ takes the working directory off sys.path.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional

    from tritondoctor.notebook import CheckedEnvironment

__version__ = "0.1.0"


def check(
    path: "Optional[str]" = None, *, gpu: str = "auto", show_paths: bool = False
) -> "CheckedEnvironment":
    """Examine this Python, or the environment at `path`: for notebooks and scripts (see notebook.py)."""
    from tritondoctor import notebook

    return notebook.check(path, gpu=gpu, show_paths=show_paths)
