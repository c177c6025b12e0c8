"""Which host a package manager could not reach, by what it printed, and how to go to another."""

from __future__ import annotations

import re
from typing import Optional

from tritondoctor.support.patterns import pattern

#: of urllib3 (pip, conda), conda itself, uv and py-rattler (reqwest), curl (mamba), the C library
_NO_WAY = pattern(
    r"NewConnectionError|NameResolutionError|ConnectTimeoutError|ReadTimeoutError|MaxRetryError|"
    r"ProxyError|SSLError|error sending request|dns error|Could not resolve host|Connection timed out|"
    r"Name or service not known|Temporary failure in name resolution|Network is unreachable|"
    r"No route to host|Connection refused|Connection reset by peer|Failed to connect to|"
    r"CONNECTION FAILED",
    re.I,
)
_HOSTS = (
    pattern(r"HTTPS?Connection(?:Pool)?\(host='([^'\s]{1,253})'"),
    pattern(r"Could not resolve host: ([\w.:-]{1,253})"),
    pattern(r"Failed to connect to ([\w.:-]{1,253}?) (?:port|after)"),
    pattern(r"https?://(?:[^/@\s'\"]*@)?([\w.-]{1,253})"),
)


def unreachable(text: str) -> Optional[str]:
    """The host that could not be reached ("" where the text does not name it); None where the network is
    not what failed.
    """
    failure = _NO_WAY.search(text)
    if failure is None:
        return None
    found = (pattern.search(text) for pattern in _HOSTS)
    return next((match.group(1) for match in found if match), "")


def another(host: str, *, conda: bool, mirror: str = "", where: str = "") -> str:
    """What to say of a host that is not reached; `mirror` is one that a setting, `where`, names."""
    what = host or ("the channel" if conda else "the package index")
    option = "--channel URL" if conda else "the variable PIP_INDEX_URL"
    if mirror:
        return f"{what} cannot be reached; {where} names {mirror}: give its address with {option}"
    return f"{what} cannot be reached; where a mirror can, name it with {option}"
