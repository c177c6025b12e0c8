"""PyTriton's settings: values that it or its server rejects, and settings without effect.

Follows pytriton/triton.py (`TritonConfig`), pytriton/proxy/telemetry.py and utils/endpoint_utils.py, and
Triton's command_line_parser.cc, http_server.cc and grpc_server.cc.
"""

from __future__ import annotations

import re
import shlex
import socket
from collections.abc import Iterator

import msgspec

from tritondoctor.checks import cache_settings, model_repository, port_settings, variables
from tritondoctor.checks.model import CheckResult, Remedy, Text, check, listed, text
from tritondoctor.facts.launch.model import Configuration, Setting
from tritondoctor.facts.model import Facts
from tritondoctor.support.numbers import whole

PREFIX = "PYTRITON_TRITON_CONFIG_"


class Form(msgspec.Struct, frozen=True):
    """What a setting's value must match from its start, and how to describe that to a person."""

    pattern: str
    form: Text


_NUMBERS = r"(0[xX][\da-fA-F]+|\d+)(\.(0[xX][\da-fA-F]+|\d+)){0,3}$"
#: what tritonserver's command line takes
_FORMS = {
    "grpc_infer_response_compression_level": Form(
        r"(?i)(none|low|medium|high)?$", text("none, low, medium or high")
    ),
    # libevhtp knows numbers only, and takes a name for 255.255.255.255
    "http_address": Form(
        rf"$|{_NUMBERS}",
        text("an IPv4 address (with anything else the server listens on the wrong address)"),
    ),
    "grpc_address": Form(
        r"[^:]*$|\[.+\]$|(unix|unix-abstract|vsock|dns):",
        text("a name, an IPv4 address, or an IPv6 address in brackets"),
    ),
    "sagemaker_safe_port_range": Form(r"\d+-\d+$", text("number-number")),
}
#: what it takes for one element of a list
_ELEMENTS = {
    "trace_config": Form(r".+=", text("setting=value")),
    "metrics_config": Form(r".+=", text("setting=value")),
    "cache_config": Form(r".+,.+=", text("name,setting=value")),
}
#: what PyTriton's own tracer looks for among the elements of trace_config
_TRACER = (
    ("mode=opentelemetry", "mode=opentelemetry"),
    ("opentelemetry,url=", "opentelemetry,url=ADDRESS"),
)
#: types that PyTriton converts first, so that white space does not matter
_CONVERTED = ("int", "bool")
#: beyond the numbers of an int of C++
_INT = 1 << 31
_NO = ("false", "no", "off", "0")
#: an endpoint for clients, and a client that asks it
_PROTOCOLS = {
    "http": ("HTTP", "ModelClient('localhost')"), "grpc": ("gRPC", "ModelClient('grpc://localhost')"),
}  # fmt: skip
Problem = tuple[str, Text]  # the variable, and why it cannot be used


@check(
    "setting-invalid",
    "error",
    title="{variable} cannot be used as it is set",
    explanation="PyTriton, its server or a library of theirs fails at start: {why}",
    means="A PYTRITON_TRITON_CONFIG_* variable, a proxy that gRPC honors, or a variable that a library "
    "reads, has a value with which the quick start cannot work. It may have been set for another "
    "program, or for another version of the library.",
    verified="A port that is not a number, 70000 and -1, HTTP on gRPC's port, another machine's address, "
    "HTTP and gRPC both off, Vertex AI on, a model repository "
    "that does not exist, a trace setting without '=', gRPC only with http_proxy set or "
    "with grpcio 1.68.1, 1.69.0 and 1.70.0 (1.67.1, 1.71.2 to 1.85.3 serve); "
    "GRPC_POLL_STRATEGY=epollex, PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION=cpp, GEVENT_LOOP=libuv without "
    "cffi, SSLKEYLOGFILE in a folder that does not exist, and what `make sweep` found.",
    by_hand="Unset or correct the variable. `tritondoctor check` names it. By hand: `env | cut -d= -f1 | "
    "grep -i -e PYTRITON -e PYTHON -e GRPC -e proxy` lists the usual ones; start once without each (`env "
    "-u NAME python server.py`).",
    reads=(
        "host.memory",
        "launch.configuration.endpoint",
        "launch.configuration.endpoints",
        "launch.configuration.settings",
        "launch.grpcio",
        "surroundings.grpc_proxied",
        "surroundings.grpc_proxy",
    ),
)
def setting_invalid(facts: Facts) -> Iterator[CheckResult]:
    own = (variables.of_variable(facts, variable, why) for variable, why in _problems(facts))
    for setting in (*own, *variables.refused(facts), *port_settings.refused(facts)):
        fields = {"variable": setting.name, "why": setting.why}
        yield CheckResult(fields, setting.evidence, (setting.remedy,))


