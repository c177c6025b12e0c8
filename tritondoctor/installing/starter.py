"""`init`: a server and a client to start from."""

from __future__ import annotations

import importlib.resources
import os
from typing import Literal

from tritondoctor.installing import InstallError

Kind = Literal["linear", "streaming", "ensemble", "llama"]
#: what each kind consists of, below data/starter: (file there, name in the user's folder)
FILES: dict[Kind, tuple[tuple[str, str], ...]] = {
    "linear": (("server.py", "server.py"), ("client.py", "client.py")),
    "streaming": tuple((f"streaming/{name}", name) for name in ("server.py", "client.py", "README.md")),
    "ensemble": tuple(
        (f"ensemble/{name}", name) for name in ("server.py", "client.py", "pipe.pbtxt", "README.md")
    ),
    "llama": tuple(
        (f"llama/{name}", name) for name in ("server.py", "model.py", "client.py", "README.md")
    ),
}


def write(folder: str, kind: Kind = "linear") -> list[str]:
    """Write the files and return their paths.  Raises InstallError, writing nothing, if one exists."""
    paths = {os.path.join(folder, name): source for source, name in FILES[kind]}
    for path in paths:
        if os.path.lexists(path):
            raise InstallError(f"{path} already exists; nothing was written.")
    sources = importlib.resources.files("tritondoctor.data").joinpath("starter")
    try:
        os.makedirs(folder, exist_ok=True)
        for path, source in paths.items():
            with open(path, "x", encoding="utf-8") as file:
                file.write(sources.joinpath(source).read_text(encoding="utf-8"))
    except OSError as failure:
        raise InstallError(f"{failure.filename or folder}: {failure.strerror}") from failure
    return list(paths)
