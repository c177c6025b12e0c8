"""Findings from a recording: pure, so that a recording of elsewhere is judged alike."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks import Finding
from tritondoctor.running import judge_calls, judge_processes
from tritondoctor.running.figures import figures
from tritondoctor.running.model import Recording

_RANK = {"error": 0, "warning": 1, "info": 2}


def findings(recording: Recording) -> tuple[Finding, ...]:
    """Return what a recording shows, the most severe first."""
    return tuple(sorted(_all(recording), key=lambda finding: _RANK[finding.severity]))


def _all(recording: Recording) -> Iterator[Finding]:
    known = figures(recording)
    yield from judge_calls.findings(recording, known)
    yield from judge_processes.findings(recording, known)
