"""Settings of the endpoints that the server refuses, or that hide it from PyTriton.

Follows command_line_parser.cc, http_server.cc and grpc_server.cc of Triton, and PyTriton's
utils/endpoint_utils.py.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tritondoctor.facts.settings import Settings

_DOTTED = r"(0[xX][\da-fA-F]+|\d+)(\.(0[xX][\da-fA-F]+|\d+)){0,3}$"
_RANGE = re.compile(r"(\d+)-(\d+)$")


def problems(settings: Settings) -> Iterator[tuple[str, str]]:
    """(key, why) of each."""
    values = {key: value for key, value in settings.values.items() if key in settings.types}
    yield from _addresses(values)
    yield from _asked(settings)
    yield from _sagemaker(settings, values)
    if not re.match(
        r"(?i)(none|low|medium|high)?$", values.get("grpc_infer_response_compression_level", "")
    ):
        yield "grpc_infer_response_compression_level", "it is none of none, low, medium and high"
    for key in ("grpc_use_ssl", "grpc_use_ssl_mutual"):
        if values.get(key) and not os.path.isfile(values.get("grpc_server_cert", "")):
            yield key, "it needs a certificate's file"


def _addresses(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """libevhtp knows numbers only, and takes a name for 255.255.255.255; gRPC needs brackets."""
    http = values.get("http_address")
    if http and not re.match(_DOTTED, http):
        yield "http_address", "it is no IPv4 address; the server then listens where nobody reaches it"
    grpc = values.get("grpc_address", "")
    if ":" in grpc and not re.match(r"\[.+\]$", grpc):
        yield "grpc_address", "an IPv6 address needs brackets"


def _asked(settings: Settings) -> Iterator[tuple[str, str]]:
    """PyTriton takes port 0 for none and asks on the usual one, the server takes any that is free."""
    endpoint = "http" if settings.allowed("http") else "grpc"
    try:
        if settings.port(endpoint) == 0:
            yield f"{endpoint}_port", "the server takes any free port, and PyTriton asks on the usual one"
    except ValueError:
        pass  # told as no number


def _sagemaker(settings: Settings, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    given = values.get("sagemaker_safe_port_range")
    if given is None:
        return
    bounds = _RANGE.match(given)
    if bounds is None:
        yield "sagemaker_safe_port_range", "it is not of the form number-number"
    elif values.get("allow_sagemaker"):
        for endpoint in ("http", "grpc", "metrics"):
            try:
                number = settings.port(endpoint) if settings.allowed(endpoint) else int(bounds[1])
            except ValueError:
                continue
            if not int(bounds[1]) <= number <= int(bounds[2]):
                yield "sagemaker_safe_port_range", f"the port of {endpoint}, {number}, is not in it"
                return
