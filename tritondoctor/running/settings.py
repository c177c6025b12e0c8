"""The configuration of models, from /v2/models/MODEL/config (ModelConfig of model_config.proto as
JSON).
"""

from __future__ import annotations

import json
from typing import Any, Optional
from urllib.parse import quote

from tritondoctor.running.http import Address, NoReply, get
from tritondoctor.running.model import ModelSettings

#: the statuses of a model that the server does not have: 400 before release 23.10, then 404
_UNKNOWN = (400, 404)


class UnknownModel(Exception):  # noqa: N818
    """The server says that it does not have the model."""


def fetch(address: Address, name: str, version: str, deadline_s: float) -> Optional[ModelSettings]:
    """Read the configuration of a model; None where it is not stated.  Raises UnknownModel."""
    path = f"/v2/models/{quote(name, safe='')}/versions/{quote(version, safe='')}/config"
    try:
        reply = get(address, path, deadline_s)
    except NoReply:
        return None
    if reply.status in _UNKNOWN and b"unknown model" in reply.body:
        raise UnknownModel(name)
    return parse(reply.body, version) if reply.status == 200 else None


def parse(body: bytes, version: str) -> Optional[ModelSettings]:
    """Read the JSON; None where it is no model's configuration."""
    try:
        config = json.loads(body)
        return _settings(config, version)
    except (ArithmeticError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _settings(config: dict[str, Any], version: str) -> ModelSettings:
    batching = config.get("dynamic_batching")
    groups = config.get("instance_group") or []
    return ModelSettings(
        name=str(config["name"]),
        version=version,
        max_batch_size=int(config.get("max_batch_size", 0)),
        batching=batching is not None,
        instances=sum(
            int(group.get("count", 1)) * max(1, len(group.get("gpus") or [])) for group in groups
        ),
        decoupled=bool((config.get("model_transaction_policy") or {}).get("decoupled")),
        delay_us=int((batching or {}).get("max_queue_delay_microseconds", 0)),
    )
