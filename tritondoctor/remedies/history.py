"""conda's history of an environment: what a fix wrote into it is taken out, what came later stays."""

from __future__ import annotations

import re
from typing import Optional

from tritondoctor.support.digests import sha256

_BLOCK = re.compile(rb"^==> ", re.M)


def without_ours(before: bytes, after: str, now: bytes) -> Optional[bytes]:
    """The history as it is `now` without what a fix appended to `before`; `after` is the SHA-256 of both.

    None where it does not stand there just so.
    """
    if not now.startswith(before):
        return None
    later = now[len(before) :]
    for block in _BLOCK.finditer(later):
        ours = later[: block.start()]
        if sha256(before + ours).hexdigest() == after:
            return before + later[len(ours) :]
    return None
