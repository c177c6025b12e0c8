"""What an interpreter answers (interview.py): whatever it prints, only what has this shape passes."""

from __future__ import annotations

from typing import Annotated, Optional

import msgspec

from tritondoctor.support import structs

_Version = Annotated[str, msgspec.Meta(pattern=r"^\d{1,3}\.\d{1,3}\.\d{1,3}$")]
_TOO_OLD = (3, 3)


class NonsenseError(Exception):
    """What came is not the answer of a Python; the message says why."""


class Site(msgspec.Struct, frozen=True):
    """What its `site` module says of the folders of packages."""

    packages: tuple[str, ...]
    user: Optional[str]


class CodeLine(msgspec.Struct, frozen=True):
    """Code that `site` runs at start: a line of a .pth file, or the import of a module at `file`."""

    file: str
    text: str


class Answer(msgspec.Struct, frozen=True):
    """An interpreter's account of itself, named as in `sys` and `sysconfig`."""

    version: _Version
    version_text: str
    implementation: str
    executable: Optional[str]
    prefix: str
    base_prefix: str
    exec_prefix: str
    base_exec_prefix: str
    stdlib: str
    sys_path: tuple[str, ...]
    builtin_modules: tuple[str, ...]
    startup_modules: tuple[str, ...]
    extension_suffixes: tuple[str, ...]
    abiflags: str
    machine: str
    config: dict[str, Optional[str]]
    site: Site
    startup_code: tuple[CodeLine, ...] = ()
    stopped_clocks: tuple[str, ...] = ()
    variables: dict[str, str] = {}


class Old(msgspec.Struct, frozen=True):
    """All that a Python before 3.3 says."""

    version: _Version


def parse(line: bytes) -> Answer | Old:
    """The answer in a line of JSON.  Raises NonsenseError, whatever the bytes are."""
    try:
        data = _decoded(line)
        _examine(data)
        if isinstance(data, dict) and data.keys() == {"version"}:
            old = structs.convert(data, Old)
            if tuple(map(int, old.version.split("."))) >= _TOO_OLD:
                raise NonsenseError("it says no more than its version")
            return old
        return structs.convert(_with_texts(data), Answer)
    except RecursionError:
        raise NonsenseError("it is nested too deeply") from None
    except UnicodeError:
        raise NonsenseError("a text in it cannot be a path") from None
    except ValueError as failure:  # msgspec's and json's own are such
        raise NonsenseError(str(failure).splitlines()[0][:200]) from None


def _decoded(line: bytes) -> object:
    try:
        return msgspec.json.decode(line)
    except ValueError:  # a path that is no UTF-8 has halves of surrogate pairs
        import json

        return json.loads(line)


def _examine(value: object) -> None:
    """Raises ValueError where a text could be no path: a NUL, or half of a surrogate pair."""
    if isinstance(value, str):
        value.encode("utf-8", "surrogateescape")
        if "\0" in value:
            raise ValueError("a text in it contains NUL")
    elif isinstance(value, dict):
        for key, item in value.items():
            _examine(key)
            _examine(item)
    elif isinstance(value, list):
        for item in value:
            _examine(item)


def _with_texts(data: object) -> object:
    """With the values of `config`, which are numbers too, as texts."""
    config = data.get("config") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(config, dict):
        return data
    return {**data, "config": {name: None if v is None else str(v) for name, v in config.items()}}
