"""`init`: a server and a client to start from."""

from __future__ import annotations

import importlib.resources
import os
from typing import Literal

from tritondoctor.installing import InstallError
from tritondoctor.support.atomic import write_new

Kind = Literal["linear", "streaming", "ensemble", "llama", "framework"]
FRAMEWORKS = ("numpy", "torch", "tensorflow", "jax", "onnxruntime", "cupy")
_ALONE: dict[Kind, tuple[str, ...]] = {
    "streaming": ("server.py", "client.py", "README.md"),
    "ensemble": ("server.py", "client.py", "pipe.pbtxt", "README.md"),
    "llama": ("server.py", "model.py", "client.py", "README.md"),
}


def files(kind: Kind, framework: str = "numpy") -> dict[str, str]:
    """What a kind consists of: name in the user's folder -> file below data/starter."""
    if kind == "linear":
        return {name: name for name in ("server.py", "client.py")}
    if kind == "framework":
        return {
            "server.py": "framework/server.py", "model.py": f"framework/models/{framework}.py",
            "client.py": "client.py", "README.md": "framework/README.md",
        }  # fmt: skip
    return {name: f"{kind}/{name}" for name in _ALONE[kind]}


def write(folder: str, kind: Kind = "linear", framework: str = "numpy") -> list[str]:
    """Write the files and return their paths.  Raises InstallError, writing nothing, if one exists."""
    paths = {os.path.join(folder, name): source for name, source in files(kind, framework).items()}
    for path in paths:
        if os.path.lexists(path):
            raise InstallError(f"{path} already exists; nothing was written. Name another folder.")
    sources = importlib.resources.files("tritondoctor.data").joinpath("starter")
    contents = {
        path: sources.joinpath(source).read_text(encoding="utf-8") for path, source in paths.items()
    }
    try:
        os.makedirs(folder, exist_ok=True)
        write_new(contents)
    except FileExistsError as failure:
        raise InstallError(
            f"{failure.filename} already exists; nothing was written. Name another folder."
        ) from None
    except OSError as failure:
        raise InstallError(f"{failure.filename or folder}: {failure.strerror}") from failure
    return list(paths)
