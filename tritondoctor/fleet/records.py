"""Records of hosts in a folder, a file for each host."""

from __future__ import annotations

import os

import msgspec

from tritondoctor.fleet.record import HostRecord
from tritondoctor.privacy.scrub import scrub
from tritondoctor.support import structs
from tritondoctor.support.atomic import write
from tritondoctor.support.reading import Limit, read_bytes


def read(folder: str, host: str) -> HostRecord:
    """Return a host's record, with secrets removed from its message."""
    content = read_bytes(_path(folder, host), Limit.REPORTS)
    return without_secrets(structs.decode(content, type=HostRecord))


def save(folder: str, record: HostRecord) -> None:
    """Write or replace a host's record."""
    write(_path(folder, record.host), msgspec.json.encode(record).decode() + "\n")


def without_secrets(record: HostRecord) -> HostRecord:
    """Remove secrets from the message; reports are masked already on their hosts."""
    return msgspec.structs.replace(record, message=scrub(record.message))


def _path(folder: str, host: str) -> str:
    return os.path.join(folder, host.replace("/", "_") + ".json")
