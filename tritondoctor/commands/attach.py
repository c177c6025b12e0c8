"""`tritondoctor attach`."""

import gc
from typing import TYPE_CHECKING, Annotated, NoReturn, Optional
from urllib.parse import urlsplit

import typer

from tritondoctor.commands.common import Json, complain, conclude, console_of, print_json, print_text
from tritondoctor.support.errors import UsageError
from tritondoctor.support.messages import _, plural
from tritondoctor.support.numbers import whole
from tritondoctor.support.signals import Interrupted

if TYPE_CHECKING:
    from tritondoctor.running.http import Address
    from tritondoctor.running.model import RunningServer
    from tritondoctor.running.record import Examined


def attach(
    server: Annotated[
        Optional[str],
        typer.Argument(
            metavar="[PID|URL]", help="A process of the server, or its HTTP address; without: lists them."
        ),
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", metavar="S", help="How long to look.")] = 3.0,
    hang_after: Annotated[
        float,
        typer.Option("--hang-after", metavar="S", help="A call that runs so long without an end hangs."),
    ] = 30.0,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show figures that change, until Ctrl-C.")
    ] = False,
    probe: Annotated[
        bool, typer.Option("--probe", help="For a Kubernetes probe: one line, exit code 1 if it hangs.")
    ] = False,
    state: Annotated[
        Optional[str],
        typer.Option("--state", metavar="FILE", help="Where --probe keeps what it saw last."),
    ] = None,
    metrics_port: Annotated[
        Optional[int],
        typer.Option(
            "--metrics-port", metavar="N", help="The port of the metrics at a URL.", show_default="8002"
        ),
    ] = None,
    from_: Annotated[
        Optional[str],
        typer.Option("--from", metavar="FILE", help="Judge what `attach --json` has kept."),
    ] = None,
    json: Json = False,
) -> None:
    """Look at a PyTriton server that runs: hangs, queues, batches, memory. It only reads."""
    gc.enable()  # __main__ took it off, for the short commands
    if sum((watch, probe, from_ is not None)) > 1:
        raise UsageError(_("Give one of --watch, --probe and --from."))
    if (state is not None) != probe:
        raise UsageError(_("--probe and --state FILE go together."))
    _require_times(seconds, hang_after)
    if from_ is not None:
        _replay(from_, json)
    if probe:
        _probe(server, metrics_port, state or "", hang_after)
    if server is None:
        _list(json)
    chosen = chosen_server(server, metrics_port)
    if watch:
        _watch(chosen)
    _examine(chosen, seconds, hang_after, json)


def _require_times(seconds: float, hang_after: float) -> None:
    if not 0.5 <= seconds <= 86400 or not 0.5 <= hang_after <= 86400:
        raise UsageError(_("--seconds and --hang-after: give at least 0.5."))


def chosen_server(named: str, metrics_port: Optional[int]) -> "RunningServer":
    """The server that a pid or a URL names.  Raises UsageError."""
    from tritondoctor.running import discovery
    from tritondoctor.support import stubs

    if not named.isdecimal():
        return _by_url(named, metrics_port)
    found = discovery.of_process(whole(named))
    if not found and stubs.orphan(whole(named)):
        raise UsageError(
            _("Process {pid} was left behind by a server: tritondoctor clean ends it.", pid=named)
        )
    if not found:
        raise UsageError(
            _("Process {pid} belongs to no PyTriton server. `tritondoctor attach` lists them.", pid=named)
        )
    if len(found) > 1:
        pids = ", ".join(str(server.server_pid) for server in found)
        raise UsageError(
            _("Process {pid} has several servers. Name a tritonserver: {pids}.", pid=named, pids=pids)
        )
    return found[0]


