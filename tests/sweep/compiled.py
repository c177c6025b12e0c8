"""Which releases of gevent load with which of greenlet: every pair of wheels really imported.

Writes tritondoctor/data/compiled_with.json.  `PAIRS` lists what extends what in compiled code; NumPy and
protobuf are told from the files themselves (facts/imports).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from packaging.version import Version

from tests.truth import stock

TABLE = Path(__file__).parents[2] / "tritondoctor/data/compiled_with.json"


class Extension(NamedTuple):
    """A package, what it extends, the releases tried of both, and what shows that they go together."""

    package: str
    base: str
    releases: Sequence[str]
    bases: Sequence[str]
    works: str


#: the releases around those between which the layout changed, with wheels for Python 3.8
PAIRS = (
    Extension(
        "gevent", "greenlet",
        ("1.5.0", "20.4.0", "20.6.2", "20.9.0", "20.12.1", "21.1.2", "21.8.0", "21.12.0", "22.8.0",
         "22.10.1", "22.10.2", "23.7.0", "23.9.1", "24.2.1"),
        ("0.4.16", "0.4.17", "1.0.0", "1.1.0", "1.1.3.post0", "2.0.0", "2.0.2", "3.0.0", "3.0.3",
         "3.1.1"),
        "import gevent.hub, gevent.pool, gevent.queue, gevent.ssl; "
        "assert gevent.spawn(lambda: 1).get() == 1; gevent.sleep(0.01)",
    ),
)  # fmt: skip


def main(python: str = "3.8") -> int:
    """Imports every pair, and writes the table."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for extension in PAIRS:
            seen = dict(_seen(extension, stock.interpreter(python), Path(folder)))
            rows += list(_rows(extension, seen))
    table = {"date": time.strftime("%F"), "python": python, "pairs": rows}
    TABLE.write_text(json.dumps(table, indent=1) + "\n")
    return 0


def _seen(
    extension: Extension, interpreter: stock.Interpreter, folder: Path
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each release of the package, and the releases of its base with which it works."""
    bases = {release: _wheel(interpreter, extension.base, release, folder) for release in extension.bases}
    for release in extension.releases:
        own = _wheel(interpreter, extension.package, release, folder)
        works = [
            base for base, place in bases.items()
            if own and place and _works(interpreter, extension.works, f"{own}:{place}")
        ]  # fmt: skip
        print(extension.package, release, "works with", extension.base, *works, flush=True)
        if own:
            yield release, tuple(works)


def _wheel(interpreter: stock.Interpreter, name: str, release: str, folder: Path) -> str:
    """A folder with one wheel; empty where there is none for this Python."""
    place = folder / f"{name}-{release}"
    command = [sys.executable, "-m", "pip", "--python", interpreter.path, "install", "-q", "--no-deps",
               "--only-binary", ":all:", "--target", str(place), f"{name}=={release}"]  # fmt: skip
    return str(place) if subprocess.run(command, capture_output=True, check=False).returncode == 0 else ""


def _works(interpreter: stock.Interpreter, code: str, path: str) -> bool:
    variables = {"PYTHONPATH": path, "LD_LIBRARY_PATH": interpreter.lib}
    done = subprocess.run([interpreter.path, "-c", code], env=variables, capture_output=True, check=False)
    return done.returncode == 0


def _rows(extension: Extension, seen: Mapping[str, tuple[str, ...]]) -> Iterator[dict[str, str]]:
    """Releases in a row that work with the same releases of the base, as specifiers."""
    groups: list[tuple[list[str], tuple[str, ...]]] = []
    for release in sorted(seen, key=Version):
        if groups and groups[-1][1] == seen[release]:
            groups[-1][0].append(release)
        elif seen[release]:
            groups.append(([release], seen[release]))
    for place, (releases, works) in enumerate(groups):
        after = groups[place + 1][0][0] if place + 1 < len(groups) else ""
        versions = ",".join(
            filter(None, (f">={releases[0]}" if place else "", f"<{after}" if after else ""))
        )
        yield {"package": extension.package, "versions": versions, "base": extension.base,
               "wanted": _between(extension.bases, works)}  # fmt: skip


def _between(bases: Sequence[str], works: Sequence[str]) -> str:
    """A specifier from the first that works to before the first that no more does."""
    first, last = bases.index(works[0]), bases.index(works[-1])
    least = f">={works[0]}" if first else ""
    most = f"<{bases[last + 1]}" if last + 1 < len(bases) else ""
    return ",".join(filter(None, (least, most)))


if __name__ == "__main__":
    sys.exit(main())