def _problems(facts: Facts) -> Iterator[Problem]:
    if facts.launch is None:
        return
    configuration = facts.launch.configuration
    for setting in configuration.settings:
        for why in _of_setting(configuration, setting):
            yield setting.variable, why
    for key, why in (
        *_of_endpoints(configuration),
        *_of_tracer(configuration),
        *cache_settings.problems(configuration, facts.host.memory),
    ):
        yield PREFIX + key.upper(), why
    if _waits_for_grpc(configuration, facts.launch.grpcio):
        yield (
            f"{PREFIX}ALLOW_HTTP",
            text(
                "Without HTTP, PyTriton asks over gRPC whether the server is ready, and grpcio {version} "
                "never sees that it is (1.67 and 1.71 do).",
                version=facts.launch.grpcio,
            ),
        )
    if proxy_stops_start(facts) and facts.surroundings and facts.surroundings.grpc_proxy:
        yield facts.surroundings.grpc_proxy, text("gRPC sends even local requests through this proxy.")


def _waits_for_grpc(configuration: Configuration, grpcio: str) -> bool:
    """Whether gRPC alone is served, and asked by a release of grpcio with which starts never ended."""
    alone = configuration.endpoint("http") is None and configuration.endpoint("grpc") is not None
    return alone and grpcio.startswith(("1.68.", "1.69.", "1.70."))


def proxy_stops_start(facts: Facts) -> bool:
    """Return whether PyTriton asks its own server over gRPC, and gRPC asks a proxy for it."""
    if facts.launch is None or facts.surroundings is None:
        return False
    configuration = facts.launch.configuration
    over_grpc = bool(configuration.endpoints) and configuration.endpoint("http") is None
    return over_grpc and "127.0.0.1" in facts.surroundings.grpc_proxied


def _of_setting(configuration: Configuration, setting: Setting) -> Iterator[Text]:
    value = setting.value
    numbered = setting.key not in configuration.fields
    if setting.type == "int" and value is not None:
        yield from _of_number(configuration, setting.key, value)
    if setting.type and not numbered and setting.type not in _CONVERTED and setting.blank:
        yield text("PyTriton splits it at white space.")
    if setting.type.startswith("List") and not numbered and setting.given:
        yield _list_by_letters(configuration, setting)
    forms = _ELEMENTS if numbered else _FORMS
    form = forms.get(setting.key.rpartition("_")[0] if numbered else setting.key)
    if setting.type and form and value is not None and not re.match(form.pattern, value):
        yield text("It must be {form}.", form=form.form)
    if setting.key == "http_address" and value and _reaches_many(value):
        yield text("It must be {form}.", form=text("an address of this machine"))
    if setting.key == "model_repository" and configuration.repository is not None:
        yield from model_repository.problems(configuration, configuration.repository)


def _reaches_many(address: str) -> bool:
    """Whether it is multicast or broadcast: it can be bound, and nobody connects to it."""
    try:
        return socket.inet_aton(address)[0] >= 224
    except (OSError, ValueError):
        return False


def _of_number(configuration: Configuration, key: str, value: str) -> Iterator[Text]:
    """PyTriton takes what int() takes, and the server what fits into an int (`ParseIntOption`)."""
    try:
        number = int(value)
    except ValueError:
        yield text("{value} is not a number.", value=repr(value))
        return
    bound = any(key == f"{endpoint.name}_port" for endpoint in configuration.endpoints if endpoint.served)
    if key == "http_thread_count" and number < 1:
        yield text("It must be {form}.", form=text("a number above 0"))
    elif not (bound or -_INT <= number < _INT):  # a port that is bound is judged as a port
        yield text("It must be {form}.", form=text("a number below {most}", most=_INT))


