"""Another root directory: its own cache, preloads and links, against programs started by chroot."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.loader.layout import Layout
from tests.loader.oracle import CLEAN
from tritondoctor.loader import Files, LoadedProcess, start

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("ldconfig"), reason="needs root, for chroot"
)
MULTIARCH = "lib/x86_64-linux-gnu"


@pytest.fixture
def inside(layout: Layout) -> Layout:
    """A root with the C library in it."""
    for source in (f"/{MULTIARCH}/libc.so.6", "/lib64/ld-linux-x86-64.so.2"):
        target = layout.path("usr" + source)
        shutil.copy(os.path.realpath(source), target)
    for link in ("lib", "lib64"):
        (layout.root / link).symlink_to(f"/usr/{link}")
    (layout.root / "etc").mkdir()
    (layout.root / "tmp").mkdir()
    return layout


def run_inside(
    layout: Layout, program: str, variables: dict[str, str], user: int = 0
) -> subprocess.CompletedProcess[str]:
    def enter() -> None:
        os.chroot(layout.root)
        os.chdir("/")
        os.setgid(user)
        os.setuid(user)

    return subprocess.run(
        [program],
        env={**CLEAN, **variables},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=enter,
    )


def agree(layout: Layout, program: str = "/m", **variables: str) -> LoadedProcess:
    root = str(layout.root)
    done = run_inside(layout, program, variables)
    process = start(program, {**CLEAN, **variables}, "/", Files(root))
    assert process.loads == (done.returncode == 0), (done.stderr, process.problems)
    if process.loads:
        assert done.stdout.splitlines() == [one.path for one in process.objects]
        assert done.stderr.splitlines() == [warning.message for warning in process.warnings]
    else:
        assert done.stderr.splitlines()[-1] == process.problems[0].message
    return process


def ldconfig(layout: Layout) -> None:
    subprocess.run(["ldconfig", "-r", str(layout.root)], check=True, capture_output=True)


def test_the_cache_and_subdirectories_in_it(inside: Layout) -> None:
    inside.program(needed=["libx.so"])
    assert not agree(inside).loads
    inside.library("opt/libs/libx.so")
    (inside.root / "etc/ld.so.conf").write_text("/opt/libs\n")
    assert not agree(inside).loads
    ldconfig(inside)
    assert agree(inside).objects[0].found_by == "cache"
    for level in ("x86-64-v2", "x86-64-v4", "x86-64-v3"):
        inside.library(f"opt/libs/glibc-hwcaps/{level}/libx.so")
        ldconfig(inside)
        assert agree(inside).objects[0].found_by == "cache"
    inside.library("usr/lib/tls/libx.so")
    inside.library("usr/lib/libx.so")
    ldconfig(inside)
    agree(inside)


def test_a_stale_cache(inside: Layout) -> None:
    inside.program(needed=["libx.so"])
    inside.library("opt/libs/libx.so")
    (inside.root / "etc/ld.so.conf").write_text("/opt/libs\n")
    ldconfig(inside)
    (inside.root / "opt/libs/libx.so").unlink()
    assert not agree(inside).loads
    inside.library("usr/lib/libx.so")
    assert agree(inside).objects[0].found_by == "default"
    (inside.root / "etc/ld.so.cache").write_bytes(b"ld.so-1.7.0" + bytes(40))
    agree(inside)


def test_a_cache_with_both_formats(inside: Layout) -> None:
    inside.program(needed=["libx.so"])
    inside.library("opt/libs/libx.so")
    (inside.root / "etc/ld.so.conf").write_text("/opt/libs\n")
    command = ["ldconfig", "-c", "compat", "-r", str(inside.root)]
    subprocess.run(command, check=True, capture_output=True)
    assert (inside.root / "etc/ld.so.cache").read_bytes().startswith(b"ld.so-1.7.0")
    assert agree(inside).objects[0].found_by == "cache"


def test_nodeflib_and_the_cache(inside: Layout) -> None:
    inside.program(needed=["libx.so"], options=["-Wl,-z,nodefaultlib"], runpath=f"/{MULTIARCH}")
    inside.library("usr/lib/libx.so")
    ldconfig(inside)
    assert not agree(inside).loads
    inside.library("opt/libs/libx.so")
    (inside.root / "etc/ld.so.conf").write_text("/opt/libs\n")
    ldconfig(inside)
    agree(inside)


@pytest.mark.parametrize(
    "text",
    [
        "/opt/libp.so",
        "/opt/libp.so\n",
        "# /opt/gone.so\n/opt/libp.so # and more\n\t/opt/libq.so:/opt/gone.so\n",
        "libp.so /opt/libq.so",
        "",
        "#",
    ],
)
def test_the_preload_file(inside: Layout, text: str) -> None:
    for name in ("p", "q"):
        inside.library(f"opt/lib{name}.so")
    inside.program()
    (inside.root / "etc/ld.so.preload").write_text(text)
    agree(inside)
    agree(inside, LD_PRELOAD="/opt/libq.so /opt/none.so")


def test_links_inside(inside: Layout) -> None:
    inside.library("opt/real/libx.so", ["liby.so"], runpath="$ORIGIN/../more")
    inside.library("opt/more/liby.so")
    (inside.root / "opt/absolute").symlink_to("/opt/real")
    inside.program("bin/m", needed=["libx.so"], runpath="/opt/absolute")
    inside.path("usr/bin/m").symlink_to("/bin/m")
    assert agree(inside, "/usr/bin/m").loads
    assert Path(inside.root, "opt").is_dir()


def test_a_setuid_program_ignores_what_its_caller_sets(inside: Layout) -> None:
    inside.library("opt/libx.so")
    inside.library("usr/lib/libx.so")
    program = inside.program(needed=["libx.so"])
    program.chmod(0o4755)
    inside.root.chmod(0o755)
    variables = {"LD_LIBRARY_PATH": "/opt", "LD_PRELOAD": "/opt/libx.so libx.so"}
    done = run_inside(inside, "/m", variables, 65534)
    if done.returncode:
        pytest.skip("this file system runs nothing setuid")
    process = start("/m", {**CLEAN, **variables}, "/", Files(str(inside.root)), secure=True)
    paths = [one.path for one in process.objects]
    assert done.stdout.splitlines() == paths
    assert paths[0] == "/lib/libx.so" and process.objects[0].found_by == "default"
