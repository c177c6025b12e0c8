"""The machine's network: its names, its loopback interface, ports for connections."""

from __future__ import annotations

from tests.truth.declare import environment
from tests.truth.place import Place


@environment(cases={"empty": "", "ipv6-only": "::1 localhost\n", "other": "10.1.2.3 localhost\n"})
def hosts_file(place: Place, text: str) -> None:
    """/etc/hosts without the usual lines."""
    hosts = place.write(place.here / "hosts", text)
    place.options += ["--ro-bind", str(hosts), "/etc/hosts"]


@environment("loopback-down")
def loopback_without_its_address(place: Place) -> None:
    """127.0.0.1 was taken away."""
    place.options += ["--cap-add", "CAP_NET_ADMIN"]
    place.before_start("ip address del 127.0.0.1/8 dev lo")


@environment("ports-used-up", cases={"one": (60999, 60999), "three": (60997, 60999)})
def too_few_ports_for_connections(place: Place, ports: tuple[int, int]) -> None:
    """net.ipv4.ip_local_port_range is smaller than what a start holds at a time."""
    place.options += ["--cap-add", "CAP_NET_ADMIN"]
    place.before_start(f"echo {ports[0]} {ports[1]} > /proc/sys/net/ipv4/ip_local_port_range")


@environment("ports-used-up")
def ports_for_connections_reserved(place: Place) -> None:
    """All of them are reserved for others; 127.0.0.1 is there."""
    place.options += ["--cap-add", "CAP_NET_ADMIN"]
    place.before_start("echo 32768-60999 > /proc/sys/net/ipv4/ip_local_reserved_ports")


@environment()
def few_ports_for_connections(place: Place) -> None:
    """Four suffice."""
    place.options += ["--cap-add", "CAP_NET_ADMIN"]
    place.before_start("echo 60996 60999 > /proc/sys/net/ipv4/ip_local_port_range")


@environment("loopback-down")
def loopback_is_down(place: Place) -> None:
    """The network's loopback device is down."""
    place.options += ["--cap-add", "CAP_NET_ADMIN"]
    place.before_start("ip link set lo down")


@environment(
    "loopback-down",
    cases={
        "rule-gone": "ip rule del pref 0",
        "blackhole": "ip rule add pref 0 blackhole; ip rule del pref 0 lookup local",
        "table-empty": "ip route flush table local",
    },
)
def no_route_to_loopback(place: Place, commands: str) -> None:
    """Policy routing of a VPN or of a namespace that was set up by hand."""
    place.options += ["--cap-add", "ALL"]
    place.before_start(commands.replace("ip ", "/usr/sbin/ip "))


@environment(
    cases={
        "small-packets": "ip link set lo mtu 68",
        "one-address": "ip address flush dev lo; ip address add 127.0.0.1/32 dev lo",
    }
)
def odd_loopback(place: Place, commands: str) -> None:
    """It is up and has its address, and little else."""
    place.options += ["--cap-add", "ALL"]
    place.before_start(commands.replace("ip ", "/usr/sbin/ip "))
