"""Bytecode without its source, as far as its first bytes tell (importlib's `_classify_pyc`)."""

from __future__ import annotations

from typing import Optional

from tritondoctor.facts.imports.model import ImportReason
from tritondoctor.loader import Files

#: what bytecode begins with, by Python's version (MAGIC_NUMBER in _bootstrap_external.py)
_MAGIC: dict[tuple[int, ...], int] = {
    (3, 8): 3413, (3, 9): 3425, (3, 10): 3439, (3, 11): 3495, (3, 12): 3531, (3, 13): 3571,
}  # fmt: skip
_HEADER = 16


def fault(files: Files, path: str, version: tuple[int, ...]) -> Optional[ImportReason]:
    """Why a Python of this version refuses a file of bytecode; None where it may take it."""
    try:
        head = files.head(path, _HEADER)
    except OSError:
        return None
    magic = _MAGIC.get(version[:2])
    if magic is not None and head[:4] != magic.to_bytes(2, "little") + b"\r\n":
        return "other-bytecode"
    return "cut-bytecode" if len(head) < _HEADER else None
