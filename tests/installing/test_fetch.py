"""Archives from a real HTTP server that breaks off, lies, or is gone; and with no room for them."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from tritondoctor.installing import InstallError, fetch
from tritondoctor.installing.packages import LockedPackage

CONTENT = bytes(range(256)) * 8192  # 2 MB
NAME = "linux-64/package-1.0-0.conda"


class Server(ThreadingHTTPServer):
    """Serves CONTENT; `break_after` is how many bytes an answer has, None for all."""

    break_after: int | None = None
    ranges = True
    content = CONTENT

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[str | None] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        if "missing" in self.path:
            self.send_error(404)
            return
        start = int(re.findall(r"\d+", asked)[0]) if asked and self.server.ranges else 0
        body = self.server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if self.server.break_after is None else body[: self.server.break_after])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as one:
        threading.Thread(target=one.serve_forever, daemon=True).start()
        yield one
        one.shutdown()


def package(server: Server, name: str = NAME) -> LockedPackage:
    return LockedPackage(
        "package", "1.0", f"http://127.0.0.1:{server.server_port}/{name}",
        hashlib.md5(CONTENT).hexdigest(), hashlib.sha256(CONTENT).hexdigest(),
    )  # fmt: skip


def test_whole(server: Server, tmp_path: Path) -> None:
    came: list[int] = []
    places = fetch.all_of([package(server)], str(tmp_path), came.append)
    path = Path(places[package(server).url])
    assert path == tmp_path / NAME and path.read_bytes() == CONTENT
    assert sum(came) == len(CONTENT)
    fetch.all_of([package(server)], str(tmp_path), came.append)
    assert len(server.asked) == 1, "what is there is not fetched again"


def test_resumed_where_it_broke_off(server: Server, tmp_path: Path) -> None:
    """Each answer brings a part; what came is asked for no more."""
    server.break_after = 900_000
    came: list[int] = []
    places = fetch.all_of([package(server)], str(tmp_path), came.append)
    assert Path(places[package(server).url]).read_bytes() == CONTENT
    assert server.asked == [None, "bytes=900000-", "bytes=1800000-"]


def test_a_server_that_always_sends_the_whole(server: Server, tmp_path: Path) -> None:
    server.ranges = False
    part = tmp_path / (NAME + ".part")
    part.parent.mkdir()
    part.write_bytes(b"what came before")
    places = fetch.all_of([package(server)], str(tmp_path), lambda count: None)
    assert Path(places[package(server).url]).read_bytes() == CONTENT


def test_network_lost_for_good(server: Server, tmp_path: Path) -> None:
    """What came stays, and the next call goes on from there."""
    server.break_after = 500_000
    with pytest.raises(InstallError, match="run the same command again"):
        fetch.all_of([package(server)], str(tmp_path), lambda count: None)
    have = (tmp_path / (NAME + ".part")).stat().st_size
    assert have == 1_500_000
    assert not (tmp_path / NAME).exists()
    server.break_after = None
    fetch.all_of([package(server)], str(tmp_path), lambda count: None)
    assert server.asked[-1] == f"bytes={have}-"
    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_nobody_there(server: Server, tmp_path: Path) -> None:
    gone = package(server)
    server.shutdown()
    server.server_close()
    with pytest.raises(InstallError, match="refused"):
        fetch.all_of([gone], str(tmp_path), lambda count: None)


def test_missing(server: Server, tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="404"):
        fetch.all_of([package(server, "linux-64/missing-1.0-0.conda")], str(tmp_path), lambda count: None)


def test_another_file_than_the_lock_says(server: Server, tmp_path: Path) -> None:
    """It is not kept under any name; the message has both hashes."""
    server.content = CONTENT[:-1] + b"!"
    with pytest.raises(InstallError, match="does not match the lock") as failure:
        fetch.all_of([package(server)], str(tmp_path), lambda count: None)
    assert hashlib.sha256(server.content).hexdigest() in str(failure.value)
    assert hashlib.sha256(CONTENT).hexdigest() in str(failure.value)
    assert not list(tmp_path.rglob("*.conda*"))


def test_corrupted_since(server: Server, tmp_path: Path) -> None:
    """One in the cache that has changed is fetched again; in an offline folder it is an error."""
    fetch.all_of([package(server)], str(tmp_path), lambda count: None)
    with open(tmp_path / NAME, "r+b") as file:
        file.write(b"!")
    with pytest.raises(InstallError, match="does not match the lock"):
        fetch.offline([package(server)], str(tmp_path), lambda count: None)
    fetch.all_of([package(server)], str(tmp_path), lambda count: None)
    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_no_hash_is_refused(server: Server, tmp_path: Path) -> None:
    bare = msgspec.structs.replace(package(server), md5=None, sha256=None)
    with pytest.raises(InstallError, match="states no hash"):
        fetch.all_of([bare], str(tmp_path), lambda count: None)


def test_not_in_the_offline_folder(server: Server, tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="is missing"):
        fetch.offline([package(server)], str(tmp_path), lambda count: None)


def test_disk_full(server: Server, tmp_path: Path) -> None:
    """A real file system of 1 MB."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap (bwrap) is not installed")
    script = (
        "import sys; from tritondoctor.installing import InstallError, fetch\n"
        "from tritondoctor.installing.packages import LockedPackage\n"
        f"package = LockedPackage('package', '1.0', {package(server).url!r}, None, "
        f"{package(server).sha256!r})\n"
        "try: fetch.all_of([package], '/mnt/small', lambda count: None)\n"
        "except InstallError as failure: sys.exit(str(failure))\n"
    )
    done = subprocess.run(
        ["bwrap", "--dev-bind", "/", "/", "--tmpfs", "/mnt", "--size", "1000000", "--tmpfs", "/mnt/small",
         sys.executable, "-c", script],
        capture_output=True, text=True, check=False, env={**os.environ, "no_proxy": "127.0.0.1"},
    )  # fmt: skip
    assert "No space left in /mnt/small" in done.stderr, done.stderr


