"""RECORD, the list of a distribution's files (packaging specification "Recording installed projects")."""

from __future__ import annotations

from tritondoctor.loader import Files
from tritondoctor.support.reading import Limit

#: TensorFlow 2.21 has 15,000
_MOST = 200_000
_LONGEST = 100_000  # csv refuses more


def rows(files: Files, path: str, most: int = _MOST) -> list[list[str]]:
    """Its rows, but empty ones.  Raises OSError; ValueError for what is no such list, or too long."""
    lines = files.read(path, Limit.RECORD).decode("utf-8").splitlines()
    if len(lines) > most:
        files.leave_out(path, f"has more than {most:,} rows")
        raise ValueError(f"too many rows: {path}")
    if not any('"' in line or "\0" in line or len(line) > _LONGEST for line in lines):
        return [line.split(",") for line in lines if line]
    import csv

    try:
        return [row for row in csv.reader(lines) if row]
    except csv.Error as failure:
        raise ValueError(f"{path}: {failure}") from None
