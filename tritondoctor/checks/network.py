"""Ports, the loopback interface, the name localhost, and proxies."""

from __future__ import annotations

from collections.abc import Iterator

from tritondoctor.checks.edits import Variable
from tritondoctor.checks.kernel import NO_PORT, held_back, no_route, refused
from tritondoctor.checks.model import CheckResult, Remedy, Text, check, cure, listed, text
from tritondoctor.checks.obstacles import holder, port_obstacle
from tritondoctor.checks.port_settings import blamed
from tritondoctor.checks.settings import proxy_stops_start
from tritondoctor.facts.launch.model import Port
from tritondoctor.facts.machine.attempts import CONNECTIONS
from tritondoctor.facts.model import Facts
from tritondoctor.support.errno_names import errno_words

_SEE_ROUTES = ("ip rule show", "ip route show table local")
_NO_QUEUE = ("tc qdisc del dev lo root",)
_LOCAL_FIRST = ("ip rule add pref 0 lookup local",)


@check(
    "loopback-down",
    "error",
    title="127.0.0.1 is unreachable: {why}",
    explanation="PyTriton asks its own server on 127.0.0.1 whether it is ready, and never gets an "
    "answer.",
    means="A network namespace or container whose interface lo was never brought up, whose address or "
    "route was removed, or whose traffic is limited for a test (tc).",
    verified="`ip link set lo down` in a network namespace: PyTriton waits for its time-out; `ip address "
    "del 127.0.0.1/8 dev lo`, `ip rule del pref 0`: Network is unreachable; a rule `blackhole`: Invalid "
    "argument. `tc qdisc add dev lo root tbf` with a burst of 2 to 32 kB: Linear does not answer.",
    by_hand="ip link set lo up; ip address add 127.0.0.1/8 dev lo",
    reads=("host.loopback", "host.system", "kernel.filtered", "kernel.refusals"),
)
def loopback_down(facts: Facts) -> Iterator[CheckResult]:
    if refused(facts, "socket(AF_INET)"):
        return
    if facts.host.system == "Linux" and not facts.host.loopback:
        commands = ("ip link set lo up", "ip address add 127.0.0.1/8 dev lo")
        why = text("the loopback interface is down or has no address")
        yield CheckResult({"why": why}, (), (Remedy("loopback-up", text("Bring it up"), commands),))
    elif missing := no_route(facts):
        why = text("the kernel has no route to it ({error})", error=errno_words(missing.errno))
        see = Remedy("see-routes", text("Look at the rules and routes"), _SEE_ROUTES)
        again = Remedy("route-again", text("Have local addresses looked up first"), _LOCAL_FIRST)
        yield CheckResult({"why": why}, (), (again, see))
    elif held_back(facts):
        why = text("what is longer than a packet does not get through the loopback interface")
        see = Remedy("see-queue", text("Look at its queue"), ("tc qdisc show dev lo",))
        unlimited = Remedy("queue-unlimited", text("Take its limit away, as root"), _NO_QUEUE)
        yield CheckResult({"why": why}, (), (unlimited, see))


@check(
    "ports-used-up",
    "error",
    title="This machine has no ports left for connections of its own",
    explanation="Every connection to the server needs a port that the kernel chooses, and it "
    "finds none: {error} ({name}).",
    means="The range of ports for outgoing connections (net.ipv4.ip_local_port_range) is tiny, reserved "
    "(ip_local_reserved_ports), or used up by other programs' connections.",
    verified="A range of one to three ports in a network namespace: ModelClient fails with Cannot "
    "assign requested address. A child of the doctor's own opens as many connections as a start does.",
    by_hand="cat /proc/sys/net/ipv4/ip_local_port_range; ss -s shows how many connections there are. "
    "Widen the range: sysctl -w net.ipv4.ip_local_port_range='32768 60999'",
    reads=("host.loopback", "kernel.refusals"),
)
def ports_used_up(facts: Facts) -> Iterator[CheckResult]:
    if not facts.host.loopback:
        return
    for refusal in facts.kernel.refusals:
        if refusal.call in ("connect(127.0.0.1)", CONNECTIONS) and refusal.errno in NO_PORT:
            fields = {"error": errno_words(refusal.errno), "name": refusal.errno}
            see = Remedy("see-connections", text("See what uses them"), ("ss -s",))
            command = "sysctl -w net.ipv4.ip_local_port_range='32768 60999'"
            widen = Remedy("widen-ports", text("Allow more ports, as root"), (command,))
            yield CheckResult(fields, (), (widen, see))
            return


