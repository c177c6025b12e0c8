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
HIDDEN = "***"
_CREDENTIALS = re.compile(r"(\w+://)[^/@\s]+@")
_SECRET = (
    r"(?:token|secret|passw(?:or)?d|pwd|api[-_]?key|access[-_]?key|private[-_]?key|credential|\bauth"
    r"|signature|\bsig)"
)
#: what the value of a name that says so is, in assignments, options, JSON, headers and queries
_NAMED = re.compile(
    rf"(?i)([\w.-]*{_SECRET}[\w-]*[\"']?\s*(?:[=:]+>?\s*|\s(?=\S{{6}}))(?:b?[\"']|bearer\s+|basic\s+)?)"
    r"([^\s\"'&;,)\]}]+)"
)
_HEADER = re.compile(r"(?i)\b((?:proxy-)?authorization|cookie|set-cookie|bearer|basic)(:?\s+)(\S.*)")
#: tokens that are known by their own shape
_SHAPED = re.compile(
    r"\b(?:hf_|gh[opsu]_|github_pat_|glpat-|pypi-|npm_|sk-|xox[abpr]-|AKIA|ASIA|AIza|ya29\.|nvapi-|dckr_pat_)"
    r"[\w.-]{8,}|\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?|-----BEGIN [A-Z ]*PRIVATE KEY-----.*"
)
_KEY = re.compile(r"(?i)(\bkey[\"']?\s*[=:]\s*[\"']?)([^\s\"'&;,)\]}]{6,})")
_RUN = re.compile(r"(?<![\w/.+-])[A-Za-z0-9+/]{32,}={0,2}(?![\w.-])")


def variables(known: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """(the variables that may be told, the names of the others)."""
    shown = {name: scrub(value) for name, value in known.items() if _TOLD.fullmatch(name)}
    return shown, tuple(sorted(set(known) - set(shown)))


def scrub(text: str) -> str:
    """Removes credentials in addresses."""
    return _CREDENTIALS.sub(rf"\1{HIDDEN}@", text)


def scrub_line(text: str) -> str:
    """Removes from a line of a log whatever by its name or its shape is a secret."""
    text = _SHAPED.sub(HIDDEN, scrub(text))
    text = _HEADER.sub(rf"\1\2{HIDDEN}", text)
    for named in (_NAMED, _KEY):
        text = named.sub(rf"\1{HIDDEN}", text)
    return _RUN.sub(_unless_random, text)


def _unless_random(run: re.Match[str]) -> str:
    """Hides a long run of letters in both cases and digits; a path has more slashes than base64."""
    text = run.group()
    mixed = re.search("[0-9]", text) and re.search("[a-z]", text) and re.search("[A-Z]", text)
    return HIDDEN if mixed and text.count("/") <= len(text) / 16 else text
