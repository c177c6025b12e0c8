"""The whole machine: every ELF file under several settings, the model against the loader's listing.

TRITONDOCTOR_TEST_ENV names an environment whose libraries are examined too (default: this one's).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.loader.oracle import DEFAULT_LOADER, Answer, modelled, traced
from tritondoctor.loader import Files, read_elf

MACHINE = {"x86_64": 62, "aarch64": 183}.get(os.uname().machine, 0)
PLACES = ["/usr/bin", "/usr/sbin", "/usr/lib/x86_64-linux-gnu", "/usr/libexec"]
AT_LEAST = int(os.environ.get("TRITONDOCTOR_TEST_PAIRS", "0"))
AT_MOST = int(os.environ.get("TRITONDOCTOR_TEST_FILES", "2000"))

pytestmark = pytest.mark.skipif(
    not os.path.exists(DEFAULT_LOADER), reason="no glibc for x86-64 on this machine"
)


def is_elf(path: str) -> bool:
    try:
        if os.path.islink(path) or not os.path.isfile(path):
            return False
        with open(path, "rb") as stream:
            head = stream.read(20)
    except OSError:
        return False
    kind, machine = head[16:17], int.from_bytes(head[18:20], "little")
    return head[:5] == b"\x7fELF\x02" and kind in (b"\x02", b"\x03") and machine == MACHINE


def below(place: str) -> Iterator[str]:
    for folder, _, names in os.walk(place):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if is_elf(path):
                yield path


def environments() -> list[str]:
    named = os.environ.get("TRITONDOCTOR_TEST_ENV", "")
    homes = [sys.base_prefix, *(named.split(":") if named else [sys.prefix])]
    pyenv = Path(os.environ.get("PYENV_ROOT", "/nowhere"), "versions")
    return [*homes, *(str(path) for path in sorted(pyenv.glob("3.*")))]


def objects_of(home: str) -> Iterator[str]:
    for interpreter in sorted(Path(home, "bin").glob("python3*")):
        if is_elf(str(interpreter)):
            yield str(interpreter)
    for library in sorted(Path(home, "lib").glob("libpython3*.so*")):
        if is_elf(str(library)):
            yield str(library)
    for loads in sorted(Path(home, "lib").glob("python3*/lib-dynload")):
        yield from below(str(loads))
    for packages in sorted(Path(home, "lib").glob("python3*/site-packages")):
        for name in ("nvidia_pytriton.libs", "pytriton/tritonserver"):
            yield from below(str(packages / name))


def settings() -> list[tuple[dict[str, str], str]]:
    libraries = f"{sys.base_prefix}/lib"
    return [
        ({}, "/"),
        ({"LD_LIBRARY_PATH": f"{libraries}:"}, "/usr/lib/x86_64-linux-gnu"),
        ({"LD_LIBRARY_PATH": f"$ORIGIN/../lib;/nowhere:/usr/$LIB:{libraries}"}, "/"),
        ({"LD_PRELOAD": "libz.so.1 /nowhere/gone.so:libm.so.6"}, "/"),
    ]


def test_agreement_with_the_loader_of_this_machine() -> None:
    private = {path: 0 for home in environments() for path in objects_of(home)}
    paths = [*private, *(path for place in PLACES for path in below(place))][:AT_MOST]
    files = Files()
    jobs = [
        (os.path.realpath(path), variables, cwd)
        for path in paths
        for variables, cwd in settings()
        if not read_elf(files, path).is_static
    ]
    with ThreadPoolExecutor((os.cpu_count() or 1) * 2) as pool:
        real = list(pool.map(lambda job: traced(job[0], job[1], job[2], files), jobs))
    wrong = []
    for job, answer in zip(jobs, real):
        model = modelled(job[0], job[1], job[2], files)
        if same(model, answer):
            continue
        wrong.append(f"{job[0]} {job[1]}\n  model {model}\n  real  {answer}")
    print(f"{len(jobs)} pairs of file and variables, {len(wrong)} disagreements")
    assert not wrong, "\n".join(wrong[:5])
    assert len(jobs) >= AT_LEAST


def same(model: Answer, real: Answer) -> bool:
    if any("error while loading shared libraries" in line for line in real.said):
        return model.said == real.said
    return model == real
