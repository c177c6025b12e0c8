"""A real Slurm in containers: a controller and three nodes of Debian's packages, on their own network.

The nodes need no privilege: processes are tracked through /proc, and no control groups are used.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
from docker.models.containers import Container

from tests import engine
from tests.truth import stock

ROOT = Path(__file__).parents[2]
SCRIPTS = "/opt/tritondoctor/slurm"
DOCTOR = "/opt/tritondoctor/tritondoctor.pyz"
TARGET = "/opt/inference"
LISTEN = "python3 -m http.server 8000"
NODES = ("n1", "n2", "n3")
_LIBRARIES = "/usr/lib/$(uname -m)-linux-gnu"
_BREAK = f"mv {_LIBRARIES}/libpython3.11.so.1.0 /root/ && ldconfig"
_HEAL = f"[ ! -e /root/libpython3.11.so.1.0 ] || mv /root/libpython3.11.so.1.0 {_LIBRARIES}/ && ldconfig"
_CONF = f"""
ClusterName=test
SlurmctldHost=ctl
SlurmUser=slurm
StateSaveLocation=/var/lib/slurm/slurmctld
SlurmdSpoolDir=/var/lib/slurm/slurmd
SlurmctldPidFile=/run/slurmctld.pid
SlurmdPidFile=/run/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=nohold_on_prolog_fail
ReturnToService=1
SlurmdTimeout=30
SlurmdParameters=config_overrides
Prolog={SCRIPTS}/prolog.sh
PrologFlags=Alloc
HealthCheckProgram={SCRIPTS}/healthcheck.sh
HealthCheckNodeState=ANY
NodeName=n[1-3] CPUs=4 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
#: for loaded machines
_PATIENCE_S = 120.0
_START = """
mkdir -p /run/munge /var/lib/slurm/slurmctld /var/lib/slurm/slurmd
mkdir /etc/tritondoctor && chown munge: /run/munge && chown slurm: /var/lib/slurm/slurmctld
setpriv --reuid munge --regid munge --clear-groups munged
exec "$0" -D
"""


class Cluster:
    """The containers by their host names; what is asked is asked with Slurm's own commands."""

    def __init__(self, hosts: dict[str, Container], shared: Path) -> None:
        self.hosts, self.shared = hosts, shared

    def run(self, host: str, *command: str, check: bool = True, user: str = "") -> str:
        """Both outputs of a command on a host."""
        code, output = self.hosts[host].exec_run(list(command), user=user)
        assert isinstance(output, bytes)
        text = output.decode(errors="replace").strip()
        assert code == 0 or not check, f"{host}: {command}: {text}"
        return text

    def sh(self, host: str, script: str, check: bool = True) -> str:
        """The same for a line of shell."""
        return self.run(host, "sh", "-c", script, check=check)

    def listening(self, node: str) -> bool:
        """Whether somebody has PyTriton's port."""
        return bool(self.sh(node, "grep ':1F40 00000000:0000 0A' /proc/net/tcp", check=False))

    def listen(self, node: str) -> None:
        """A process that is no job takes PyTriton's port."""
        self.hosts[node].exec_run(["sh", "-c", f"exec {LISTEN}"], detach=True)
        eventually(lambda: self.listening(node), self.nodes)

    def state(self, node: str) -> tuple[str, str]:
        """State and reason; of `scontrol`, since `sinfo` may tell of a job that is long gone."""
        shown = self.run("ctl", "scontrol", "show", "node", node)
        state, reason = (
            re.search(rf"^ +{key}=(.*)$", shown, re.MULTILINE) for key in ("State", "Reason")
        )
        return state[1].split()[0] if state else "", reason[1].rpartition(" [")[0] if reason else ""

    def job(self, job: str, key: str) -> str:
        """A field of `scontrol show job`."""
        words = self.run("ctl", "scontrol", "-o", "show", "job", job).split()
        return next(word.partition("=")[2] for word in words if word.startswith(f"{key}="))

    def submit(self, command: str, *options: str) -> str:
        """The id of a batch job."""
        return self.run(
            "ctl",
            "sbatch",
            "--parsable",
            "--chdir=/shared",
            "--output=%j.out",
            *options,
            "--wrap",
            command,
        )

    def health_checks(self, seconds: int) -> None:
        """From now on each node checks itself in this interval; 0: never."""
        (self.shared / "slurm.conf").write_text(f"{_CONF}HealthCheckInterval={seconds}\n")
        self.run("ctl", "scontrol", "reconfigure")

    def health_check(self, node: str) -> str:
        """Runs the check as slurmd does, and gives what it says."""
        return self.run(node, "env", "-i", f"SLURMD_NODENAME={node}", f"{SCRIPTS}/healthcheck.sh")

    def drain(self, node: str, reason: str) -> None:
        """As an administrator does."""
        self.run("ctl", "scontrol", "update", f"NodeName={node}", "State=DRAIN", f"Reason={reason}")

    def configure(self, node: str, *lines: str) -> None:
        """Writes the node's own /etc/tritondoctor/slurm.conf."""
        text = "\n".join((f"options='--prefix {TARGET}'", "deadline=55", *lines))
        self.run(node, "sh", "-c", 'printf "%s\\n" "$0" > /etc/tritondoctor/slurm.conf', text)

    def break_node(self, node: str) -> None:
        """Takes away the library that PyTriton's stub needs."""
        self.sh(node, _BREAK)

    def heal(self, node: str) -> None:
        """Brings it back."""
        self.sh(node, _HEAL)

    def stop_listening(self, node: str) -> None:
        """Ends what `listen` began."""
        self.sh(node, "pkill -f '[h]ttp.server'", check=False)
        eventually(lambda: not self.listening(node), self.nodes)

    def sound_again(self) -> None:
        """Heals the nodes and returns them to service."""
        for node in NODES:
            self.sh(node, f"{_HEAL}; rm -f /run/tritondoctor.sound; pkill -f '[h]ttp.server' || :")
            self.configure(node)
        self.run("ctl", "scancel", "--user=root")
        for node in NODES:
            if self.state(node) != ("IDLE", ""):
                self.run("ctl", "scontrol", "update", f"NodeName={node}", "State=RESUME", check=False)
        eventually(lambda: {self.state(node) for node in NODES} == {("IDLE", "")}, self.nodes)

    def nodes(self) -> str:
        """All nodes as Slurm sees them."""
        return self.run("ctl", "sinfo", "--Node", "--long")


