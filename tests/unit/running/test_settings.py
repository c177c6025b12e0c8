"""The configuration of a model, as the server states it."""

from __future__ import annotations

import json

import pytest

from tests.unit.running.server import serving
from tritondoctor.running import settings
from tritondoctor.running.http import Address
from tritondoctor.running.model import ModelSettings

#: what matters of what PyTriton 0.7.0 states
REAL = {
    "name": "Linear", "max_batch_size": 4, "dynamic_batching": {"max_queue_delay_microseconds": 100},
    "instance_group": [{"name": "Linear_0", "kind": "KIND_CPU", "count": 2, "gpus": []}],
}  # fmt: skip


def test_what_it_states() -> None:
    known = ModelSettings("Linear", "1", 4, batching=True, instances=2, decoupled=False, delay_us=100)
    assert settings.parse(json.dumps(REAL).encode(), "1") == known


def test_decoupled_without_a_batcher() -> None:
    config = {"name": "a", "model_transaction_policy": {"decoupled": True}}
    parsed = settings.parse(json.dumps(config).encode(), "1")
    assert parsed == ModelSettings("a", "1", 0, batching=False, instances=0, decoupled=True)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"5", b'{"name": "a", "instance_group": [5]}'])
def test_what_is_none(body: bytes) -> None:
    assert settings.parse(body, "1") is None


def test_a_name_is_no_path() -> None:
    seen: list[str] = []
    pages = {"/v2/models/a%2F..%2Fb/versions/1/config": (200, b'{"name": "a/../b"}')}
    with serving(pages, seen.append) as address:
        found = settings.fetch(address, "a/../b", "1", 5)
    assert found is not None and found.name == "a/../b"
    assert len(seen) == 1


def test_nobody_there() -> None:
    assert settings.fetch(Address("127.0.0.1", 1), "a", "1", 5) is None


@pytest.mark.parametrize("status", [400, 404])
def test_a_model_that_it_does_not_have(status: int) -> None:
    answer = b'{"error":"Request for unknown model: \'a\' is not found"}'
    pages = {"/v2/models/a/versions/1/config": (status, answer)}
    with serving(pages) as address, pytest.raises(settings.UnknownModel):
        settings.fetch(address, "a", "1", 5)


def test_a_server_without_that_endpoint() -> None:
    with serving({"/v2/models/a/versions/1/config": (404, b"")}) as address:
        assert settings.fetch(address, "a", "1", 5) is None
