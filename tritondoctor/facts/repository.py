"""A model repository of the user's own: which of its folders keep tritonserver from starting.

With `--load-model=*`, or without `--model-control-mode=explicit`, the server loads every folder of the
repository when it starts, hidden ones too, and ends where one is no model (server's documentation "Model
Repository" and "Model Management"; core's model_repository_manager.cc).  What a model's own code does is
not followed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from tritondoctor.loader import Files
from tritondoctor.support.reading import Limit

_VERSION = re.compile(r"0|[1-9]\d*")
#: the fields of inference.ModelConfig (Triton's model_config.proto)
_FIELDS = {
    "name", "platform", "backend", "runtime", "version_policy", "max_batch_size", "input", "output",
    "batch_input", "batch_output", "optimization", "dynamic_batching", "sequence_batching",
    "ensemble_scheduling", "instance_group", "default_model_filename", "cc_model_filenames",
    "metric_tags", "parameters", "model_warmup", "model_operations", "model_transaction_policy",
    "model_repository_agents", "response_cache", "model_metrics",
}  # fmt: skip
_TOKEN = re.compile(r"#.*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[{}\[\]<>:;,]|[^\s{}\[\]<>:;,\"'#]+|\S")


def loads_all(source: str) -> bool:
    """Whether a release starts its server so (its pytriton/triton.py)."""
    explicit = re.search(r"model_control_mode\"\] = \"explicit\"", source) is not None
    return not explicit or '"load-model"] = "*"' in source


def problems(files: Files, repository: str, backends: str) -> Iterator[str]:
    """Why its folders keep the server from starting; `backends` is the server's folder of backends."""
    try:
        names = files.listdir(repository)
    except OSError:
        return
    for name in names:
        folder = os.path.join(repository, name)
        if not files.exists(folder):
            yield f"its {name} is a link to nowhere"
        elif files.is_dir(folder):
            why = _problem(files, folder, name, backends)
            if why:
                yield f"its folder {name} {why}, and the server loads every folder at start"


def _problem(files: Files, folder: str, name: str, backends: str) -> str:
    try:
        names = files.listdir(folder)
    except OSError:
        return "cannot be read"
    versions = [one for one in names if _VERSION.fullmatch(one) and files.is_dir(f"{folder}/{one}")]
    if not versions:
        return "holds no version of a model"
    fields = _fields(_text(files, f"{folder}/config.pbtxt"))
    unknown = next((one for one in fields if one not in _FIELDS), None)
    if unknown is not None:
        return f"has a config.pbtxt with `{unknown}`, which no model's configuration has"
    if fields.get("name") not in (None, "", name):
        return f"has a config.pbtxt that names it {fields['name']}"
    newest = max(versions, key=int)
    backend = fields.get("backend", "")
    if not backend and fields.get("platform"):
        backend = fields["platform"]
    if not backend and files.exists(f"{folder}/{newest}/model.py"):
        backend = "python"
    if backend != "python" and not files.is_dir(f"{backends}/{backend or '?'}"):
        return f"wants the backend {backend}, which PyTriton has not" if backend else "has no model.py"
    file = fields.get("default_model_filename") or "model.py"
    if backend == "python" and not files.exists(f"{folder}/{newest}/{file}"):
        return f"has no {newest}/{file}"
    return ""


def _text(files: Files, path: str) -> str:
    try:
        return files.read(path, Limit.SETTINGS).decode("utf-8", "replace")
    except OSError:
        return ""


def _fields(text: str) -> dict[str, str]:
    """The fields of the outermost message in protobuf's text format, with their plain values."""
    found: dict[str, str] = {}
    depth, field, value_next = 0, "", False
    for token in _TOKEN.findall(text):
        if token.startswith("#") or token in ",;":
            continue
        if token in "{[<":
            depth, value_next = depth + 1, False
        elif token in "}]>":
            depth -= 1
        elif depth == 0 and token == ":":
            value_next = True
        elif depth == 0 and value_next:
            found[field], value_next = token.strip("\"'"), False
        elif depth == 0:
            field = token
            found[field] = ""
    return found
