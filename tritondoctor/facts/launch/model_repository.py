"""A model repository of the user's own: its folders, their versions and configurations."""

from __future__ import annotations

import os
import re
from typing import Optional

from tritondoctor.facts.launch.model import ModelFolder, ModelRepository
from tritondoctor.loader import Files
from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import Limit

_VERSION = pattern(r"0|[1-9]\d*")
_TOKEN = pattern(r"#.*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|[{}\[\]<>:;,]|[^\s{}\[\]<>:;,\"'#]+|\S")


def loads_all(source: str) -> bool:
    """Return whether a release has its server load every model at start (its pytriton/triton.py)."""
    explicit = re.search(r"model_control_mode\"\] = \"explicit\"", source) is not None
    return not explicit or '"load-model"] = "*"' in source


def probe(files: Files, path: str) -> ModelRepository:
    """Return what a model repository holds; links are followed, models are not loaded."""
    if not files.is_dir(path):
        return ModelRepository(path, False)
    try:
        names = files.listdir(path)
    except OSError:
        return ModelRepository(path, True)
    folders = (_folder(files, os.path.join(path, name), name) for name in names)
    return ModelRepository(path, True, tuple(folder for folder in folders if folder is not None))


def _folder(files: Files, path: str, name: str) -> Optional[ModelFolder]:
    if not files.exists(path):
        return ModelFolder(name, "broken-link")
    if not files.is_dir(path):
        return None
    try:
        names = files.listdir(path)
    except OSError:
        return ModelFolder(name, "unreadable")
    numbers = (entry for entry in names if _VERSION.fullmatch(entry) and files.is_dir(f"{path}/{entry}"))
    versions = tuple(sorted(numbers, key=int))
    configuration = _fields(_text(files, f"{path}/config.pbtxt"))
    wanted = (
        {"model.py", configuration.get("default_model_filename") or "model.py"} if versions else set()
    )
    present = (name for name in sorted(wanted) if files.exists(f"{path}/{versions[-1]}/{name}"))
    return ModelFolder(name, "folder", versions, tuple(present), configuration)


def _text(files: Files, path: str) -> str:
    try:
        return files.read(path, Limit.SETTINGS).decode("utf-8", "replace")
    except OSError:
        return ""


def _fields(text: str) -> dict[str, str]:
    """Return the fields of the outermost message in protobuf's text format, with their plain values."""
    fields: dict[str, str] = {}
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
            fields[field], value_next = token.strip("\"'"), False
        elif depth == 0:
            field = token
            fields[field] = ""
    return fields
