"""The variables that PyTriton itself reads: PYTRITON_TRITON_CONFIG_*, and the ports they lead to."""

from __future__ import annotations

import ast
import os
import re
import socket
from collections.abc import Iterator, Mapping

from tritondoctor.facts import endpoints, listed, repository
from tritondoctor.facts.holders import holder_of, told
from tritondoctor.facts.model import Port, SettingProblem
from tritondoctor.facts.network import grpc_proxy
from tritondoctor.facts.source import syntax_tree, text_of
from tritondoctor.loader import Files
from tritondoctor.support.reading import Limit

PREFIX = "PYTRITON_TRITON_CONFIG_"
DEFAULT_PORTS = {"http": 8000, "grpc": 8001, "metrics": 8002, "sagemaker": 8080}
#: kinds that PyTriton makes into a number or a truth first, so that white space does not matter
_CONVERTED = ("int", "bool")


#: what tritonserver's command line and PyTriton's own address take (command_line_parser.cc)
_FORMS = {
    "http_thread_count": (r"-?\d*[1-9]", "a number above 0"),
}
#: variables with which packages of the launch refuse to be imported: pattern of what they take
_OF_PACKAGES = {
    "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": r"(python|cpp|upb)?$",
    # gevent's corecext.pyx (`_flags_to_int`) for what libev has on Linux; _config.py (`validate_bool`)
    "GEVENT_BACKEND": r"(?i)((epoll|poll|select|linux_iouring|noenv|forkcheck|signalfd|nosigmask|"
    r"noinotify)?\s*(,\s*|$))*$",
    "GEVENT_MONITOR_THREAD_ENABLE": r"(?i)\s*(1|true|on|yes|0|false|off|no)?\s*$",
    "GEVENT_LOOP": r"((libev|libuv)(-cext|-cffi)?[, ]*)*$|.+\.",
}


class Settings:
    """PyTriton's own reading of its variables (pytriton/triton.py, `TritonConfig.from_env`)."""

    def __init__(self, files: Files, package: str, variables: Mapping[str, str]) -> None:
        source = _source(files, f"{package}/triton.py")
        self._files = files
        self._backends = f"{package}/tritonserver/backends"
        self._loads_all = repository.loads_all(source.decode("utf-8", "replace"))
        self.types = _field_types(source)
        self.release = listed.read_release(source)
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

    def problems(self, variables: Mapping[str, str]) -> list[SettingProblem]:
        """Values that PyTriton or the server would refuse."""
        found = []
        for key, value in self.values.items():
            kind = self.types.get(key, "")
            if kind == "int":
                try:
                    int(value)
                except ValueError:
                    found.append(self._problem(key, f"int({value!r}) raises ValueError"))
            if kind and kind not in _CONVERTED and re.search(r"\s", value):
                found.append(self._problem(key, "PyTriton splits it at the white space"))
            if kind and key == "model_repository":
                found += [self._problem(key, why) for why in self._repository(value)]
        if not self.allowed("http") and not self.allowed("grpc"):
            found.append(self._problem("allow_http", "neither HTTP nor gRPC is allowed"))
        if self.values.get("allow_vertex_ai"):
            found.append(
                self._problem("allow_vertex_ai", "only Vertex AI's endpoint is served, not HTTP")
            )
        found += [
            self._problem(key, f"it is not of the form {form}")
            for key, (pattern, form) in _FORMS.items()
            if key in self.types and key in self.values
            if not re.match(pattern, self.values[key])
        ]
        lists = listed.problems(self.release, self.types, self.values)
        found += [self._problem(key, why) for key, why in lists]
        found += [self._problem(key, why) for key, why in endpoints.problems(self)]
        found += [
            SettingProblem(name, "a package that PyTriton imports refuses this value")
            for name, pattern in _OF_PACKAGES.items()
            if name in variables and not re.match(pattern, variables[name])
        ]
        proxied = not self.allowed("http") and grpc_proxy(variables, "127.0.0.1")
        if proxied:
            found.append(SettingProblem(proxied, "gRPC sends even local requests through this proxy"))
        return found

    def _repository(self, value: str) -> Iterator[str]:
        path = os.path.abspath(value)  # PyTriton takes an empty value for the working directory too
        if not os.path.isdir(path):
            yield "there is no such folder"
        elif self._loads_all:
            yield from repository.problems(self._files, path, self._backends)

    def _problem(self, key: str, why: str) -> SettingProblem:
        return SettingProblem(PREFIX + key.upper(), why)

    def modules(self) -> tuple[str, ...]:
        """What PyTriton asks for because of its variables (`raise_if_no_telemetry`)."""
        traced = listed.traces(self.release, self.values) is not None
        return ("opentelemetry.trace",) if traced else ()

    def ports(self) -> list[Port]:
        """Every port that the server binds, and whether it can be bound now."""
        found: list[Port] = []
        for endpoint in DEFAULT_PORTS:
            if not self.allowed(endpoint):
                continue
            try:
                number = self.port(endpoint)
            except ValueError:
                continue
            address = self.address(endpoint)
            same = next((one.name for one in found if _collide(one, address, number)), None)
            if same is not None:
                why = f"{same} and {endpoint} are given the same port"
                owner, holder = "PyTriton itself", None
            else:
                why = _bind(address, number)
                holder = holder_of(number) if "in use" in why else None
                owner = told(holder) if holder else ""
            found.append(Port(endpoint, address, number, not why, why, owner, holder))
        return found


def _collide(one: Port, address: str, number: int) -> bool:
    """The server refuses the same address and port twice; the kernel one address beside all of them."""
    whole = number != 0 and "0.0.0.0" in (one.address, address)
    return one.number == number and (one.address == address or whole)


def _source(files: Files, path: str) -> bytes:
    try:
        return files.read(path, Limit.SOURCE)
    except OSError:
        return b""


def _field_types(source: bytes) -> dict[str, str]:
    """Field -> type of the installed release's TritonConfig; empty where it cannot be read."""
    try:
        tree = syntax_tree(source.decode("utf-8", "replace"))
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


def _bind(address: str, number: int) -> str:
    """Why the port cannot be bound as tritonserver binds it; "" where it can."""
    address = address.strip("[]")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, number))
    except OverflowError:
        return "it is not between 0 and 65535"
    except OSError as failure:
        return failure.strerror or str(failure)
    return ""
