"""Views with changes: what they answer, and that a start in one equals a start after the change."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from tests.loader.layout import Layout
from tests.loader.oracle import CLEAN, same_start
from tritondoctor.loader import Copy, Data, Files, Gone, LinkChange, start


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path.resolve()
    (root / "d/sub").mkdir(parents=True)
    (root / "d/file").write_text("one")
    (root / "d/sub/deep").write_text("two")
    (root / "d/link").symlink_to("sub/deep")
    (root / "d/loop").symlink_to("loop")
    (root / "to").symlink_to("d")
    return root


def test_without_changes_it_is_the_file_system(tree: Path) -> None:
    for files in (Files(), Files().with_changes({})):
        assert files.read(f"{tree}/to/link", 100) == b"two"
        assert files.head(f"{tree}/d/file", 2) == b"on"
        assert files.realpath(f"{tree}/to/link") == f"{tree}/d/sub/deep"
        assert files.listdir(f"{tree}/to") == ["file", "link", "loop", "sub"]
        assert files.readlink(f"{tree}/to") == "d"
        assert files.is_dir(f"{tree}/to/") and not files.is_dir(f"{tree}/to/file")
        assert files.stat(f"{tree}/d/link").identity == files.stat(f"{tree}/d/sub/deep").identity
        assert files.lexists(f"{tree}/d/loop") and not files.exists(f"{tree}/d/loop")


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("gone", errno.ENOENT),
        ("gone/x", errno.ENOENT),
        ("d/file/x", errno.ENOTDIR),
        ("d/file/", errno.ENOTDIR),
        ("d/loop", errno.ELOOP),
        ("d/loop/x", errno.ELOOP),
        ("d", errno.EISDIR),
    ],
)
def test_errors_are_those_of_the_kernel(tree: Path, path: str, number: int) -> None:
    for files in (Files(), Files().with_changes({})):
        with pytest.raises(OSError) as failure:
            files.read(f"{tree}/{path}", 100)
        assert failure.value.errno == number


def test_changes(tree: Path) -> None:
    files = Files().with_changes(
        {
            f"{tree}/new/link": LinkChange("../d/file"),
            f"{tree}/d/data": Data(b"three"),
            f"{tree}/copy": Copy(f"{tree}/to"),
            f"{tree}/copy/sub/more": Data(b"four"),
            f"{tree}/copy/file": Gone(),
            f"{tree}/d/sub": Gone(),
        }
    )
    assert files.read(f"{tree}/new/link", 100) == b"one"
    assert files.stat(f"{tree}/new/link").identity == files.stat(f"{tree}/d/file").identity
    assert files.read(f"{tree}/to/data", 100) == b"three"
    assert files.read(f"{tree}/copy/link", 100) == b"two"
    assert files.readlink(f"{tree}/copy/link") == "sub/deep"
    assert files.stat(f"{tree}/copy/sub/deep").identity != Files().stat(f"{tree}/d/link").identity
    assert files.listdir(f"{tree}/copy") == ["link", "loop", "sub"]
    assert files.listdir(f"{tree}/copy/sub") == ["deep", "more"]
    assert files.listdir(f"{tree}/new") == ["link"]
    assert not files.exists(f"{tree}/d/sub/deep") and not files.exists(f"{tree}/d/link")
    assert files.lexists(f"{tree}/d/link")
    assert "new" in files.listdir(str(tree))
    assert not (tree / "new").exists()


def test_later_changes_win(tree: Path) -> None:
    files = Files().with_changes({f"{tree}/a": Data(b"1"), f"{tree}/b/c": Data(b"2")})
    later = files.with_changes({f"{tree}/a": LinkChange("b/c"), f"{tree}/e": Copy(f"{tree}/b")})
    assert later.read(f"{tree}/a", 100) == later.read(f"{tree}/e/c", 100) == b"2"
    assert files.read(f"{tree}/a", 100) == b"1"


def test_a_change_through_a_link_to_a_directory(tree: Path) -> None:
    files = Files().with_changes({f"{tree}/to/new": Data(b"x")})
    assert files.read(f"{tree}/d/new", 100) == b"x"


def test_a_new_folder_below_the_root_itself(tree: Path) -> None:
    """As PyTriton's workspace is, where HOME is /."""
    assert not os.path.lexists("/no-such-folder")
    files = Files().with_changes({"/no-such-folder/new/copy": Copy(str(tree / "d"))})
    assert files.read("/no-such-folder/new/copy/file", 100) == b"one"
    assert files.listdir("/no-such-folder") == ["new"]


def test_access(tree: Path) -> None:
    files = Files().with_changes(
        {f"{tree}/run": Copy(f"{tree}/d/file", 0o755), f"{tree}/plain": Data(b"")}
    )
    assert files.access(f"{tree}/run", os.X_OK) and not files.access(f"{tree}/plain", os.X_OK)
    assert files.access(f"{tree}/plain", os.R_OK) and not files.access(f"{tree}/none", os.F_OK)


def test_absolute_links_stay_inside_a_root(tree: Path) -> None:
    (tree / "d/absolute").symlink_to("/d/file")
    (tree / "d/out").symlink_to("../../../../../../../../../../../../d/file")
    files = Files(str(tree))
    assert files.read("/d/absolute", 100) == files.read("/d/out", 100) == b"one"
    assert files.realpath("/to/absolute") == "/d/file"


def test_a_link_beside_a_library_is_tried_before_it_is_made(layout: Layout) -> None:
    """The least invasive repair: predicted on a view, then made, then really started."""
    layout.library("libs/libmid.so", ["libx.so"], runpath="$ORIGIN")
    layout.library("elsewhere/libx.so")
    program = layout.program(needed=["libmid.so"], rpath=f"{layout.root}/libs")
    files = Files()
    assert not start(str(program), CLEAN, "/", files).loads
    link = {f"{layout.root}/libs/libx.so": LinkChange("../elsewhere/libx.so")}
    predicted = start(str(program), CLEAN, "/", files.with_changes(link))
    assert predicted.loads
    (layout.root / "libs/libx.so").symlink_to("../elsewhere/libx.so")
    real = same_start(program, {}, "/")
    assert [one.path for one in predicted.objects] == [one.path for one in real.objects]


def test_a_copied_tree_finds_its_libraries_where_it_is_copied_to(layout: Layout) -> None:
    layout.library("package/libs/libx.so")
    layout.program("package/server/bin/m", ["libx.so"], runpath="$ORIGIN/../../libs")
    layout.program("package/stubs/stub", ["libx.so"], runpath="$ORIGIN/../../libs")
    work = f"{layout.root}/work"
    files = Files().with_changes(
        {
            work: Copy(f"{layout.root}/package/server"),
            f"{work}/bin/stub": Copy(f"{layout.root}/package/stubs/stub", 0o755),
        }
    )
    variables = {"LD_LIBRARY_PATH": f"{layout.root}/package/libs"}
    predicted = {
        (name, bool(env)): start(f"{work}/bin/{name}", {**CLEAN, **env}, "/", files).loads
        for name in ("m", "stub")
        for env in ({}, variables)
    }
    shutil.copytree(layout.root / "package/server", work)
    shutil.copy2(layout.root / "package/stubs/stub", f"{work}/bin/stub")
    for (name, wide), loads in predicted.items():
        real = same_start(Path(work, "bin", name), variables if wide else {}, "/")
        assert real.loads == loads == wide