@check(
    "port-in-use",
    "error",
    title="Port {number} ({name}) is not available",
    explanation="tritonserver would exit, or requests would reach another program, or none: {why}.",
    means="Another process listens on a port that tritonserver needs, or this user may not bind the "
    "port, or the address is not this machine's, or a firewall keeps even 127.0.0.1 from it.",
    verified="A listener on 0.0.0.0, on 127.0.0.1 and on [::] for port 8000, and for 8002; port 80 "
    "without the permission; the same port twice; iptables that drop or reject what goes to "
    "port 8000 on lo, or all but one or two connections: PyTriton hangs or fails.",
    by_hand="Stop the other process, or choose free ports with PYTRITON_TRITON_CONFIG_HTTP_PORT, "
    "_GRPC_PORT and _METRICS_PORT.",
    reads=(
        "host.loopback", "kernel.filtered", "kernel.refusals", "launch.configuration.settings",
        "launch.ports",
    ),
)  # fmt: skip
def port_in_use(facts: Facts) -> Iterator[CheckResult]:
    causes = set()
    if refused(facts, "socket(AF_INET)"):
        return
    for port in facts.launch.ports if facts.launch else ():
        # an address that cannot be bound is one cause for all its ports
        cause = (port.address, port.why_not, port.number if port.why_not == "in-use" else 0)
        if port.holder is not None and port.holder.orphan:
            cause = ("", "", port.holder.pid)  # and so is a server that is to be ended
        elsewhere = not facts.host.loopback or facts.kernel.filtered or no_route(facts)
        if (port.why_not == "unreachable" and elsewhere) or blamed(facts, port):
            continue  # the interface, a filter of system calls, or the routes; or a variable's value
        if not port.bindable and cause not in causes:
            causes.add(cause)
            evidence = [text("{address}:{number}", address=port.address, number=port.number)]
            if port.same_as:
                evidence.append(text("held by PyTriton itself"))
            elif port.holder is not None:
                evidence.append(text("held by {process}", process=holder(port.holder)))
            remedies = _other(port)
            if port.holder is not None and port.holder.orphan:
                end = (f"kill -9 {port.holder.pid}",)
                remedies.insert(0, Remedy("end-orphan", text("Kill it (it ignores other signals)"), end))
            fields = {"number": port.number, "name": port.name, "why": port_obstacle(port)}
            yield CheckResult(fields, tuple(evidence), tuple(remedies))


def _other(port: Port) -> list[Remedy]:
    """Another port, where one is free."""
    if not port.free:
        return []
    name = f"PYTRITON_TRITON_CONFIG_{port.name.upper()}_PORT"
    other = Variable(name, str(port.free), lasting=port.why_not != "in-use")
    return [cure("another-port", _while_held(port), other)]


def _while_held(port: Port) -> Text:
    """A program that holds a port may end at any time: the title says who it is."""
    if port.why_not != "in-use":
        return text("Use another port")
    if port.holder is None:
        return text("Use another port in this shell while this one is taken")
    template = "Use another port in this shell while this one is held by {process}"
    return text(template, process=holder(port.holder))


@check(
    "localhost-unresolved",
    "warning",
    title="{name} does not resolve to 127.0.0.1",
    explanation="PyTriton itself uses 127.0.0.1 and starts. An HTTP client that connects to localhost "
    "does not reach the server, which listens on IPv4 only ({leads}).",
    means="/etc/hosts lacks the line `127.0.0.1 localhost`, or lists the name for ::1 only.",
    verified="An empty /etc/hosts, one with ::1 only and one with another address: "
    "ModelClient('localhost') fails, grpc://localhost and 127.0.0.1 work. Merlin#66, server#6560.",
    by_hand="Add the line to /etc/hosts, or have clients use 127.0.0.1.",
    reads=("surroundings.localhost",),
)
def localhost_unresolved(facts: Facts) -> Iterator[CheckResult]:
    around = facts.surroundings
    if around is None or any(address.startswith("127.") for address in around.localhost):
        return
    leads = text("localhost does not resolve at all")
    if around.localhost:
        leads = text("localhost resolves to {addresses}", addresses=listed(around.localhost))
    command = "echo '127.0.0.1 localhost' >> /etc/hosts"
    remedy = Remedy("add-localhost", text("Add the line to /etc/hosts"), (command,))
    yield CheckResult({"name": "localhost", "leads": leads}, (), (remedy,))


@check(
    "grpc-uses-proxy",
    "warning",
    title="gRPC clients on this machine connect to {hosts} through a proxy",
    explanation="{variable} is set, and no_proxy does not exempt {hosts}. ModelClient('grpc://…') "
    "sends even local requests to the proxy and fails. HTTP clients are not affected.",
    means="gRPC honors grpc_proxy, https_proxy and http_proxy, and exempts local names only if "
    "no_proxy lists them.",
    verified="With http_proxy set, grpc://localhost fails; with no_proxy=localhost it works; the same "
    "for 127.0.0.1. HTTP always works.",
    by_hand="export no_proxy=localhost,127.0.0.1",
    reads=(
        "launch.configuration.endpoint",
        "launch.configuration.endpoints",
        "surroundings.grpc_proxied",
        "surroundings.grpc_proxy",
    ),
)
def grpc_uses_proxy(facts: Facts) -> Iterator[CheckResult]:
    around = facts.surroundings
    if around is None or around.grpc_proxy is None:
        return
    if proxy_stops_start(facts):
        return
    spare = "export no_proxy=${no_proxy:+$no_proxy,}localhost,127.0.0.1"
    remedy = Remedy("spare-localhost", text("Exempt local names from the proxy"), (spare,))
    fields = {"hosts": listed(around.grpc_proxied), "variable": around.grpc_proxy}
    yield CheckResult(fields, (), (remedy,))


RULES = (
    loopback_down,
    ports_used_up,
    port_in_use,
    localhost_unresolved,
    grpc_uses_proxy,
)