def _by_url(named: str, metrics_port: Optional[int]) -> "RunningServer":
    from tritondoctor.running import discovery
    from tritondoctor.running.http import Address

    try:
        parts = urlsplit(named if "//" in named else f"//{named}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    tls = parts.scheme == "https" if host else False
    if not host or (parts.scheme not in ("", "http", "https")) or parts.username:
        raise UsageError(_("{url} is no address such as http://localhost:8000.", url=named))
    if metrics_port is not None and not 0 < metrics_port < 1 << 16:
        raise UsageError(_("--metrics-port: give a port, 1 to 65535."))
    address = Address(host, port or 8000, tls)
    if metrics_port != address.port:  # behind a proxy it may be one port
        _require_http(address, metrics_port or 8002)
    return discovery.of_url(address, Address(host, metrics_port, tls) if metrics_port else None)


def _require_http(address: "Address", metrics_port: int) -> None:
    """Raise UsageError for an address of metrics or gRPC: that of metrics answers every path with 200
    (HTTPMetricsServer::Handle of server's http_server.cc).
    """
    from tritondoctor.running import discovery

    local = discovery.server_at(address)
    if local is None or local.http is None:
        port, is_other = 8000, local is not None or address.port == metrics_port
    else:
        port = urlsplit(local.http).port or 8000
        is_other = port != address.port
    if is_other:
        example = address._replace(port=port)
        raise UsageError(
            _(
                "{url} is not the address of HTTP. Name that, such as {example}.",
                url=address,
                example=example,
            )
        )


def _list(json: bool) -> NoReturn:
    from tritondoctor.running import discovery

    servers = discovery.servers()
    if json:
        print_json({"servers": servers})
    else:
        from tritondoctor.reports import attach as report

        report.show_list(servers, console_of())
        conclude(report.short_list(servers))
    raise typer.Exit


def _examine(server: "RunningServer", seconds: float, hang_after: float, json: bool) -> NoReturn:
    from tritondoctor.commands import attach_environment
    from tritondoctor.commands.console import Progress
    from tritondoctor.running import observe, record, stacks

    with Progress(console_of(stderr=True)) as progress:

        def show(passed: float, most: float) -> None:
            words = _("looking: {passed} s of at most {most} s", passed=f"{passed:.0f}", most=f"{most:g}")
            progress.now(words)

        recording = observe.observe(server, observe.Patience(seconds, hang_after), show)
        recording = stacks.with_stacks(recording)
        environment = attach_environment.findings(server)
    _end(record.examined(recording, environment), json)


def _replay(path: str, json: bool) -> NoReturn:
    from tritondoctor.running import record

    _end(record.examined(record.read(path)), json)


def _end(result: "Examined", json: bool) -> NoReturn:
    if json:
        from tritondoctor.running import record

        print_json(record.as_json(result))
    else:
        from tritondoctor.reports import attach as report

        report.show(result, console_of())
        conclude(report.conclusion(result))
    raise typer.Exit(result.exit_code)


def _watch(server: "RunningServer") -> NoReturn:
    from tritondoctor.reports import attach_watch

    try:
        attach_watch.watch(server, console_of(asks=True))
    except Interrupted as interrupted:
        raise typer.Exit(0 if interrupted.code == 130 else interrupted.code) from None  # type: ignore[arg-type]
    raise typer.Exit


def _probe(named: Optional[str], metrics_port: Optional[int], state: str, hang_after: float) -> NoReturn:
    from tritondoctor.running import probe

    raise typer.Exit(
        probe.run(lambda: _server_to_probe(named, metrics_port), state, hang_after, complain, print_text)
    )


def _server_to_probe(named: Optional[str], metrics_port: Optional[int]) -> "RunningServer":
    """The server that is named, else the only one.  Raises UsageError."""
    from tritondoctor.running import discovery

    if named is not None:
        return chosen_server(named, metrics_port)
    servers = [server for server in discovery.servers() if "network" not in server.hidden]
    if len(servers) != 1:
        raise UsageError(
            plural(
                "{count} PyTriton server is visible: name a process of one.",
                "{count} PyTriton servers are visible: name a process of one.",
                len(servers),
            )
        )
    return servers[0]
