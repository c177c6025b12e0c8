"""SHA-256 by Python's own code: loading OpenSSL costs more than all that a check hashes, and OpenSSL may
be configured to refuse (FIPS without its provider).
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import _Hash

_URLSAFE = bytes.maketrans(b"+/", b"-_")


def sha256(content: bytes = b"") -> _Hash:
    """As `hashlib.sha256`."""
    try:  # CPython 3.12 and later: Modules/sha2module.c
        from _sha2 import sha256 as own  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        try:
            from _sha256 import sha256 as own  # type: ignore[import-not-found,unused-ignore]
        except ImportError:  # a build that has OpenSSL's alone
            from hashlib import sha256 as own
    made: _Hash = own(content)
    return made


def urlsafe(digest: bytes) -> str:
    """In base64 with - and _, as RECORD has it, with the = at its end."""
    return binascii.b2a_base64(digest, newline=False).translate(_URLSAFE).decode()
