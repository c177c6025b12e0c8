"""A lock of somebody else: its addresses lead nowhere but to archives of a channel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Optional

import pytest

from tests.test_cli import run
from tritondoctor.installing import InstallError, fetch
from tritondoctor.installing.packages import LockedPackage, checked, of_lock

HOST = "https://mirror.example.org/ch"
GOOD = (
    f"{HOST}/linux-64/python-3.12.1-hab00c5b_1_cpython.conda",
    f"{HOST}/noarch/tzdata-2024a-h0c530f3_0.tar.bz2",
    "https://user:token@mirror.example.org/t/abc/noarch/a_b.c-1.0+cu12-py_0.conda",
    f"{HOST}/label/a..b/noarch/a-1!2.0-0.conda",
)  # fmt: skip
BAD = (
    "", "a-1-0.conda", "noarch/a-1-0.conda", "/etc/shadow", "https://", f"{HOST}/../evil-1-0.conda",
    f"{HOST}/linux-64/../evil-1-0.conda", f"{HOST}/%2e%2e/noarch/a-1-0.conda", f"{HOST}/noarch/%2e%2e",
    f"{HOST}/noarch/..", f"{HOST}/noarch/.", f"{HOST}/noarch/.a.conda", f"{HOST}/noarch/a%2f..%2fb.conda",
    f"{HOST}/noarch/a\0.conda", f"{HOST}/noarch/a%00.conda", f"{HOST}/noarch/a\n.conda",
    f"{HOST}/linux-64/",
    f"{HOST}/noarch//etc/passwd", f"{HOST}/noarch/a\\..\\b.conda", f"{HOST}/evil/a-1-0.conda",
    f"{HOST}/noarch/a-1-0.conda?x", f"{HOST}/x?/noarch/a-1-0.conda", f"{HOST}/x#/noarch/a-1-0.conda",
    f"{HOST}\x1b[31m/noarch/a-1-0.conda", f"{HOST}/\u202e/noarch/a-1-0.conda", f"{HOST}/noarch/a-1-0.sh",
    "ftp://h/noarch/a-1-0.conda", "data:,/noarch/a-1-0.conda", "gopher://h/noarch/a-1-0.conda",
    "FILE:///x/noarch/a-1-0.conda", "file:///etc/shadow", "file:/x/noarch/a-1-0.conda",
)  # fmt: skip


def lock(folder: Path, url: object, **more: Any) -> str:
    """A lock with one package."""
    package = {
        "name": "evil", "version": "1", "manager": "conda", "platform": "linux-64", "url": url,
        "hash": {"md5": "0" * 32, "sha256": "0" * 64}, "dependencies": {}, **more,
    }  # fmt: skip
    path = folder / "conda-lock.yml"
    path.write_text(json.dumps({"version": 1, "package": [package]}))
    return str(path)


@pytest.mark.parametrize("url", GOOD)
def test_addresses_of_channels(url: str, tmp_path: Path) -> None:
    (package,) = of_lock(lock(tmp_path, url))
    assert package.url == url
    path = Path(tmp_path, package.subdir, package.file_name).resolve()
    assert path.parents[1] == tmp_path.resolve()


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("url", BAD)
def test_addresses_that_lead_elsewhere(url: str, local: bool, tmp_path: Path) -> None:
    with pytest.raises(InstallError) as refused:
        of_lock(lock(tmp_path, url), local=local)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("url", [None, 1, [], {}, True])
def test_addresses_that_are_no_text(url: object, tmp_path: Path) -> None:
    with pytest.raises(InstallError, match=r"is not (?:a conda-lock\.yml|an archive)") as refused:
        of_lock(lock(tmp_path, url))
    assert str(refused.value).isprintable()


def test_files_only_where_the_user_allows_them(tmp_path: Path) -> None:
    url = "file:///somewhere/noarch/a-1-0.conda"
    with pytest.raises(InstallError, match="--allow-local"):
        of_lock(lock(tmp_path, url))
    assert of_lock(lock(tmp_path, url), local=True)[0].url == url
    with pytest.raises(InstallError, match="--allow-local"):
        checked([LockedPackage("a", "1", url)], "an index", local=False)


def test_variables_stay_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIRROR_TOKEN", "hunter2")
    with pytest.raises(InstallError, match="contains a variable") as refused:
        of_lock(lock(tmp_path, f"{HOST}/${{MIRROR_TOKEN}}/noarch/a-1-0.conda"))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("sha256", ["0" * 64, None])
def test_no_hash_of_a_file_is_told(sha256: Optional[str], tmp_path: Path) -> None:
    secret = tmp_path / "noarch" / "a-1-0.conda"
    secret.parent.mkdir()
    secret.write_text("secret")
    package = LockedPackage("a", "1", f"file://{secret}", "0" * 32, sha256)
    with pytest.raises(InstallError) as refused:
        fetch.all_of([package], str(tmp_path / "cache"), lambda count: None)
    assert "2bb80d537b1da3e38bd30361aa855686bde0" not in str(refused.value)  # its SHA-256
    assert "5ebe2294ecd0e0f08eab7690d2a6ee69" not in str(refused.value)  # its MD5


def test_the_command_says_it_in_one_line(tmp_path: Path) -> None:
    from tritondoctor.installing import recipe

    source = Path(recipe.named("minimal-3.12")[0].path("recipe.toml")).parent
    folder = tmp_path / "theirs"
    folder.mkdir()
    for name in ("recipe.toml", "environment.yml", "requirements.txt"):
        (folder / name).write_bytes((source / name).read_bytes())
    lock(folder, f"{HOST}/../evil-1-0.conda")
    done = run("download", str(folder), str(tmp_path / "mirror"))
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "'evil'" in done.stderr
