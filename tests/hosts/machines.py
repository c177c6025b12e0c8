"""Containers as hosts: each with an address on a network of the tests' own, an sshd, and its fault."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

import docker
from docker.models.containers import Container

from tests.hosts import images

LABEL = {"tritondoctor-test": "hosts"}
_SSHD = "mkdir -p /run/sshd && exec /usr/sbin/sshd -D -e"
_READY_S = 60.0
#: as the engine's list of changes says of what is not new
_IN_IMAGE = "0"
_TELL = r"\( -type d -printf '%p d %u %m\n' -o -printf '%p %y %s %T@ %u %m %l\n' \)"
_LOOK = f'find "$@" -maxdepth 0 {_TELL}; find /dev/shm /run /tmp /srv {_TELL}'


@dataclass(frozen=True)
class Host:
    """How a host is made, and what must come of asking it: `answer`, the ids of the errors, and what
    must stand in what it `said`.

    `script` runs before its sshd, `variables` stand in the inventory; without `image` there is only
    an address at which nobody is.
    """

    name: str
    answer: str = "report"
    errors: tuple[str, ...] = ()
    said: str = ""
    image: Callable[[docker.DockerClient], str] | None = images.serving
    script: str = "true"
    sshd: str = _SSHD
    variables: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


class Machines:
    """The hosts of a test while they run."""

    def __init__(self, hosts: Sequence[Host], containers: Mapping[str, Container], address: str) -> None:
        self.hosts = {host.name: host for host in hosts}
        self.containers = containers
        self._nobody = address

    def inventory(self, path: Path, *names: str, **more: Any) -> Path:
        """Writes an inventory of all or some of the hosts, as YAML that is JSON."""
        groups: dict[str, Any] = {}
        for name in names or self.hosts:
            host = self.hosts[name]
            group = groups.setdefault(name.rstrip("-0123456789"), {"hosts": {}})
            group["hosts"][name] = {"ansible_host": self.address(name), **host.variables}
        ssh = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
        common = {
            "ansible_user": "root", "ansible_ssh_private_key_file": str(images.key()),
            "ansible_ssh_common_args": ssh, "ansible_timeout": 20,
            "tritondoctor_target": ["--prefix", images.INFERENCE], **more,
        }  # fmt: skip
        path.write_text(json.dumps({"all": {"vars": common, "children": groups}}, indent=1))
        return path

    def address(self, name: str) -> str:
        """A host's own."""
        if name not in self.containers:
            return self._nobody
        [network] = self.containers[name].attrs["NetworkSettings"]["Networks"].values()
        return str(network["IPAddress"])

    def files(self) -> dict[str, dict[str, str]]:
        """Host -> path -> what is there, of all that is not as in the image, and of what is in memory.

        A login writes motd.dynamic; of folders the time is not told, which is all that is left of a file
        that came and went.
        """

        def ask(name: str) -> dict[str, str]:
            container: Any = self.containers[name]
            found = {one["Path"]: str(one["Kind"]) for one in container.diff() or ()}
            said = container.exec_run(["sh", "-c", _LOOK, "sh", *found]).output
            for line in said.decode(errors="replace").splitlines():
                path, _, rest = line.partition(" ")
                if rest.startswith("d ") and found.get(path) == _IN_IMAGE:
                    del found[path]  # what changed in it is told by itself
                else:
                    found[path] = rest
            found.pop("/run/motd.dynamic", None)
            return found

        with ThreadPoolExecutor(4) as pool:
            return dict(zip(self.containers, pool.map(ask, self.containers)))

    def processes(self) -> dict[str, list[str]]:
        """Host -> the command lines of what runs there."""

        def ask(name: str) -> list[str]:
            return sorted(
                row[-1] for row in self.containers[name].top(ps_args="-eo pid,args")["Processes"]
            )

        return {name: ask(name) for name in self.containers}


@contextmanager
def running(client: docker.DockerClient, hosts: Sequence[Host]) -> Iterator[Machines]:
    """Starts the hosts on a network of their own, and removes all of it."""
    network = client.networks.create(
        f"tritondoctor-hosts-{uuid.uuid4().hex[:8]}", driver="bridge", internal=True, labels=LABEL
    )
    containers: dict[str, Container] = {}
    try:
        tags = {host.image: host.image(client) for host in hosts if host.image}

        def start(host: Host) -> None:
            assert host.image
            containers[host.name] = client.containers.run(
                tags[host.image], ["sh", "-c", f"{host.script}\n{host.sshd}"], detach=True, init=True,
                network=network.name, hostname=host.name, labels=LABEL, **host.options,
            )  # fmt: skip

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(start, [host for host in hosts if host.image]))
        network.reload()
        subnet = network.attrs["IPAM"]["Config"][0]["Subnet"]
        for name, container in containers.items():
            _wait(name, container)
        yield Machines(hosts, containers, f"{subnet.rpartition('.')[0]}.250")
    finally:
        for container in containers.values():
            container.remove(force=True, v=True)
        network.remove()


def _wait(name: str, container: Container) -> None:
    """Until its sshd was started and what comes before it is done."""
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline:
        container.reload()
        if b"Server listening" in container.logs():
            return
        assert container.status == "running", f"{name}: {container.logs()!r}"
        time.sleep(0.2)
    raise AssertionError(f"{name} is not up: {container.logs()!r}")
