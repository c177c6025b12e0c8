"""Recipes: somebody else's is data, and no file of the user's own is overwritten by a lock."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Callable

import pytest

from tests.test_cli import run
from tritondoctor.installing import InstallError, pips
from tritondoctor.installing import install as installing
from tritondoctor.installing import recipe as recipes
from tritondoctor.support.errors import UsageError

HASH = "--hash=sha256:" + "0" * 64
LINES = (
    "-r /etc/passwd", "--requirement=/etc/passwd", "-c /etc/passwd", "-e .", "./wheel.whl",
    "/x/a-1-py3-none-any.whl",
    "--index-url https://example.org/${HOME}", "-i https://example.org", "--extra-index-url https://example.org",
    "--find-links /root", "--trusted-host example.org", "--no-binary :all:", "--no-index",
    f"a @ https://example.org/a-1-py3-none-any.whl {HASH}", f"a @ file:///root/a.whl {HASH}",
    f"git+https://example.org/a {HASH}", f"a==${{HOME}} {HASH}", f"a==1 --config-settings=x=y {HASH}",
    f"a==1 {HASH} --index-url https://example.org", f"a>=1 {HASH}", "# comment\f-r /etc/passwd",
    "# comment\u2028-r /etc/passwd", "# comment\r-r /etc/passwd", "# -*- coding: utf-7 -*-",
)  # fmt: skip


def own(folder: Path) -> Path:
    """A recipe of somebody's."""
    shutil.copytree(recipes.named("minimal-3.12")[0].folder, folder)
    return folder


def refuse(*_arguments: object) -> None:
    raise AssertionError("no program is run")


