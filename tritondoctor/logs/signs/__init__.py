"""Signs: what lines of a log mean, as data; they name findings by their ids.

The self-test reads the live log with them, `tritondoctor explain` any other.
"""

from __future__ import annotations

from tritondoctor.logs.signs import gpu, harmless, installer, loader, process, server, stub
from tritondoctor.logs.signs.model import Sign

__all__ = ["SIGNS", "Sign"]

#: in this order; the first that matches a line names it
SIGNS: tuple[Sign, ...] = (
    *harmless.SIGNS, *gpu.SIGNS, *loader.SIGNS, *server.SIGNS, *stub.SIGNS, *process.SIGNS,
    *installer.SIGNS,
)  # fmt: skip
