"""Which variables may be told: by an allow-list of names, values scrubbed by shape."""

from __future__ import annotations

import re
from collections.abc import Mapping

_TOLD = re.compile(
    r"(LD_\w+|PATH|HOME|SHELL|TMPDIR|XDG_CACHE_HOME|VIRTUAL_ENV|CONDA_(PREFIX(_\d)?|DEFAULT_ENV|SHLVL)"
    r"|MAMBA_ROOT_PREFIX|PYTHON[A-Z0-9_]+|PYTRITON_HOME|PYTRITON_NO_TENSORSTORE|PYTRITON_VIZTRACER"
    r"|PYTRITON_TRITON_CONFIG_(?!.*(RESTRICTED|KEY|CERT))\w+|BASH_ENV|LANG|LANGUAGE|LC_[A-Z]+|CUDA_\w+"
    r"|NVIDIA_(VISIBLE_DEVICES|DRIVER_CAPABILITIES)|GLIBC_TUNABLES|LOCPATH"
    r"|GEVENT_LOOP|PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"
    r"|(?i:https?_proxy|no_proxy|grpc_proxy))"
)
_CREDENTIALS = re.compile(r"(\w+://)[^/@\s]+@")
HIDDEN = "***"


def variables(known: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """(the variables that may be told, the names of the others)."""
    shown = {name: scrub(value) for name, value in known.items() if _TOLD.fullmatch(name)}
    return shown, tuple(sorted(set(known) - set(shown)))


def scrub(text: str) -> str:
    """Removes credentials in addresses."""
    return _CREDENTIALS.sub(rf"\1{HIDDEN}@", text)
