"""A Docker engine for the tests, and base images made of Debian's packages: nothing is pulled.

The engine is the one that DOCKER_HOST or the default socket leads to; where none answers, root starts
one of its own, with its data in the tests' cache, and ends it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import docker
from docker.errors import DockerException, ImageNotFound

from tests.truth import stock
from tests.truth.stock import Absent

_START_DEADLINE_S = 60.0
_CALL_DEADLINE_S = 600


@contextmanager
def engine() -> Iterator[docker.DockerClient]:
    """A client of an engine that answers; raises `Absent` where there is none and none can be started."""
    client = _answering()
    if client is not None:
        with closing(client):
            yield client
        return
    with (
        _own() as socket,
        closing(docker.DockerClient(base_url=socket, timeout=_CALL_DEADLINE_S)) as client,
    ):
        yield client


def base(client: docker.DockerClient, suite: str, packages: Sequence[str] = ()) -> str:
    """The tag of an image of a Debian suite with packages; made and imported where it is not there."""
    wanted = sorted(packages)
    key = _key(wanted)
    tag = f"tritondoctor-test/debian-{suite}:{key}"
    try:
        client.images.get(tag)
    except ImageNotFound:
        made = archive(suite, wanted)
        repository, _, label = tag.rpartition(":")
        client.api.import_image_from_file(str(made), repository=repository, tag=label)
    return tag


def _key(packages: Sequence[str]) -> str:
    return hashlib.sha256(",".join(sorted(packages)).encode()).hexdigest()[:12]


def archive(suite: str, packages: Sequence[str] = ()) -> Path:
    """The tar of a root file system, kept; apt and its lists are left out, what runs is complete."""
    packages = sorted(packages)
    if shutil.which("mmdebstrap") is None:
        raise Absent("mmdebstrap is not installed")

    def make(folder: Path) -> None:
        folder.mkdir()
        included = [f"--include={','.join(packages)}"] if packages else []
        stock.run(
            [
                "mmdebstrap", "--variant=minbase", *included,
                # a mirror may be a snapshot of some day
                '--aptopt=Acquire::Check-Valid-Until "false"', "--dpkgopt=path-exclude=/usr/share/man/*",
                "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
                suite, str(folder / "root.tar"), stock.mirror(),
            ],
            f"a root of Debian {suite}",
        )  # fmt: skip

    return stock.kept(f"root-{suite}-{_key(packages)}", make) / "root.tar"


def _answering() -> docker.DockerClient | None:
    try:
        client = docker.from_env(timeout=_CALL_DEADLINE_S)
        client.ping()
    except DockerException:
        return None
    return client


@contextmanager
def _own() -> Iterator[str]:
    """The socket of an engine that is started here, and ended by its own pid."""
    program = shutil.which("dockerd")
    if program is None or os.geteuid() != 0:
        raise Absent("no Docker engine answers, and none can be started here (dockerd, as root)")
    # sockets' paths have little room
    with tempfile.TemporaryDirectory(prefix="td-engine-", dir="/tmp") as place:
        socket = f"unix://{place}/docker.sock"
        log = Path(place) / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [
                    program, "--host", socket, "--data-root", str(stock.CACHE / "docker"),
                    "--exec-root", f"{place}/exec", "--pidfile", f"{place}/pid",
                ],
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        try:
            _wait(process, socket, log)
            yield socket
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], socket: str, log: Path) -> None:
    deadline = time.monotonic() + _START_DEADLINE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with closing(docker.DockerClient(base_url=socket)) as client:
                client.ping()
                return
        except DockerException:
            time.sleep(0.3)
    said = log.read_text(errors="replace").strip().splitlines()[-1:]
    raise Absent(f"dockerd did not start: {' '.join(said)}")
