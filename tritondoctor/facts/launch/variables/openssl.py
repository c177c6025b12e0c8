"""A configuration with which OpenSSL 3 makes no TLS context (config(5), fips_module(7)): the file that
OPENSSL_CONF names, and else that of the machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Optional

from tritondoctor.facts.launch.model import RefusedVariable
from tritondoctor.facts.launch.variables import openssl_file
from tritondoctor.facts.launch.variables.ssl import READER, makes_contexts
from tritondoctor.facts.launch.variables.view import LaunchView
from tritondoctor.loader import Files
from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import Limit

_Sections = Mapping[str, Mapping[str, str]]
_SECTION = pattern(r"\s*\[([^\]]*)\]")
_SETTING = pattern(r"\s*([\w.:-]+)\s*=(.*)")
_OFF = ("0", "no", "n", "false", "f", "off")
#: providers/implementations/rands of OpenSSL
_GENERATORS = ("CTR-DRBG", "HASH-DRBG", "HMAC-DRBG")
_DEFAULT, _FIPS = "default", "fips"
_VARIABLE = "OPENSSL_CONF"
#: OPENSSLDIR of Debian, of Fedora, and of most others
_FOLDERS = ("/usr/lib/ssl", "/etc/pki/tls", "/etc/ssl")


def configuration(view: LaunchView) -> Iterator[RefusedVariable]:
    """`ssl.create_default_context`, which aiohttp calls when it is imported, finds no ciphers."""
    value = view.variables.get(_VARIABLE)
    if value:
        yield from _refused(view, os.path.join(view.cwd, value))


def of_machine(view: LaunchView) -> Iterator[RefusedVariable]:
    """The same with the machine's own file."""
    file = openssl_file(view.files, view.variables)
    if file:
        yield from _refused(view, file, own=True)


def _refused(view: LaunchView, path: str, *, own: bool = False) -> Iterator[RefusedVariable]:
    library = view.library("libcrypto.so.3")
    if library is None or not makes_contexts(view) or (own and not _reads(view, library, path)):
        return
    lacks = _lacking(view, path, library)
    if lacks is not None:
        file = path if own else ""
        yield RefusedVariable(_VARIABLE, view.path(READER), "no-ciphers", (), lacks, file)


def _reads(view: LaunchView, library: str, file: str) -> bool:
    """Whether this libcrypto was built to read the file (`OPENSSLDIR` of `openssl version -d`)."""
    real = view.files.realpath
    return any(
        real(f"{folder}/openssl.cnf") == real(file)
        and view.holds(library, f'OPENSSLDIR: "{folder}"'.encode())
        for folder in _FOLDERS
    )


def _lacking(view: LaunchView, path: str, library: str) -> Optional[str]:
    """The setting that leaves OpenSSL without what a context needs; None where it has all."""
    sections = _sections(view.files, path)
    begin = sections.get(sections.get("", {}).get("openssl_conf", ""), {})
    activated = _activated(sections, begin.get("providers", ""))
    has_fips = _FIPS in activated and _has_fips_module(view, library)
    if activated and _DEFAULT not in activated and not has_fips:
        return f"providers: {', '.join(activated)}"
    properties = sections.get(begin.get("alg_section", ""), {}).get("default_properties", "")
    wanted = re.split(r"\s*,\s*", properties.replace(" ", ""))
    if not has_fips and ("fips=yes" in wanted or _FIPS in wanted):
        return f"default_properties = {properties}"
    generator = sections.get(begin.get("random", ""), {}).get("random", _GENERATORS[0])
    return None if generator.upper() in _GENERATORS else f"random = {generator}"


def _activated(sections: _Sections, listing: str) -> list[str]:
    """The providers that are loaded by it; where there are none, OpenSSL loads its default one."""
    return [
        sections[section].get("identity", name)
        for name, section in sections.get(listing, {}).items()
        if sections.get(section, {}).get("activate", "0").lower() not in _OFF
    ]


def _has_fips_module(view: LaunchView, library: str) -> bool:
    folder = view.variables.get("OPENSSL_MODULES") or f"{os.path.dirname(library)}/ossl-modules"
    return view.files.exists(os.path.join(view.cwd, folder, "fips.so"))


def _sections(files: Files, path: str) -> _Sections:
    """Section -> name -> value; none where the file cannot be read, which OpenSSL passes over."""
    try:
        text = files.read(path, Limit.SETTINGS).decode("utf-8", "replace")
    except OSError:
        return {}
    found: dict[str, dict[str, str]] = {"": {}}
    section = ""
    for line in re.sub(r"\\\n", "", text).splitlines():
        line = line.partition("#")[0]
        if head := _SECTION.match(line):
            section = head[1].strip()
            found.setdefault(section, {})
        elif setting := _SETTING.match(line):
            found[section][setting[1]] = setting[2].strip().strip("\"'")
    return found
