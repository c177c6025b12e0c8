"""The user's own model repository: why its folders stop tritonserver from starting.

With `--load-model=*`, or without `--model-control-mode=explicit`, the server loads every folder of the
repository when it starts, hidden ones too, and ends where one is no model (server's documentation "Model
Repository" and "Model Management"; core's model_repository_manager.cc).  What a model's own code does is
not followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from tritondoctor.checks.model import Text, text
from tritondoctor.facts.launch.model import Configuration, ModelFolder, ModelRepository

#: the fields of inference.ModelConfig (Triton's model_config.proto)
_FIELDS = {
    "name", "platform", "backend", "runtime", "version_policy", "max_batch_size", "input", "output",
    "batch_input", "batch_output", "optimization", "dynamic_batching", "sequence_batching",
    "ensemble_scheduling", "instance_group", "default_model_filename", "cc_model_filenames",
    "metric_tags", "parameters", "model_warmup", "model_operations", "model_transaction_policy",
    "model_repository_agents", "response_cache", "model_metrics",
}  # fmt: skip


def problems(configuration: Configuration, repository: ModelRepository) -> Iterator[Text]:
    """Yield why the repository keeps the server from starting."""
    if not repository.exists:
        yield text("The folder {path} does not exist.", path=repository.path)
    elif configuration.loads_all_models:
        for folder in repository.folders:
            why = _problem(configuration, folder)
            if why is not None:
                yield text("{why} The server loads every folder at start.", why=why)


def _problem(configuration: Configuration, folder: ModelFolder) -> Optional[Text]:
    name, fields = folder.name, folder.configuration
    if folder.state == "broken-link":
        return text("Its {name} is a broken link.", name=name)
    if folder.state == "unreadable":
        return text("Its folder {name} cannot be read.", name=name)
    if not folder.versions:
        return text("Its folder {name} contains no version of a model.", name=name)
    unknown = next((field for field in fields if field not in _FIELDS), None)
    if unknown is not None:
        template = "Its folder {name} has a config.pbtxt with the field {field}, which does not exist."
        return text(template, name=name, field=unknown)
    if fields.get("name") not in (None, "", name):
        template = "Its folder {name} has a config.pbtxt with another name, {other}."
        return text(template, name=name, other=fields["name"])
    return _backend_problem(configuration, folder)


def _backend_problem(configuration: Configuration, folder: ModelFolder) -> Optional[Text]:
    name, fields = folder.name, folder.configuration
    backend = fields.get("backend", "") or fields.get("platform", "")
    if not backend and "model.py" in folder.files:
        backend = "python"
    if not backend:
        return text("Its folder {name} has no model.py.", name=name)
    if backend != "python" and backend not in configuration.backends:
        template = "Its folder {name} needs the backend {backend}, which PyTriton does not have."
        return text(template, name=name, backend=backend)
    file = fields.get("default_model_filename") or "model.py"
    if backend == "python" and file not in folder.files:
        template = "Its folder {name} has no {file}."
        return text(template, name=name, file=f"{folder.versions[-1]}/{file}")
    return None
