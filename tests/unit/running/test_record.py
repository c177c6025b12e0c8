"""What `attach --json` prints: it follows the schema, and is judged again alike."""

from __future__ import annotations

import importlib.resources
import json
from pathlib import Path

import pytest

from tests.unit.running.build import a_model, processes, recording, still
from tritondoctor.data.make_schema import schemas
from tritondoctor.running import record
from tritondoctor.running.model import Recording
from tritondoctor.support.errors import UsageError

HANGING = recording(still(pending=3), seconds=31, seen=lambda at_s: processes(at_s, in_call=True))


@pytest.mark.parametrize("seen", [recording(a_model), HANGING, recording(None)])
def test_replay(seen: Recording, tmp_path: Path) -> None:
    result = record.examined(seen)
    file = tmp_path / "kept.json"
    file.write_text(json.dumps(record.as_json(result)))
    again = record.examined(record.read(str(file)))
    assert again == result
    assert record.as_json(again) == record.as_json(result)


def test_contract() -> None:
    told = record.as_json(record.examined(HANGING))
    assert (told["schema"], told["verdict"], told["server"]["pid"]) == (
        "tritondoctor.attach/1",
        "fail",
        100,
    )
    assert [finding["id"] for finding in told["findings"]] == ["infer-hangs"]
    promised = "name version max_batch_size batching instances requests calls rows_per_call queue_ms"
    assert {*promised.split(), "compute_ms", "pending", "failures"} <= told["models"][0].keys()


def test_schema_is_up_to_date_and_holds() -> None:
    shipped = json.loads(
        importlib.resources.files("tritondoctor.data").joinpath("attach.schema.json").read_text()
    )
    assert shipped == schemas()["attach.schema.json"], "python -m tritondoctor.data.make_schema"
    jsonschema = pytest.importorskip("jsonschema")
    for seen in (recording(), HANGING):
        told = json.loads(json.dumps(record.as_json(record.examined(seen))))
        jsonschema.Draft202012Validator(shipped).validate(told)


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", "not json", "[" * 100_000, '{"schema": "tritondoctor.report/1"}',
     '{"schema": "tritondoctor.attach/1", "server": {}, "recording": {"looks": []}}',
     '{"schema": "tritondoctor.attach/1", "server": {"http": null, "metrics": null}, '
     '"recording": {"looks": []}}',
     '{"schema": "tritondoctor.attach/1", "server": 5, "recording": "x"}'],
)  # fmt: skip
def test_another_file_is_refused(content: str, tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    file.write_text(content)
    with pytest.raises(UsageError, match="is no JSON of"):
        record.read(str(file))


def test_no_file() -> None:
    with pytest.raises(UsageError, match="No such file"):
        record.read("/nowhere/kept.json")
