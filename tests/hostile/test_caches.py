"""Wheels and records in folders that somebody else can change: root neither uses nor makes any there."""

from __future__ import annotations

import hashlib
import os
import pwd
from pathlib import Path

import pytest

from tests.hostile import access_lists
from tritondoctor.remedies import wheels
from tritondoctor.remedies.path_state import digest_of
from tritondoctor.support import state_folder, xdg
from tritondoctor.support.ownership import not_ours

NOBODY = 65534


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
@pytest.mark.parametrize("theirs", ["home", "home/.cache", "home/.cache/tritondoctor"])
def test_root_with_the_home_of_another(tmp_path: Path, theirs: str) -> None:
    """As `sudo -E` leaves it: the user may exchange whatever lies in their folders."""
    (tmp_path / "home/.cache/tritondoctor").mkdir(parents=True)
    (tmp_path / "home/.local/state").mkdir(parents=True)
    os.chown(tmp_path / theirs, NOBODY, NOBODY)
    variables = {"HOME": str(tmp_path / "home")}
    own = pwd.getpwuid(0).pw_dir
    assert wheels.folder(variables) == f"{own}/.cache/tritondoctor/wheels"
    if theirs == "home":
        assert state_folder.of_records(variables) == f"{own}/.local/state/tritondoctor/fixes"
    assert xdg.cache_folder(variables) == f"{tmp_path}/home/.cache", "pip's and conda's stay the user's"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_link_to_a_folder_of_another(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", NOBODY, NOBODY)
    (tmp_path / "cache").symlink_to(tmp_path / "theirs")
    own = pwd.getpwuid(0).pw_dir
    assert xdg.own_cache({"XDG_CACHE_HOME": str(tmp_path / "cache")}) == f"{own}/.cache"
    assert xdg.own_cache({"XDG_CACHE_HOME": str(tmp_path / "new")}) == str(tmp_path / "new")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_where_others_may_write(tmp_path: Path) -> None:
    """Whoever may write a folder may exchange what is in it, whosever that is; but for a sticky one."""
    own, shared = pwd.getpwuid(0).pw_dir, tmp_path / "shared"
    (shared / "state").mkdir(parents=True)
    variables = {"XDG_STATE_HOME": f"{shared}/state"}
    for mode, roots in ((0o755, True), (0o777, False), (0o1777, True)):
        shared.chmod(mode)
        assert (xdg.own_state(variables) == f"{shared}/state") is roots, oct(mode)
    shared.chmod(0o755)
    access_lists.give(shared, user=NOBODY)
    assert xdg.own_state(variables) == f"{own}/.local/state"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_folder_with_an_access_list(tmp_path: Path) -> None:
    """What nobody has named is not obeyed there: a policy, an environment, a doctor."""
    assert not_ours(str(tmp_path)) == ""
    access_lists.give(tmp_path, group=4242)
    assert not_ours(str(tmp_path)) == "a group can write there (gid 4242)"
    access_lists.give(tmp_path, user=4242)
    assert not_ours(str(tmp_path)) == "other users can write there"
    assert not_ours(str(tmp_path), 4242) == ""
    access_lists.give(tmp_path, user=4242, mask=5)
    assert not_ours(str(tmp_path)) == ""


@pytest.mark.parametrize("relative", ["state", ".", "./state", "../state", "~/state", ""])
def test_a_relative_folder_is_ignored(
    relative: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As specified: the record of a fix lay where it was typed, and `undo` elsewhere had none."""
    monkeypatch.chdir(tmp_path)
    names = ("XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
    variables = {"HOME": pwd.getpwuid(os.geteuid()).pw_dir, **dict.fromkeys(names, relative)}
    home = variables["HOME"]
    assert state_folder.of_records(variables) == f"{home}/.local/state/tritondoctor/fixes"
    assert wheels.folder(variables) == f"{home}/.cache/tritondoctor/wheels"
    assert xdg.settings_folder(variables) == f"{home}/.config"
    assert xdg.data_folder(variables) == f"{home}/.local/share"


def test_planted_wheel_is_not_installed(tmp_path: Path) -> None:
    """One of the same name and version with a higher build number, which pip would prefer."""
    place = tmp_path / "tritondoctor/wheels"
    place.mkdir(parents=True)
    (place / "a-1-py3-none-any.whl").write_bytes(b"a wheel")
    (place / "a-1-99-py3-none-any.whl").write_bytes(b"planted")
    digest = hashlib.sha256(b"a wheel").hexdigest()
    choice = wheels.ChosenWheel("a==1", "https://example.org/a-1-py3-none-any.whl", digest)
    target = tmp_path / "copies"
    found = wheels.copies(["pip"], [choice], {"XDG_CACHE_HOME": str(tmp_path)}, str(target))
    assert found == (["a==1"], [])
    assert os.listdir(target) == ["a-1-py3-none-any.whl"]


def test_wheel_that_is_exchanged_while_it_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "tritondoctor/wheels"
    place.mkdir(parents=True)
    (place / "a-1-py3-none-any.whl").write_bytes(b"a wheel")
    digest = hashlib.sha256(b"a wheel").hexdigest()
    choice = wheels.ChosenWheel("a==1", "https://example.org/a-1-py3-none-any.whl", digest)

    def exchanged(path: str) -> str:
        found = digest_of(path)
        (place / "a-1-py3-none-any.whl").write_bytes(b"planted")
        return found

    monkeypatch.setattr(wheels, "digest_of", exchanged)
    found = wheels.copies(["pip"], [choice], {"XDG_CACHE_HOME": str(tmp_path)}, str(tmp_path / "copies"))
    assert found == ([], ["a==1"])
    assert not list(tmp_path.glob("copies/*"))
