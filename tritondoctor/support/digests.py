"""SHA-256 of what is small, without OpenSSL: loading that costs more than all that a check hashes."""

from __future__ import annotations

import binascii


def sha256(content: bytes) -> bytes:
    """The digest, 32 bytes."""
    try:
        from _sha2 import sha256  # type: ignore[import-not-found,unused-ignore]  # CPython 3.12 and later
    except ImportError:
        try:
            from _sha256 import sha256  # type: ignore[import-not-found,unused-ignore]
        except ImportError:  # a build that has OpenSSL's alone
            from hashlib import sha256
    digest: bytes = sha256(content).digest()
    return digest


def urlsafe(digest: bytes) -> str:
    """In base64 with - and _, as RECORD has it, with the = at its end."""
    return binascii.b2a_base64(digest, newline=False).translate(_URLSAFE).decode()


_URLSAFE = bytes.maketrans(b"+/", b"-_")
