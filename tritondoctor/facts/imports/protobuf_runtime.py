"""What generated code demands of its runtime, read from its text.

protobuf's and gRPC's generators write a check of the runtime's version into each module (protobuf:
google/protobuf/runtime_version.py; gRPC: the head of every *_pb2_grpc.py); a runtime that is older
fails at import.  Code that protoc made before 3.19 makes its descriptors itself, which protobuf's
compiled backends refuse (google/protobuf/descriptor.py, `_CheckCalledFromGeneratedFile`).
"""

from __future__ import annotations

import re
from typing import Optional

import msgspec

from tritondoctor.support.numbers import whole
from tritondoctor.support.patterns import pattern

_PROTOBUF = pattern(r"ValidateProtobufRuntimeVersion\(\s*[\w.]+,\s*(\d+),\s*(\d+),\s*(\d+)")
_GRPC = pattern(r"^GRPC_GENERATED_VERSION = '(\d+)\.(\d+)\.(\d+)'", re.M)
_OWN_DESCRIPTORS = pattern(
    r"_descriptor\.(?:Enum|EnumValue|Field|Oneof|Service|Method)?Descriptor\($", re.M
)
#: the backends that are compiled, the first that is there is taken (api_implementation.py)
COMPILED = ("google._upb._message", "google.protobuf.pyext._message")
_VERSION = pattern(r"^__version__ = [\"']+(\d+)\.(\d+)\.(\d+)", re.M)
#: google/protobuf/runtime_version.py; until 5.28 without OSS_
_RUNTIME = pattern(r"^(?:OSS_)?MAJOR = (\d+)\n(?:OSS_)?MINOR = (\d+)\n(?:OSS_)?PATCH = (\d+)", re.M)


class Requirement(msgspec.Struct, frozen=True):
    """At least `version` of `distribution`; `file` in `package` tells which there is."""

    distribution: str
    package: str
    file: str
    version: tuple[int, ...]


def requirement(text: str) -> Optional[Requirement]:
    """The runtime that a generated module demands; None where it demands none."""
    grpc = _GRPC.search(text)
    if grpc:
        return Requirement("grpcio", "grpc", "_grpcio_metadata.py", _numbers(grpc))
    protobuf = _PROTOBUF.search(text)
    if protobuf:
        return Requirement("protobuf", "google.protobuf", "runtime_version.py", _numbers(protobuf))
    return None


def makes_descriptors(text: str) -> bool:
    """Whether generated code makes its own descriptors, as protoc's did before 3.19."""
    return _OWN_DESCRIPTORS.search(text) is not None


def version_in(text: str) -> Optional[tuple[int, ...]]:
    """The version that a module's text tells: the one that the check compares, else `__version__`."""
    match = _RUNTIME.search(text) or _VERSION.search(text)
    return _numbers(match) if match else None


def _numbers(match: re.Match[str]) -> tuple[int, ...]:
    return tuple(whole(part) for part in match.groups())
