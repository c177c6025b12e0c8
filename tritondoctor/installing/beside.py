"""Which releases of a framework go with a release of PyTriton: NumPy and protobuf that both accept.

Sources: data/frameworks.json (data/make_frameworks.py), and what PyTriton's releases require.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any, NamedTuple, Optional

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tritondoctor.checks.model import Text, text
from tritondoctor.support import own_files

#: the newest release of each series: where one of them is accepted by both sides, they go together
_NUMPY = ("1.21.6", "1.22.4", "1.23.5", "1.24.3", "1.24.4", "1.25.2", "1.26.4", "2.0.2", "2.2.6", "2.4.6")
_PROTOBUF = ("3.20.3", "4.25.9", "5.29.6", "6.33.6", "7.36.2")
#: a release of protobuf -> the newest client that takes it; PyTriton was started with each
#: (docs/remedies.md), and `fix` finds it
_CLIENTS = {"5.29.6": "2.66.0", "4.25.9": "2.51.0"}


class AdvisedFramework(NamedTuple):
    """A range of releases of a framework; `why` is None where they go with PyTriton.

    `client` is the release of its client, tritonclient, with which alone they do; "" with any, or none.
    """

    name: str
    oldest: str
    newest: str
    why: Optional[Text]
    started: bool
    client: str = ""


def beside(release: Mapping[str, Any]) -> list[AdvisedFramework]:
    """What goes with a release of the table of releases: each framework, the oldest first."""
    table = own_files.table("frameworks.json")
    numpy, protobuf = _of_release(release, table["client"])

    def verdict(row: dict[str, Any]) -> tuple[str, Optional[Text], str]:
        client = _older_client(row, numpy, protobuf)
        return row["framework"], None if client else _against(row, numpy, protobuf), client

    found = []
    for (name, why, client), group in groupby(table["frameworks"], verdict):
        rows = list(group)
        started = any(row["started"] for row in rows)
        found.append(
            AdvisedFramework(name, rows[0]["version"], rows[-1]["version"], why, started, client)
        )
    return found


def _of_release(release: Mapping[str, Any], client: Mapping[str, Any]) -> tuple[str, str]:
    """What PyTriton needs of NumPy (1, for which all releases are built), its client of protobuf."""
    requires = {item.name: str(item.specifier) for item in map(Requirement, release["requires_dist"])}
    most = [part for part in client["protobuf"].split(",") if part.startswith("<")]
    numpy = requires["numpy"] if "<2" in requires["numpy"] else f"<2,{requires['numpy']}"
    return numpy, ",".join([f">={client['gencode']}", *most])


def _older_client(row: Mapping[str, Any], numpy: str, protobuf: str) -> str:
    """The older release of the client that takes the framework's protobuf; "" if none has to or can."""
    if _together(row["protobuf"], protobuf, _PROTOBUF) or not _together(row["numpy"], numpy, _NUMPY):
        return ""
    accepted = (client for other, client in _CLIENTS.items() if _together(row["protobuf"], "", (other,)))
    return next(accepted, "")


def _against(row: Mapping[str, Any], numpy: str, protobuf: str) -> Optional[Text]:
    if not _together(row["numpy"], numpy, _NUMPY):
        return text("needs NumPy {needs}; PyTriton needs {has}", needs=row["numpy"], has=numpy)
    if not _together(row["protobuf"], protobuf, _PROTOBUF):
        most = [part for part in row["protobuf"].split(",") if part.startswith("<")]
        needs = ",".join(most).replace("dev", "")
        return text("needs protobuf {needs}; PyTriton's client needs {has}", needs=needs, has=protobuf)
    return None


def _together(required: Optional[str], ours: str, versions: tuple[str, ...]) -> bool:
    if not required:
        return True
    both = SpecifierSet(required) & SpecifierSet(ours)
    return any(both.contains(version) for version in versions)