def _list_by_letters(configuration: Configuration, setting: Setting) -> Text:
    if configuration.numbered_lists:
        template = "PyTriton makes a list of its characters; use {name}_0 instead."
        return text(template, name=setting.variable)
    return text("PyTriton makes a list of its characters.")


def _of_endpoints(configuration: Configuration) -> Iterator[tuple[str, Text]]:
    values = configuration.values()
    over_http, over_grpc = configuration.endpoint("http"), configuration.endpoint("grpc")
    if configuration.endpoints and over_http is None and over_grpc is None:
        yield "allow_http", text("Neither HTTP nor gRPC is allowed.")
    if values.get("allow_vertex_ai"):
        yield "allow_vertex_ai", text("Only the Vertex AI endpoint is served, not HTTP.")
    first = over_http or over_grpc
    if first is not None and first.name == "grpc" and first.address.startswith("unix"):
        yield "grpc_address", text("PyTriton asks its server over TCP, and this is no address of it.")
    if first is not None and first.port == 0:
        why = text("The server picks any free port, but PyTriton asks on the default one.")
        yield f"{first.name}_port", why
    for key in ("grpc_use_ssl", "grpc_use_ssl_mutual"):
        if values.get(key) and not configuration.certificate:
            yield key, text("It needs a certificate file (GRPC_SERVER_CERT).")
    yield from _of_sagemaker(configuration)


def _of_sagemaker(configuration: Configuration) -> Iterator[tuple[str, Text]]:
    key = "sagemaker_safe_port_range"
    values = configuration.values()
    bounds = re.match(r"(\d+)-(\d+)$", values.get(key, ""))
    if bounds is None or not values.get("allow_sagemaker"):
        return
    for name in ("http", "grpc", "metrics"):
        endpoint = configuration.endpoint(name)
        if (
            endpoint
            and endpoint.port is not None
            and not int(bounds[1]) <= endpoint.port <= int(bounds[2])
        ):
            template = "The {name} port, {port}, is not in this range."
            yield key, text(template, name=name, port=endpoint.port)
            return


def _of_tracer(configuration: Configuration) -> Iterator[tuple[str, Text]]:
    if not (configuration.traces and configuration.numbered_lists):
        return
    values = configuration.values()
    elements = [value for key, value in values.items() if re.fullmatch(r"trace_config_\d+", key)]
    if not elements and values.get("trace_config") != "":
        return
    key = next((key for key in values if re.fullmatch(r"trace_config_\d+", key)), "trace_config")
    for piece, form in _TRACER:
        if not any(piece in element for element in elements):
            yield key, text("PyTriton's own tracer needs {form} in the list.", form=form)


@check(
    "setting-without-effect",
    "warning",
    title="{variable} does not have the effect it seems to have",
    explanation="{how}",
    means="PyTriton ignores PYTRITON_TRITON_CONFIG_* names that it does not know, and takes any text "
    "that is not empty, even `false`, as true.",
    verified="HTTP_PROT: `Ignoring … as could not find matching config field`; ALLOW_HTTP=False: HTTP is "
    "served.",
    by_hand="Correct the name. To turn a setting off, set the variable to an empty value.",
    reads=("launch.configuration.fields", "launch.configuration.settings"),
)
def setting_without_effect(facts: Facts) -> Iterator[CheckResult]:
    configuration = facts.launch.configuration if facts.launch else Configuration()
    for setting in configuration.settings if configuration.fields else ():
        reads_true = setting.type == "bool" and (setting.value or "").lower() in (
            "false",
            "no",
            "off",
            "0",
        )
        if not setting.type:
            how, commands = _unknown(configuration, setting), _renamed(configuration, setting)
        elif reads_true:
            how = text("Any text counts as true; only an empty value means no.")
            commands = (f"export {shlex.quote(setting.variable)}=",)
        else:
            continue
        remedy = Remedy("correct-setting", text("Correct the setting"), commands)
        yield CheckResult({"variable": setting.variable, "how": how}, (), (remedy,))


def _unknown(configuration: Configuration, setting: Setting) -> Text:
    near = _near(configuration, setting)
    if not near:
        return text("PyTriton does not know this name and ignores it.")
    template = "PyTriton does not know this name and ignores it; did you mean {name}?"
    return text(template, name=PREFIX + near.upper())