def eventually(what: Callable[[], bool], otherwise: Callable[[], str] = str) -> None:
    """Waits until it holds; `otherwise` says how it is where that takes too long."""
    deadline = time.monotonic() + _PATIENCE_S
    while not what():
        assert time.monotonic() < deadline, otherwise()
        time.sleep(0.3)


@contextmanager
def cluster(client: docker.DockerClient, shared: Path, pyz: str) -> Iterator[Cluster]:
    """A cluster that is up, with `shared` on all hosts; raises `Absent` where there can be none here."""
    if not stock.interpreter(stock.SYSTEM).version.startswith("3.11."):
        raise stock.Absent("the nodes are Debian 12, and this machine's own Python is not theirs")
    image = engine.base(
        client, "bookworm",
        ["slurmctld", "slurmd", "slurm-client", "munge", "python3", "libpython3.11", "procps"],
    )  # fmt: skip
    target = stock.pytriton(stock.SYSTEM, "0.7.0")
    mounts = [
        f"{shared}:/shared:rw", f"{shared}/slurm.conf:/etc/slurm/slurm.conf:ro", f"{target}:{TARGET}:ro",
        f"{pyz}:{DOCTOR}:ro", f"{ROOT}/tritondoctor/fleet/slurm:{SCRIPTS}:ro",
    ]  # fmt: skip
    (shared / "slurm.conf").write_text(f"{_CONF}HealthCheckInterval=0\n")
    shared.chmod(0o777)
    name = f"tritondoctor-slurm-{uuid.uuid4().hex[:8]}"
    network = client.networks.create(name)
    hosts: dict[str, Container] = {}
    try:
        for host in ("ctl", *NODES):
            daemon = "slurmctld" if host == "ctl" else "slurmd"
            hosts[host] = made = client.containers.create(
                image, ["sh", "-c", _START, daemon], name=f"{name}-{host}", hostname=host, volumes=mounts,
                network_mode="none", shm_size="1g", init=True,
            )  # fmt: skip
            client.networks.get("none").disconnect(made)
            network.connect(made, aliases=[host])
            made.start()
        up = Cluster(hosts, shared)
        for node in NODES:
            up.configure(node)
        eventually(lambda: all(up.state(node)[0] == "IDLE" for node in NODES))
        yield up
    finally:
        for container in hosts.values():
            container.remove(force=True)
        network.remove()
