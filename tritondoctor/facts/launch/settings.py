"""The variables that PyTriton itself reads: PYTRITON_TRITON_CONFIG_*, and the ports they lead to."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Optional

import msgspec

from tritondoctor.facts.imports.syntax import syntax_tree, text_of
from tritondoctor.facts.launch import list_settings, model_repository
from tritondoctor.facts.launch.model import Configuration, Endpoint, Port, Setting
from tritondoctor.loader import Files
from tritondoctor.support import tritonservers
from tritondoctor.support.patterns import pattern
from tritondoctor.support.reading import Limit

if TYPE_CHECKING:
    from tritondoctor.facts.machine.machine import MachineFacts

PREFIX = "PYTRITON_TRITON_CONFIG_"
DEFAULT_PORTS = {"http": 8000, "grpc": 8001, "metrics": 8002, "sagemaker": 8080}
_STEPS = range(1, 21)
#: the class alone: to parse the whole file takes ten times as long
_CONFIGURATION = pattern(r"^class TritonConfig\b.*(?:\n(?:[ \t)\]}#].*|(?=\n)))*", re.M)
#: addresses on which a server answers 127.0.0.1
LOCAL = ("0.0.0.0", "127.0.0.1")
#: gRPC's names of addresses (its naming.md): those with a port, and those without
_SCHEME, _NO_PORT = pattern(r"^dns:(///)?"), ("unix:", "unix-abstract:", "vsock:")
#: settings whose values may be secrets
_HIDDEN = pattern(r"RESTRICTED|KEY|CERT")


class Settings:
    """PyTriton's own reading of its variables (pytriton/triton.py, `TritonConfig.from_env`)."""

    def __init__(self, files: Files, package: str, variables: Mapping[str, str], cwd: str) -> None:
        path = f"{package}/triton.py"
        source = _source(files, path)
        self._files, self._cwd = files, cwd
        self._server = f"{package}/tritonserver"
        self._loads_all = model_repository.loads_all(source.decode("utf-8", "replace"))
        self.types = files.parsed(path, Limit.SOURCE, _field_types, _field_types) if source else {}
        self.release = list_settings.read_release(source)
        self.values = {
            name[len(PREFIX) :].lower(): value
            for name, value in variables.items()
            if name.startswith(PREFIX)
        }

    def allowed(self, endpoint: str) -> bool:
        """Whether an endpoint is served: a string is true unless empty (`bool(value)`)."""
        return bool(self.values.get(f"allow_{endpoint}", "" if endpoint == "sagemaker" else "1"))

    def port(self, endpoint: str) -> int:
        """The port of an endpoint; raises ValueError."""
        return int(self.values.get(f"{endpoint}_port", "") or DEFAULT_PORTS[endpoint])

    def address(self, endpoint: str) -> str:
        """The address that the server binds."""
        own = self.values.get(f"{endpoint}_address")
        if endpoint in ("metrics", "sagemaker"):
            own = own or self.values.get("http_address")
        return own or "0.0.0.0"

    def configuration(self) -> Configuration:
        """Return what PyTriton makes of its settings, as a fact."""
        repository = self.values.get("model_repository") if "model_repository" in self.types else None
        return Configuration(
            settings=tuple(self._setting(key, value) for key, value in self.values.items()),
            fields=tuple(self.types),
            endpoints=tuple(self._endpoint(name) for name in DEFAULT_PORTS),
            numbered_lists=self.release.numbered,
            traces=self.release.traces,
            loads_all_models=self._loads_all,
            backends=self._names(f"{self._server}/backends"),
            # PyTriton takes an empty value for the working directory too
            repository=None
            if repository is None
            else model_repository.probe(self._files, self._absolute(repository)),
            caches=self._caches(),
            certificate=self._files.is_file(self._absolute(self.values.get("grpc_server_cert", ""))),
        )

    def _caches(self) -> tuple[str, ...]:
        """Those in the folder that PyTriton names to its server, where a setting asks for one
        (triton_cache_manager.cc).
        """
        if not any(key.startswith("cache_config") for key in self.values):
            return ()
        folder = self._absolute(self.values.get("cache_directory", "") or f"{self._server}/caches")
        names = self._names(folder)
        return tuple(
            name for name in names if self._files.is_file(f"{folder}/{name}/libtritoncache_{name}.so")
        )

    def _absolute(self, path: str) -> str:
        return os.path.normpath(os.path.join(self._cwd, path))

    def _setting(self, key: str, value: str) -> Setting:
        variable = PREFIX + key.upper()
        base = list_settings.base_of(key) if self.release.numbered else ""
        kind = self.types.get(key) or self.types.get(base, "")
        shown = None if _HIDDEN.search(variable) else value
        return Setting(variable, key, kind, shown, bool(value), re.search(r"\s", value) is not None)

    def _endpoint(self, name: str) -> Endpoint:
        try:
            port: Optional[int] = self.port(name)
        except ValueError:
            port = None
        return Endpoint(name, self.allowed(name), self.address(name), port)

    def _names(self, folder: str) -> tuple[str, ...]:
        try:
            return tuple(
                name for name in self._files.listdir(folder) if self._files.is_dir(f"{folder}/{name}")
            )
        except OSError:
            return ()

    def modules(self) -> tuple[str, ...]:
        """What PyTriton asks for because of its variables (`raise_if_no_telemetry`)."""
        traced = list_settings.traces(self.release, self.values) is not None
        return ("opentelemetry.trace",) if traced else ()

    def ports(self, machine: MachineFacts, pytriton: Optional[int] = None) -> list[Port]:
        """Every port that the server binds, and whether it can be bound now.

        What the server of a process that runs, `pytriton`, holds already is free to it.
        """
        ports: list[Port] = []
        for endpoint in filter(self.allowed, DEFAULT_PORTS):
            try:
                number = self.port(endpoint)
            except ValueError:
                continue
            address = _SCHEME.sub("", self.address(endpoint))
            if address.startswith(_NO_PORT):
                continue
            same = next((port.name for port in ports if _collide(port, address, number)), "")
            if same:
                ports.append(Port(endpoint, address, number, False, "same-port", same_as=same))
                continue
            why, error = machine.port_obstacle(address, number)
            if not why and endpoint == "http" and address.startswith(LOCAL):
                why, error = machine.port_unreachable(number)
            holder = machine.port_holder(number) if why == "in-use" else None
            if pytriton and holder and tritonservers.pytriton_of(holder.pid) == pytriton:
                why, error = "", ""
            ports.append(Port(endpoint, address, number, not why, why, holder, errno=error))
        return [port if port.bindable else _with_free(port, ports, machine) for port in ports]


