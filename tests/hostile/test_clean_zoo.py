"""`clean` among look-alikes of leftovers removes exactly what is its user's own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hostile import private
from tritondoctor.remedies import cleanup

ROOT = "/tmp/home/root/.cache/pytriton"
ALICE = "/tmp/home/alice/.cache/pytriton"
OF_ROOT = {
    "/dev/shm/psm_0a0a0a0a", "/dev/shm/pytrtion111-aaaa0", "/dev/shm/pytrtion222-bbbb-shm",
    "/tmp/folderDEADAA", f"{ROOT}/workspace_dead0000", f"{ROOT}/workspace_orphan00",
}  # fmt: skip
OF_ALICE = {
    "/dev/shm/psm_ofalice0", "/dev/shm/pytrtion448-dddd", f"{ALICE}/workspace_dead0000",
}  # fmt: skip
#: processes that are servers without their PyTriton, whatever they say of others
ORPHANS = {"orphan", "installed", "conda", "chosen", "package"}
LIARS = {"liar with a server", "hidden", "thief of a prefix"}


def _outermost(paths: list[str]) -> set[str]:
    return {path for path in paths if not any(path.startswith(f"{other}/") for other in paths)}


def _clean(*words: str) -> tuple[Any, set[str], set[str]]:
    seen = private.run("zoo.py", *words)
    assert not seen["errors"]
    return seen, _outermost(seen["removed"]), set(seen["all"]) - set(seen["living"])


def test_root_removes_its_own() -> None:
    seen, removed, ended = _clean("--yes")
    assert removed == OF_ROOT
    assert ended == ORPHANS
    assert seen["code"] == 0
    assert "site-packages/pytriton (33 kB, user root, of process" in seen["output"]
    assert "a package manager installed it" in seen["output"]
    for name in ("results", "notes.sock", "1/__pycache__/precious.txt"):
        assert f"it holds {name}\n" in seen["output"].replace("\n     ", " ")


def test_root_for_another_user() -> None:
    """Alice's process names a folder of root's and a segment of root's; only alice's own go."""
    _, removed, ended = _clean("--yes", "--user", "alice")
    assert removed == OF_ALICE
    assert ended == LIARS


def test_root_for_everybody() -> None:
    _, removed, ended = _clean("--json", "--yes", "--all-users")
    assert removed == OF_ROOT | OF_ALICE | {"/tmp/home/bob/.cache/pytriton/workspace_dead0000"}
    assert ended == ORPHANS | LIARS


def test_nothing_unasked() -> None:
    for words in ((), ("--json",)):
        seen, removed, ended = _clean(*words)
        assert not removed
        assert not ended
        assert seen["code"] == 0


def test_what_is_swapped_between_listing_and_removal() -> None:
    seen = private.run("swapped.py")
    assert len(seen) == 8
    for name, (found, alive, problems) in seen.items():
        assert found == 3, name
        assert alive, name
        assert problems, name


@pytest.mark.parametrize("names, everybody", [(["root"], False), ([], True), (["1"], False)])
def test_only_root_cleans_for_others(
    monkeypatch: pytest.MonkeyPatch, names: list[str], everybody: bool
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 4242)
    with pytest.raises(cleanup.UserError, match="Only root"):
        cleanup.users(names, everybody=everybody)
    assert cleanup.users([], everybody=False) == {4242}
    assert cleanup.users(["4242"], everybody=False) == {4242}


def test_no_such_user() -> None:
    for name in ("nobody-of-that-name", "", "²", "-1"):
        with pytest.raises(cleanup.UserError, match="There is no user"):
            cleanup.users([name], everybody=False)