def _near(configuration: Configuration, setting: Setting) -> str:
    """The setting that was meant: a name with a slip or two, not one with another word; "" if none."""
    import difflib

    return next(iter(difflib.get_close_matches(setting.key, configuration.fields, 1, 0.8)), "")


def _renamed(configuration: Configuration, setting: Setting) -> tuple[str, ...]:
    """What to type: the value goes to the name that was meant, where it may stand there."""
    unset, near = f"unset {shlex.quote(setting.variable)}", _near(configuration, setting)
    is_list = near in _ELEMENTS and configuration.numbered_lists
    value = setting.value or ""
    if not near or near in configuration.values() or is_list or not value or value.lower() in _NO[:3]:
        return (unset,)
    return unset, f"export {PREFIX}{near.upper()}={shlex.quote(value)}"


@check(
    "protocol-switched-off",
    "warning",
    title="{off} is switched off: only {on} clients get answers",
    explanation="{variable} is set and empty, which means no. {client} waits until it times out.",
    means="PyTriton starts and serves, but over one of its two protocols. Clients of the other fail.",
    verified="ALLOW_HTTP set and empty: ModelClient('localhost') ends with Waiting for server to be "
    "ready timed out, grpc://localhost answers; ALLOW_GRPC set and empty: the reverse. With false or 0 "
    "both answer.",
    by_hand="Unset the variable, or have clients use the other protocol.",
    reads=("launch.configuration.endpoint",),
)
def protocol_switched_off(facts: Facts) -> Iterator[CheckResult]:
    configuration = facts.launch.configuration if facts.launch else Configuration()
    served = {name for name in _PROTOCOLS if configuration.endpoint(name) is not None}
    if len(served) != 1:
        return  # both are served, or none is, with which nothing starts
    (on,), (off,) = served, _PROTOCOLS.keys() - served
    variable = f"{PREFIX}ALLOW_{off.upper()}"
    fields = {"off": _PROTOCOLS[off][0], "on": _PROTOCOLS[on][0], "variable": variable}
    remedy = Remedy("unset-variable", text("Unset {names}", names=variable), (f"unset {variable}",))
    yield CheckResult({**fields, "client": _PROTOCOLS[off][1]}, (), (remedy,))


@check(
    "model-repository-not-empty",
    "warning",
    title="{variable} points to a folder that already contains models: {names}",
    explanation="PyTriton has the server load everything in it (--load-model *). If one of them does "
    "not load, the server exits, and PyTriton with it.",
    means="PyTriton's own models need no repository; the variable names another Triton server's folder.",
    verified="A repository with a model whose backend does not exist: the server exits. With an empty "
    "one PyTriton serves.",
    by_hand="Unset the variable.",
    reads=("launch.configuration.repository.folders",),
)
def model_repository_not_empty(facts: Facts) -> Iterator[CheckResult]:
    configuration = facts.launch.configuration if facts.launch else Configuration()
    repository = configuration.repository
    if repository is None:
        return
    models = [folder.name for folder in repository.folders if folder.versions or folder.configuration]
    if models:
        variable = f"{PREFIX}MODEL_REPOSITORY"
        remedy = Remedy("unset-variable", text("Unset {names}", names=variable), (f"unset {variable}",))
        yield CheckResult({"variable": variable, "names": listed(models[:3])}, (), (remedy,))


@check(
    "verbose-log",
    "warning",
    title="{variable} slows the server down",
    explanation="The server writes dozens of lines to its log for every request.",
    means="PyTriton itself warns about it: `Triton Inference Server is running with enabled verbose "
    "logs`.",
    verified="LOG_VERBOSE=1: PyTriton's warning, and dozens of lines per request.",
    by_hand="Unset it where speed matters.",
    reads=("launch.configuration.values",),
)
def verbose_log(facts: Facts) -> Iterator[CheckResult]:
    configuration = facts.launch.configuration if facts.launch else Configuration()
    level = configuration.values().get("log_verbose", "")
    if level.isdecimal() and whole(level):
        variable = f"{PREFIX}LOG_VERBOSE"
        remedy = Remedy("unset-variable", text("Unset {names}", names=variable), (f"unset {variable}",))
        yield CheckResult({"variable": variable}, (), (remedy,))


RULES = (
    setting_invalid,
    setting_without_effect,
    protocol_switched_off,
    model_repository_not_empty,
    verbose_log,
)