def _with_free(port: Port, ports: Sequence[Port], machine: MachineFacts) -> Port:
    """With the first port in steps of 1,000 that no other endpoint has and that can be bound."""
    given = {other.number for other in ports}
    numbers = [port.number + 1000 * step for step in _STEPS]
    numbers += [DEFAULT_PORTS[port.name] + 1000 * step for step in _STEPS]
    allowed = (number for number in numbers if 1024 <= number < 1 << 16 and number not in given)
    free = (number for number in allowed if not machine.port_obstacle(port.address, number)[0])
    return msgspec.structs.replace(port, free=0 if port.why_not == "unknown-address" else next(free, 0))


def _collide(port: Port, address: str, number: int) -> bool:
    """The server refuses the same address and port twice; the kernel one address beside all of them."""
    whole = number != 0 and "0.0.0.0" in (port.address, address)
    return port.number == number and (port.address == address or whole)


def _source(files: Files, path: str) -> bytes:
    try:
        return files.read(path, Limit.SOURCE)
    except OSError:
        return b""


def _field_types(source: bytes) -> dict[str, str]:
    """Field -> type of the installed release's TritonConfig; empty where it cannot be read."""
    text = source.decode("utf-8", "replace")
    # a file that was cut short ends within a line: nothing of it would be imported
    own = _CONFIGURATION.search(text) if text.endswith("\n") else None
    try:
        tree = syntax_tree(own.group() if own else text)
    except (SyntaxError, ValueError):
        return {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == "TritonConfig":
            return {
                item.target.id: re.sub(r"^Optional\[(.*)\]$", r"\1", text_of(item.annotation))
                for item in node.body
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
            }
    return {}