@pytest.mark.parametrize("planted", ["a link", "a hard link", "a fifo", "another user's file"])
def test_what_others_put_in_place_of_a_part(server: Server, tmp_path: Path, planted: str) -> None:
    """A folder that others can write, and root downloads into it: no file of this machine is written."""
    victim, part = tmp_path / "victim", tmp_path / f"{NAME}.part"
    victim.write_text("precious")
    part.parent.mkdir()
    if planted == "a link":
        part.symlink_to(victim)
    elif planted == "a hard link":
        os.link(victim, part)
    elif planted == "a fifo":
        os.mkfifo(part)
    else:
        part.write_text("theirs")
        if os.geteuid():
            pytest.skip("only root can give files away")
        os.chown(part, 4242, 4242)
    fetch.all_of([package(server)], str(tmp_path), lambda count: None)
    assert victim.read_text() == "precious"
    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert (tmp_path / NAME).stat().st_uid == os.geteuid()


def test_a_link_that_is_put_there_at_the_last_moment(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim, part = tmp_path / "victim", tmp_path / f"{NAME}.part"
    victim.write_text("precious")
    plain = fetch._opened

    def planting(path: str, flags: int) -> int:
        part.symlink_to(victim)
        return plain(path, flags)

    monkeypatch.setattr(fetch, "_opened", planting)
    with pytest.raises(InstallError):
        fetch.all_of([package(server)], str(tmp_path), lambda count: None)
    assert victim.read_text() == "precious"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give links away")
@pytest.mark.parametrize("name", ["wheels", "conda", "conda/linux-64", "wheels/numpy-1.26.4.whl"])
def test_a_link_of_another_user_in_the_folder(tmp_path: Path, name: str) -> None:
    victim, planted = tmp_path / "victim", tmp_path / "folder" / name
    planted.parent.mkdir(parents=True)
    planted.symlink_to(victim)
    os.lchown(planted, 4242, 4242)
    with pytest.raises(InstallError, match="another user put there"):
        fetch.examine(str(planted.parent))
    os.lchown(planted, 0, 0)
    fetch.examine(str(planted.parent))


@pytest.mark.parametrize(
    "name", ["wheels/numpy-1.26.4.whl", "conda/noarch/a-1-0.conda", "conda/linux-64/x"]
)
def test_a_pipe_in_the_folder(tmp_path: Path, name: str) -> None:
    """pip, and the doctor itself, waited for what somebody would write to it."""
    planted = tmp_path / name
    planted.parent.mkdir(parents=True)
    os.mkfifo(planted)
    with pytest.raises(InstallError, match="is no regular file"):
        fetch.examine(str(tmp_path))


@pytest.mark.parametrize("name", ["fifo", "/dev/zero"])
def test_an_archive_that_is_no_file(tmp_path: Path, name: str, server: Server) -> None:
    planted = tmp_path / "linux-64" / package(server).file_name
    planted.parent.mkdir()
    os.mkfifo(planted) if name == "fifo" else planted.symlink_to(name)
    for take in (fetch.all_of, fetch.offline):
        with pytest.raises(InstallError, match="is no regular file"):
            take([package(server)], str(tmp_path), lambda count: None)
