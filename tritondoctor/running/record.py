"""A recording with what follows from it: the contract `tritondoctor.attach/1`, written and read again."""

from __future__ import annotations

from typing import Any, Literal, Optional

import msgspec

from tritondoctor import __version__
from tritondoctor.checks import Finding
from tritondoctor.examination.report import finding_json
from tritondoctor.running import judge
from tritondoctor.running.figures import ModelFigures, figures
from tritondoctor.running.model import Recording
from tritondoctor.support import structs
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _
from tritondoctor.support.reading import Limit, open_named

SCHEMA = "tritondoctor.attach/1"
Verdict = Literal["ok", "warn", "fail"]


class Examined(msgspec.Struct, frozen=True):
    """What was seen of a server, and what it means.  `environment` holds what `check` says of the
    environment of its process; None: it was not checked.
    """

    recording: Recording
    models: tuple[ModelFigures, ...]
    findings: tuple[Finding, ...]
    environment: Optional[tuple[Finding, ...]] = None

    @property
    def verdict(self) -> Verdict:
        """`fail` exactly where a finding is an error."""
        severities = {finding.severity for finding in self.findings}
        return "fail" if "error" in severities else "warn" if "warning" in severities else "ok"

    @property
    def exit_code(self) -> int:
        """1 where a finding is an error."""
        return int(self.verdict == "fail")


def examined(recording: Recording, environment: Optional[tuple[Finding, ...]] = None) -> Examined:
    """Judge a recording."""
    return Examined(recording, figures(recording), judge.findings(recording), environment)


def as_json(result: Examined) -> dict[str, Any]:
    """The contract's object."""
    recording = msgspec.to_builtins(result.recording)
    server = recording.pop("server")
    checked = result.environment
    return {
        "schema": SCHEMA,
        "version": __version__,
        "verdict": result.verdict,
        "server": server,
        "models": msgspec.to_builtins(result.models),
        "findings": [finding_json(finding) for finding in result.findings],
        "environment": None if checked is None else [finding_json(finding) for finding in checked],
        "seconds": result.recording.seconds,
        "recording": recording,
    }


class _KeptRecording(msgspec.Struct):
    schema: str
    server: msgspec.Raw
    recording: msgspec.Raw


def read(path: str) -> Recording:
    """Read what `attach --json` printed; "-" is standard input.  Raises UsageError."""
    try:
        with open_named(path) as file:
            content = file.read(Limit.REPORTS + 1)
    except OSError as failure:
        raise UsageError(f"{path}: {failure.strerror}.") from None
    try:
        kept = structs.decode(content, type=_KeptRecording)
        if kept.schema != SCHEMA:
            raise ValueError(f"schema {kept.schema}")
        recording = {**msgspec.json.decode(kept.recording), "server": msgspec.json.decode(kept.server)}
        replayed = structs.convert(recording, Recording)
        if not replayed.looks:
            raise ValueError("no looks")
        return replayed
    except (ValueError, TypeError, RecursionError) as failure:
        raise UsageError(
            _("{path} is no JSON of `tritondoctor attach`: {why}.", path=path, why=str(failure)[:200])
        ) from None
