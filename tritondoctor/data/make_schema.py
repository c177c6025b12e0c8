"""Write the schemas in this folder: python -m tritondoctor.data.make_schema.

Types define the facts' part; a test compares the files with them.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any, Optional

import msgspec

from tritondoctor.examination import report, snapshot
from tritondoctor.facts.model import Facts
from tritondoctor.fleet import model, record
from tritondoctor.running import record as attach_record
from tritondoctor.running.figures import ModelFigures
from tritondoctor.running.model import Recording, RunningServer
from tritondoctor.selftest.model import Proof
from tritondoctor.tuning import model as tune_model

HERE = Path(__file__).parent
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": _TEXT}
_MAYBE = {"type": ["string", "null"]}
_COUNTS = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schemas by file name."""
    (facts, snap, proof), parts = msgspec.json.schema_components(
        (Facts, snapshot.Snapshot, Optional[Proof]), ref_template="#/$defs/{name}"
    )
    finding = _object(
        id={"type": "string", "pattern": "^[a-z0-9-]+$"},
        severity={"enum": ["error", "warning", "info"]},
        title=_TEXT, explanation=_TEXT,
        fields={"type": "object", "additionalProperties": _TEXT},
        evidence=_TEXTS,
        remedies={"type": "array", "items": _object(id=_TEXT, title=_TEXT, commands=_TEXTS)},
    )  # fmt: skip
    ignored = {"allOf": [{"$ref": "#/$defs/finding"}, _object(reason=_TEXT, by=_TEXT)]}
    report_schema = _object(
        schema={"const": report.SCHEMA},
        version=_TEXT,
        verdict={"enum": ["ok", "warn", "fail"]},
        target=_object(
            python=_TEXT,
            prefix=_MAYBE,
            kind=_TEXT,
            chosen_by=_TEXT,
            python_version=_MAYBE,
            pytriton=_MAYBE,
        ),
        facts=facts,
        findings={"type": "array", "items": {"$ref": "#/$defs/finding"}},
        ignored={"type": "array", "items": ignored},
        policy=_object(file=_MAYBE, not_obeyed=_TEXTS),
        redaction=_object(removed=_COUNTS, untold_variables={"type": "integer", "minimum": 0}),
        selftest={
            "type": ["object", "null"],
            "properties": {
                "passed": {"type": "boolean"},
                "device": {"type": ["object", "null"], "properties": {"proof": proof}},
            },
        },
        seconds={"type": "number", "minimum": 0},
    )
    shared = {name: part for name, part in parts.items() if name != "Snapshot"}
    made = {
        "report.schema.json": {
            "$schema": _DIALECT, "title": report.SCHEMA, **report_schema,
            "$defs": {**shared, "finding": finding},
        },
        "snapshot.schema.json": {"$schema": _DIALECT, "title": snapshot.SCHEMA, **snap, "$defs": parts},
        "host.schema.json": _of(record.HostRecord, record.SCHEMA),
        "fleet.schema.json": _of(model.FleetSummary, model.SCHEMA),
        "attach.schema.json": _attach(finding),
        "tune.schema.json": _tune(),
    }  # fmt: skip
    plain: dict[str, dict[str, Any]] = json.loads(json.dumps(made), object_hook=_unindented)
    return plain


def _unindented(part: dict[str, Any]) -> dict[str, Any]:
    """Docstrings keep their indentation before Python 3.13, and in older releases of msgspec."""
    if isinstance(part.get("description"), str):
        part["description"] = inspect.cleandoc(part["description"])
    return part


def _attach(finding: dict[str, Any]) -> dict[str, Any]:
    (server, models, recording), parts = msgspec.json.schema_components(
        (RunningServer, tuple[ModelFigures, ...], Recording), ref_template="#/$defs/{name}"
    )
    of_recording = parts["Recording"]
    del of_recording["properties"]["server"]
    of_recording["required"].remove("server")
    findings = {"type": "array", "items": {"$ref": "#/$defs/finding"}}
    schema = _object(
        schema={"const": attach_record.SCHEMA},
        version=_TEXT,
        verdict={"enum": ["ok", "warn", "fail"]},
        server=server,
        models=models,
        findings=findings,
        environment={"anyOf": [{"type": "null"}, findings]},
        seconds={"type": "number", "minimum": 0},
        recording=recording,
    )
    return {"$schema": _DIALECT, "title": attach_record.SCHEMA, **schema,
            "$defs": {**parts, "finding": finding}}  # fmt: skip


def _tune() -> dict[str, Any]:
    schema = _of(tune_model.TuneResult, tune_model.SCHEMA)
    head = {"schema": {"const": tune_model.SCHEMA}, "version": _TEXT}
    result = schema["$defs"]["TuneResult"]
    result["properties"] = {**head, **result["properties"]}
    result["required"] = [*head, *result["required"]]
    return schema


def _of(type: type[msgspec.Struct], title: str) -> dict[str, Any]:
    (schema,), parts = msgspec.json.schema_components((type,), ref_template="#/$defs/{name}")
    return {"$schema": _DIALECT, "title": title, **schema, "$defs": parts}


if __name__ == "__main__":
    for name, schema in schemas().items():
        (HERE / name).write_text(json.dumps(schema, indent=1) + "\n")
