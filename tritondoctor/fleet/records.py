"""Records of hosts in a folder: a file for each, by the host's name."""

from __future__ import annotations

import os

import msgspec

from tritondoctor.fleet.record import HostRecord
from tritondoctor.privacy.scrub import scrub
from tritondoctor.support.atomic import write
from tritondoctor.support.reading import Limit, read_bytes


def read_one(folder: str, host: str) -> HostRecord:
    """A host's record, without what looks like a secret in what the host said."""
    content = read_bytes(_path(folder, host), Limit.REPORTS)
    return without_secrets(msgspec.json.decode(content, type=HostRecord))


def write_one(folder: str, record: HostRecord) -> None:
    """Writes or replaces a host's record."""
    write(_path(folder, record.host), msgspec.json.encode(record).decode() + "\n")


def without_secrets(record: HostRecord) -> HostRecord:
    """Reports are masked where they are made; what ssh and others say is not."""
    return msgspec.structs.replace(record, said=scrub(record.said))


def _path(folder: str, host: str) -> str:
    return os.path.join(folder, host.replace("/", "_") + ".json")
