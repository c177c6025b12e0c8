"""Mirrors of the package index and of conda's channels that the user's own settings name.

Each program reads its own settings: whoever has a mirror in pip.conf only is sent by uv to an index that
cannot be reached. pip's files are those of its documentation ("Configuration Files").
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple, Optional
from urllib.parse import urlsplit

from tritondoctor.support import xdg
from tritondoctor.support.hosts import another
from tritondoctor.support.reading import Limit, read_text
from tritondoctor.support.variables import of_user
from tritondoctor.target import condarc

Program = Literal["pip", "uv", "conda"]
#: of uv only: PIP_INDEX_URL counts for both (installing/pips.py)
_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL")
_PIP_KEYS = ("index-url", "index_url", "extra-index-url", "extra_index_url")
_CONDA_KEYS = ("channel_alias", "default_channels", "custom_channels", "channels", "mirrored_channels")


class Mirror(NamedTuple):
    """The name of a host, without address and password, and the variable or the file that names it."""

    host: str
    where: str


def of_another(host: str, program: Program) -> str:
    """What to say of a host that a program does not reach: the user's own mirror, or how to name one."""
    mirror = other_than(host, of_user(), program) or Mirror("", "")
    return another(host, conda=program == "conda", mirror=mirror.host, where=mirror.where)


def other_than(host: str, variables: Mapping[str, str], program: Program) -> Optional[Mirror]:
    """The first mirror that is not `host` and that the program does not know, if there is one."""
    home = variables.get("HOME", "")
    for where, address in _NAMED[program](variables):
        mirror = _host(address)
        if mirror and mirror != host:
            short = where.replace(home, "~", 1) if home and where.startswith(f"{home}/") else where
            return Mirror(mirror, short)
    return None


def channel_address(channel: str, variables: Mapping[str, str]) -> str:
    """Where the user's own settings say that a channel lies; the channel itself where they do not.

    conda's documentation, "Settings": `custom_channels` come before `channel_alias`.
    """
    if "://" in channel or channel.startswith(("/", ".", "~")):
        return channel
    for _path, value in condarc.values(variables, (), ("custom_channels",)):
        base = value.get(channel) if isinstance(value, Mapping) else None
        if isinstance(base, str) and base:
            return f"{base.rstrip('/')}/{channel}"
    aliases = [value for _path, value in condarc.values(variables, (), ("channel_alias",))]
    for alias in (variables.get("CONDA_CHANNEL_ALIAS"), *aliases):
        if isinstance(alias, str) and alias:
            return f"{alias.rstrip('/')}/{channel}"
    return channel


def _host(address: str) -> str:
    try:
        return urlsplit(address.rpartition("=")[2]).hostname or ""  # uv: NAME=URL
    except ValueError:
        return ""


def _of_uv(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in _VARIABLES:
        yield from ((name, address) for address in variables.get(name, "").split())


def _of_pip(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for path in _pip_files(variables):
        yield from ((path, address) for address in _indexes_in(path))


def _pip_files(variables: Mapping[str, str]) -> Iterator[str]:
    """Those that count most first."""
    home = variables.get("HOME", "")
    yield from (variables[name] for name in ("PIP_CONFIG_FILE",) if variables.get(name))
    if variables.get("VIRTUAL_ENV"):
        yield os.path.join(variables["VIRTUAL_ENV"], "pip.conf")
    yield from (
        f"{xdg.settings_folder(variables)}/pip/pip.conf",
        f"{home}/.pip/pip.conf",
        "/etc/pip.conf",
    )


def _indexes_in(path: str) -> Iterator[str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(read_text(path, Limit.SETTINGS))
    except (OSError, configparser.Error):
        return
    for key in _PIP_KEYS:
        for section in parser.sections():
            yield from parser.get(section, key, fallback="").split()


def _of_conda(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for path, value in condarc.values(variables, (), _CONDA_KEYS):
        yield from ((path, address) for address in _addresses(value))


def _addresses(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _addresses(list(value.values()))
    elif isinstance(value, Iterable):
        for item in value:
            yield from _addresses(item)


#: whose settings name what a program does not know by itself
_NAMED: Mapping[Program, Callable[[Mapping[str, str]], Iterator[tuple[str, str]]]] = {
    "pip": _of_uv, "uv": _of_pip, "conda": _of_conda,
}  # fmt: skip