@pytest.mark.parametrize("line", LINES)
def test_requirements_are_a_lock(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip and uv would open files of this machine, fill in variables and ask other addresses."""
    requirements = own(tmp_path / "theirs") / recipes.REQUIREMENTS
    with requirements.open("a", newline="") as file:
        file.write(f"{line}\n")
    recipe = recipes.load(str(tmp_path / "theirs"))
    monkeypatch.setattr(pips, "follow", refuse)
    with pytest.raises(InstallError, match="is no line of a lock") as refused:
        pips.install("/usr/bin/python3", recipe, None, {"PATH": os.defpath}, print)
    assert str(refused.value).isprintable()
    with pytest.raises(InstallError, match="is no line of a lock"):
        pips.download(recipe, str(tmp_path), {"PATH": os.defpath}, print)


@pytest.mark.parametrize(
    "line", ["", "# via x", f"a[b,c]==1.0+cu12 ; python_version < '3.10' {HASH}", f"    {HASH}"]
)
def test_what_lockers_write(line: str, tmp_path: Path) -> None:
    requirements = own(tmp_path / "ours") / recipes.REQUIREMENTS
    requirements.write_text(f"{line}\n")
    assert recipes.load(str(tmp_path / "ours")).wheels_lock() == str(requirements)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (recipes.TOML, ("download", "./theirs", "wheels")),
        (recipes.LOCK, ("download", "./theirs", "wheels")),
        (recipes.REQUIREMENTS, ("download", "./theirs", "wheels", "--venv")),
        (recipes.REQUIREMENTS, ("install", "./theirs", "--prefix", "env")),
        (recipes.ENVIRONMENT, ("lock", "./theirs")),
    ],
)
@pytest.mark.parametrize(
    "make",
    [os.mkfifo, lambda path: os.symlink("/dev/zero", path), os.mkdir],
    ids=["fifo", "zero", "folder"],
)
def test_a_recipe_of_odd_files(
    name: str, words: tuple[str, ...], make: Callable[[str], None], tmp_path: Path
) -> None:
    """None is waited for, nor read without end."""
    if words[0] == "lock":
        pytest.importorskip("conda_lock")
    path = own(tmp_path / "theirs") / name
    os.unlink(path)
    make(str(path))
    done = run(*words, cwd=tmp_path, timeout=60)
    assert done.returncode == (2 if name == recipes.TOML else 1), done.stderr
    assert "is no regular file" in done.stderr


@pytest.mark.parametrize("name", [recipes.TOML, recipes.ENVIRONMENT, recipes.REQUIREMENTS_IN])
def test_a_lock_overwrites_no_work(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of a recipe's name holds the user's changes: that is where the first lock put it."""
    monkeypatch.chdir(tmp_path)
    recipe = recipes.named("minimal-3.12")[0]
    copy = Path(recipes.copied(recipe, "minimal-3.12").folder)
    changed = (copy / name).read_text() + "# mine\n"
    (copy / name).write_text(changed)
    done = run("lock", "minimal-3.12", cwd=tmp_path)
    assert done.returncode == 2 and "tritondoctor lock ./minimal-3.12" in done.stderr, done.stderr
    assert (copy / name).read_text() == changed


def test_a_lock_writes_through_no_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    os.mkdir(tmp_path / "copy")
    os.symlink(victim, tmp_path / "copy" / recipes.ENVIRONMENT)
    with pytest.raises(UsageError, match="was not overwritten"):
        recipes.copied(recipes.named("minimal-3.12")[0], str(tmp_path / "copy"))
    assert victim.read_text() == "precious" and len(os.listdir(tmp_path / "copy")) == 1


def test_an_interrupted_copy_is_completed(tmp_path: Path) -> None:
    """Locks that are there stay: they are what the new ones are compared with."""
    recipe = recipes.named("minimal-3.12")[0]
    copy = recipes.copied(recipe, str(tmp_path / "copy"))
    os.unlink(copy.path(recipes.TOML))
    Path(copy.path(recipes.LOCK)).write_text("a newer one")
    again = recipes.copied(recipe, str(tmp_path / "copy"))
    assert again.text(recipes.TOML) == recipe.text(recipes.TOML)
    assert again.text(recipes.LOCK) == "a newer one"


@pytest.mark.parametrize(
    "words",
    [
        ("install", "nosuch"), ("download", "nosuch", "wheels"), ("lock", "nosuch"),
        ("install", "./nosuch"),
        ("install", "minimal", "--prefix", ""), ("install", "minimal", "--name", "../../env"),
        ("install", "minimal", "--name", ""), ("download", "minimal-3.12", ""), ("init", ""),
        ("undo", "--id", "nosuch", "--json"), ("undo", "--forget", "nosuch"), ("undo", "--id", ""),
    ],
)  # fmt: skip
def test_wrong_names_are_wrong_usage(words: tuple[str, ...], tmp_path: Path) -> None:
    """An empty one is none: an unset variable of a script does not mean the working directory."""
    done = run(*words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.startswith("tritondoctor: ") and not os.listdir(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders away")
@pytest.mark.parametrize("way", ["theirs", "open", "sticky", "link", "above"])
def test_root_installs_nowhere_that_another_user_can_exchange(way: str, tmp_path: Path) -> None:
    """The folder's owner put a Python of theirs into the place of the one that was being made."""
    folder, mode, owner = tmp_path / "place", 0o755, 4242
    folder.mkdir()
    prefix = folder / "env"
    if way == "open":
        mode, owner = 0o777, 0
    elif way == "sticky":
        mode = 0o1777
    elif way == "link":
        (folder / "link").symlink_to(tmp_path)
        prefix = folder / "link/env"
    elif way == "above":
        prefix = folder / "of/root/env"
        prefix.parent.mkdir(parents=True)
    os.chown(folder, owner, 0)
    folder.chmod(mode)
    done = run("install", "minimal-3.12", "--venv", "--prefix", str(prefix), cwd=tmp_path)
    assert (
        done.returncode == 2
        and "can change a folder above" in done.stderr
        and "--trust-owner" in done.stderr
    )
    assert not prefix.exists() and not list(prefix.parent.glob(".env*"))


def test_a_sticky_folder_of_roots_keeps_users_apart(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp").chmod(0o1777)
    installing._require_own(str(tmp_path / "tmp/env"))
