"""The driver `docker`: images by the Dockerfiles of docker/, containers with Docker's own defaults."""

from __future__ import annotations

import hashlib
import re
import tarfile
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import docker
from docker.errors import APIError, BuildError, DockerException, ImageNotFound
from docker.types import Ulimit

from tests import engine
from tests.matrix import generate, materials
from tests.matrix.driver import CELL_DEADLINE_S, Broken, question, told
from tests.matrix.model import DOCKER, Base, Cell
from tests.truth import stock
from tests.truth.stock import Absent

LABEL = "tritondoctor.matrix"
REPOSITORY = "tritondoctor-matrix"


class DockerDriver:
    """Cells through an engine.  Environments are kept as images; cells are removed."""

    name = "docker"

    def __init__(self, client: docker.DockerClient, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()
        self._doctor: Path | None = None
        self._compiled: set[str] = set()

    @contextmanager
    def prepare(self, cell: Cell) -> Iterator[str]:
        """The tag of the cell's own image."""
        environment = self._environment(cell)
        self._compile(cell)
        if not cell.declared.defects:
            yield environment
            return
        tag = f"{REPOSITORY}/cell:{cell.key}"
        with tempfile.TemporaryDirectory() as place:
            materials.bring(cell, Path(place))
            arguments = {
                "ENVIRONMENT": environment,
                "DEFECTS": "; ".join(cell.declared.defects),
                "SOURCE": cell.source,
            }
            parts = {"defects": DOCKER / "defects", "materials": Path(place)}
            self._build(DOCKER / "cell.Dockerfile", tag, arguments, parts)
        try:
            yield tag
        finally:
            try:
                self.client.images.remove(tag, force=True)
            except DockerException:
                pass

    def steps(self, cell: Cell, prepared: str) -> Iterator[Mapping[str, Any]]:
        """Runs inside.py as the container's first process."""
        options = cell.declared.docker
        container = self.client.containers.create(
            prepared,
            command=[cell.base.doctor, "-I", "/matrix/inside.py", question(cell)],
            entrypoint="",
            network_mode="none",
            labels={LABEL: cell.key},
            volumes={
                str(self._doctor_folder()): {"bind": "/matrix", "mode": "ro"},
                str(materials.TRUTH / "linear.py"): {
                    "bind": "/home/ana/linear_quick_start.py", "mode": "ro",
                },
                str(materials.wheels(cell.minor, cell.installable)): {"bind": "/wheels", "mode": "ro"},
            },
            **_options(options.shm_size and {"shm_size": options.shm_size}),
            **_options(options.memory and {"mem_limit": options.memory, "memswap_limit": options.memory}),
            **_options(options.pids and {"pids_limit": options.pids}),
            **_options(options.user and {"user": options.user}),
            read_only=options.read_only,
            tmpfs=options.tmpfs,
            ulimits=[Ulimit(name=name, soft=v, hard=v) for name, v in options.ulimits.items()],
        )  # fmt: skip
        timer = threading.Timer(CELL_DEADLINE_S, lambda: container.kill())
        try:
            container.start()
            timer.start()
            yield from _lines(container)
            code = container.wait()["StatusCode"]
            if code:
                said = container.logs(stdout=False, stderr=True, tail=20).decode(errors="replace")
                raise Broken(f"the container ended with {code}: {said.strip()}")
        except APIError as failure:
            raise Broken(str(failure.explanation or failure)) from failure
        finally:
            timer.cancel()
            container.remove(force=True)

    def _doctor_folder(self) -> Path:
        with self._lock:
            if self._doctor is None:
                self._doctor = materials.doctor(self.folder / "doctor")
        return self._doctor

    def _environment(self, cell: Cell) -> str:
        with self._lock:
            lock = self._locks[cell.environment]
        with lock:
            base = self._base(cell.base)
            tag = f"{REPOSITORY}/{cell.environment}:{_recipe(cell, base)}"
            try:
                self.client.images.get(tag)
            except ImageNotFound:
                self._build_environment(cell, base, tag)
        return tag

    def _base(self, base: Base) -> str:
        if base.suite:
            return engine.base(self.client, base.suite, base.packages)
        try:
            self.client.images.get(base.image)
        except ImageNotFound:
            try:
                self.client.images.pull(base.image)
            except DockerException as failure:
                raise Absent(f"{base.image} cannot be pulled: {_short(failure)}") from failure
        return base.image

    def _compile(self, cell: Cell) -> None:
        """Lets a base's Python compile the doctor, as an installation would have done."""
        with self._lock:
            lock = self._locks[cell.base_name]
        with lock:
            if cell.base_name in self._compiled:
                return
            self._compiled.add(cell.base_name)
            self.client.containers.run(
                self._base(cell.base),
                [cell.base.doctor, "-I", "/matrix/doctor.py", "compile"],
                entrypoint="", user="root", network_mode="none", remove=True, labels={LABEL: "compile"},
                volumes={str(self._doctor_folder()): {"bind": "/matrix", "mode": "rw"}},
            )  # fmt: skip

    def _build_environment(self, cell: Cell, base: str, tag: str) -> None:
        arguments = {**generate.arguments(cell), "BASE": base}
        parts = {
            "parts": DOCKER / "parts",
            "wheels": materials.wheels(cell.minor, cell.release),
            "channel": DOCKER / "channel",
        }
        if cell.source == "conda":
            parts["channel"] = materials.channel(cell.minor)
        elif materials.needs_interpreter(cell):
            arguments["INTERPRETER"] = self._interpreter(cell.minor)
        self._build(DOCKER / f"{cell.base.family}.Dockerfile", tag, arguments, parts)

    def _interpreter(self, minor: str) -> str:
        tag = f"{REPOSITORY}/python:{stock.interpreter(minor).version}"
        try:
            self.client.images.get(tag)
        except ImageNotFound:
            with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
                with tarfile.open(archive.name, "w") as opened:
                    opened.add(materials.interpreter(minor), "opt")
                repository, _, label = tag.rpartition(":")
                self.client.api.import_image_from_file(archive.name, repository=repository, tag=label)
        return tag

    def _build(
        self, dockerfile: Path, tag: str, arguments: Mapping[str, str], parts: Mapping[str, Path]
    ) -> None:
        with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
            with tarfile.open(archive.name, "w", dereference=True) as opened:
                opened.add(dockerfile, dockerfile.name)
                for name, path in parts.items():
                    opened.add(path, name)
            archive.seek(0)
            self._send(archive.file, dockerfile.name, tag, arguments)

    def _send(self, context: IO[bytes], name: str, tag: str, arguments: Mapping[str, str]) -> None:
        said: list[str] = []
        try:
            lines = self.client.api.build(
                fileobj=context, custom_context=True, dockerfile=name, tag=tag, buildargs=dict(arguments),
                labels={LABEL: "image"}, rm=True, forcerm=True, decode=True,
            )  # fmt: skip
            for line in lines:
                said.append(str(line.get("stream") or line.get("error") or ""))
                if "error" in line:
                    raise Broken(f"the build of {tag} failed:\n{''.join(said)[-3000:]}")
        except (BuildError, DockerException) as failure:
            raise Broken(f"the build of {tag} failed: {failure}\n{''.join(said)[-3000:]}") from failure
        self._forget("".join(said))

    def _forget(self, said: str) -> None:
        """Removes what the build's earlier stages have left: a gigabyte each, and of no use any more."""
        for id in reversed(re.findall(r"^ ---> ([0-9a-f]{12})$", said, re.M)):
            try:
                if not self.client.images.get(id).tags:
                    self.client.images.remove(id)
            except DockerException:
                continue  # the image stands on it, or another build does


def _lines(container: Any) -> Iterator[Mapping[str, Any]]:
    rest = b""
    for chunk in container.attach(stdout=True, stderr=False, stream=True, logs=True):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield told(line.decode(errors="replace"))


def _options(given: object) -> dict[str, Any]:
    return given if isinstance(given, dict) else {}


def _recipe(cell: Cell, base: str) -> str:
    """Changes with whatever an environment's image is made by."""
    hashed = hashlib.sha256(base.encode())
    parts = ["environment.sh", *(["conda.py"] if cell.source == "conda" else [])]
    for path in (DOCKER / f"{cell.base.family}.Dockerfile", *(DOCKER / "parts" / part for part in parts)):
        hashed.update(path.read_bytes())
    return hashed.hexdigest()[:12]


def _short(failure: Exception) -> str:
    """The last part of a chain of messages; what comes before it names hosts and addresses."""
    text = str(getattr(failure, "explanation", None) or failure).strip()
    return text.splitlines()[0].rpartition(": ")[2] if text else type(failure).__name__
