"""The summary of a fleet from where its reports lie; `fleet report` and `fleet run` show it."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import Optional

from tritondoctor.fleet.gather import gather
from tritondoctor.fleet.model import FleetSummary
from tritondoctor.fleet.reading import ReadingError, pieces


def summarize(paths: Sequence[str], role_from: Optional[re.Pattern[str]] = None) -> FleetSummary:
    """Return the summary of all reports.  Raises ReadingError where none can be read."""
    began = time.monotonic()
    gathering = gather(pieces(paths), role_from)
    summary = gathering.fleet(time.monotonic() - began)
    if not summary.hosts:
        first = summary.unread[0]
        raise ReadingError(f"No report could be read. {first.source}: {first.why}.")
    return summary
