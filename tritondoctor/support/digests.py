"""SHA-256 that needs no OpenSSL where that is configured to refuse it (FIPS without its provider)."""

from __future__ import annotations

import hashlib
import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hashlib import _Hash


def sha256(content: bytes = b"") -> _Hash:
    """As `hashlib.sha256`; of Python's own code where OpenSSL has none (Modules/sha2module.c)."""
    try:
        return hashlib.sha256(content, usedforsecurity=False)
    except ValueError:
        own: Any = importlib.import_module("_sha2" if sys.version_info >= (3, 12) else "_sha256")
        made: _Hash = own.sha256(content)
        return made
