"""A Docker engine for the tests, and base images made of Debian's packages: nothing is pulled.

The engine is the one that DOCKER_HOST or the default socket leads to; where none answers, root starts
one for all processes of the tests, with its data in their cache, and ends it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import docker
from docker.errors import DockerException, ImageNotFound

from tests import dockerd
from tests.truth import stock
from tests.truth.stock import Absent

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
        dockerd.shared() as socket,
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
