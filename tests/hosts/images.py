"""What the hosts are made of: Debian with sshd, and on most two environments with PyTriton."""

from __future__ import annotations

import hashlib
import io
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

import docker
from docker.errors import ImageNotFound

from tests import engine
from tests.truth import stock
from tests.truth.place import Place

#: Debian's Python 3.11 with its libpython, and PyTriton in a venv: it serves
INFERENCE = "/opt/inference"
#: a prefix as conda makes them, with Python 3.10, whose libpython nobody finds
CONDA = "/opt/conda"
#: Debian 11's libstdc++
OLD = "/opt/old"
#: who may log in, and become others
OPERATOR, SERVICE = "ops", "inference"
_PYTHON = ("openssh-server", "python3", "libpython3.11", "sudo")


def key() -> Path:
    """The private key that opens every host of the tests, made for them alone."""

    def make(folder: Path) -> None:
        folder.mkdir()
        stock.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key")], "a key")

    return stock.kept("hosts-key", make) / "key"


def bare(client: docker.DockerClient) -> str:
    """A host on which there is no Python."""
    return _made(client, engine.base(client, "bookworm", ["openssh-server"]), _login)


def outdated(client: docker.DockerClient) -> str:
    """A host whose one Python is 3.8."""

    def fill(root: Path) -> None:
        _login(root)
        python = stock.interpreter("3.8")
        stock.run(["cp", "-aT", python.prefix, str(root / "opt/python")], "a copy of Python 3.8")
        _relocate(root / "opt/python", python.prefix)

    link = "rm -f /usr/bin/python3*; ln -s /opt/python/bin/python3.8 /usr/bin/python3; python3 -V"
    return _made(client, engine.base(client, "bookworm", _PYTHON), fill, link)


def serving(client: docker.DockerClient) -> str:
    """A host with both environments."""

    def fill(root: Path) -> None:
        _login(root)
        stock.link_tree(stock.pytriton(stock.SYSTEM, "0.7.0"), root / INFERENCE[1:])
        place = Place(root.parent / "place", "3.10", "0.7.0", str)
        _relocate(place.conda(), place.base.prefix)
        (place.here / "conda").rename(root / CONDA[1:])
        (root / OLD[1:]).mkdir()
        old = stock.debian_library("bullseye", "libstdc++.so.6").resolve()
        (root / OLD[1:] / "libstdc++.so.6").write_bytes(old.read_bytes())

    # as /usr/sbin/useradd does, by hand: the base has no more than it needs
    users = (
        f"useradd -m -s /bin/bash {OPERATOR}; useradd -m -s /bin/bash {SERVICE}; "
        f"cp -r /root/.ssh /home/{OPERATOR}/; chown -R {OPERATOR}: /home/{OPERATOR}; "
        f"echo '{OPERATOR} ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/{OPERATOR}; "
        # every start of Python would compile what is not compiled yet
        f"{INFERENCE}/bin/python -m compileall -q /usr/lib/python3.11 {INFERENCE} >/dev/null; "
        f"{CONDA}/bin/python -m compileall -q {CONDA} >/dev/null; true"
    )
    return _made(client, engine.base(client, "bookworm", _PYTHON), fill, users)


def _login(root: Path) -> None:
    folder = root / "root/.ssh"
    folder.mkdir(parents=True)
    for one in (folder.parent, folder):
        one.chmod(0o700)
    (folder / "authorized_keys").write_text(key().with_suffix(".pub").read_text())


def _relocate(prefix: Path, built_for: str) -> None:
    """The programs look for their libpython beside themselves, as conda's and others do."""
    old, new = f"{built_for}/lib".encode(), b"$ORIGIN/../lib"
    assert len(new) <= len(old)
    for file in [*prefix.glob("bin/python3*"), *prefix.glob("lib/libpython*")]:
        if file.is_file() and not file.is_symlink():
            content, mode = file.read_bytes(), file.stat().st_mode
            file.unlink()  # it may be a hard link of the machine's own
            file.write_bytes(content.replace(old + b"\0", new + b"\0" * (len(old) - len(new) + 1)))
            file.chmod(mode)


def _made(
    client: docker.DockerClient, base: str, fill: Callable[[Path], None], script: str = "true"
) -> str:
    """The tag of `base` with files put into it and a script run in it; made where it is not there."""
    source = Path(__file__).read_bytes() + Path(engine.__file__).read_bytes()
    digest = hashlib.sha256(source + f"{base}{fill.__qualname__}{script}".encode()).hexdigest()[:12]
    tag = f"tritondoctor-test/hosts:{digest}"
    try:
        client.images.get(tag)
        return tag
    except ImageNotFound:
        pass
    container = client.containers.create(
        base, ["sh", "-c", script], labels={"tritondoctor-test": "hosts"}
    )
    try:
        with tempfile.TemporaryDirectory(dir=stock.CACHE) as place:
            root = Path(place) / "root"
            (root / "opt").mkdir(parents=True)
            fill(root)
            with _archive(root) as stream:
                container.put_archive("/", stream)
        container.start()
        assert container.wait()["StatusCode"] == 0, container.logs()
        repository, _, label = tag.rpartition(":")
        container.commit(repository, label)
    finally:
        container.remove(force=True)
    return tag


def _archive(root: Path) -> io.BufferedIOBase:
    def owned_by_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        return entry

    stream = tempfile.TemporaryFile(dir=root.parent)  # noqa: SIM115 (the caller closes it)
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for item in root.iterdir():
            archive.add(item, item.name, filter=owned_by_root)
    stream.seek(0)
    return stream
