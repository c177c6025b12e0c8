"""gevent's settings, read from the gevent/_config.py that is installed: which variable takes what."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Literal, Optional

import msgspec

from tritondoctor.facts.imports.syntax import syntax_tree
from tritondoctor.facts.launch.model import Refusal

Kind = Literal["importable", "bool", "int", "float", "bytes", "addresses", "any"]
#: by the classes of _config.py that a setting inherits from
_KINDS: dict[str, Kind] = {
    "ImportableSetting": "importable",
    "BoolSettingMixin": "bool",
    "IntSettingMixin": "int",
    "FloatSettingMixin": "float",
    "ByteCountSettingMixin": "bytes",
}


class GeventSetting(msgspec.Struct, frozen=True):
    """A setting: its name in `gevent.config`, its variable, its kind, and its short names for objects."""

    name: str
    variable: str
    kind: Kind
    short_names: dict[str, str]


def read(text: str) -> list[GeventSetting]:
    """The settings of a _config.py (`SettingType.__new__`); none where it is no such file."""
    try:
        tree = syntax_tree(text)
    except (SyntaxError, ValueError):
        return []
    return [_setting(node) for node in tree.body if isinstance(node, ast.ClassDef) and _is_setting(node)]


def _is_setting(node: ast.ClassDef) -> bool:
    return any(isinstance(base, ast.Name) and base.id == "Setting" for base in node.bases)


def _setting(node: ast.ClassDef) -> GeventSetting:
    bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
    kind: Kind = next((_KINDS[base] for base in bases if base in _KINDS), "any")
    name = _string(node, "name") or node.name.lower()
    variable = _string(node, "environment_key") or f"GEVENT_{name.upper()}"
    return GeventSetting(name, variable, kind, dict(_short_names(node)))


def _string(node: ast.ClassDef, name: str) -> Optional[str]:
    for target, value in _assignments(node):
        if isinstance(target, ast.Name) and target.id == name and isinstance(value, ast.Constant):
            return str(value.value)
    return None


def _short_names(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """The items of `shortname_map`, and those that are put into it one by one."""
    known: dict[str, str] = {}
    for target, value in _assignments(node):
        if isinstance(value, ast.Dict):
            for key, item in zip(value.keys, value.values):
                if isinstance(key, ast.Constant) and isinstance(item, ast.Constant):
                    known[str(key.value)] = str(item.value)
        elif isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            source = value.slice if isinstance(value, ast.Subscript) else None
            if isinstance(source, ast.Constant):
                known[str(target.slice.value)] = known.get(str(source.value), "")
    yield from known.items()


def _assignments(node: ast.ClassDef) -> Iterator[tuple[ast.expr, ast.expr]]:
    for statement in node.body:
        if isinstance(statement, ast.Assign):
            yield statement.targets[0], statement.value


def refusal(kind: Kind, value: str) -> Optional[Refusal]:
    """Why a value that names no object is refused; None where it is not (the mixins' `_convert`)."""
    if kind == "bool":
        accepted = value.lower().strip() in ("1", "true", "on", "yes", "0", "false", "off", "no", "")
        return None if accepted else "not-boolean"
    if kind == "addresses":
        return None if all(map(_is_address, filter(None, value.split(",")))) else "unknown"
    if kind not in ("int", "float", "bytes") or not value:
        return None
    if kind == "bytes" and value.lower()[-2:] in ("kb", "mb", "gb"):
        value = value[:-2]
    try:
        number = float(value) if kind == "float" else int(value)
    except ValueError:
        return "not-a-number"
    return "not-positive" if kind != "int" and number <= 0 else None


def _is_address(text: str) -> bool:
    """As `inet_pton` has it (cares.pyx, `channel.set_servers`)."""
    import ipaddress  # for the few that name servers

    try:
        ipaddress.ip_address(text.strip())
    except ValueError:
        return False
    return True
