"""D10 to D14: files that are damaged, endless, huge or deeply nested; each check ends, with a verdict."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tritondoctor.installing import InstallError
from tritondoctor.installing.packages import of_lock

_SECONDS, _MEMORY = 60, 3 << 30
_DOCTOR = (sys.executable, "-m", "tritondoctor")
_SITE = f"lib/python3.{sys.version_info[1]}/site-packages"
Make = Callable[[Path], object]


@pytest.fixture(scope="module")
def clone(environment: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not Path(environment, _SITE, "pytriton").is_dir():
        pytest.skip("the environment is of another Python")
    prefix = tmp_path_factory.mktemp("hostile") / "env"
    subprocess.run(["cp", "-al", environment, str(prefix)], check=True)
    return prefix


def _sparse(size: int) -> Make:
    def make(path: Path) -> None:
        with path.open("wb") as file:
            file.truncate(size)

    return make


def _text(text: str) -> Make:
    return lambda path: path.write_text(text)


def _chain(path: Path) -> None:
    """numpy imports a module, that another, and so on, 5,000 in all."""
    folder = path.parent / "chain"
    folder.mkdir()
    path.write_text("from numpy.chain import m0\n")
    (folder / "__init__.py").touch()
    for number in range(5000):
        (folder / f"m{number}.py").write_text(f"from numpy.chain import m{number + 1}\n")


def _many(path: Path) -> None:
    """numpy imports 20,000 modules."""
    folder = path.parent / "chain"
    folder.mkdir()
    path.write_text("".join(f"from numpy.chain import m{number}\n" for number in range(20_000)))
    (folder / "__init__.py").touch()
    for number in range(20_000):
        (folder / f"m{number}.py").touch()


def _records(path: Path) -> None:
    """100,001 records of conda packages."""
    path.mkdir()
    for number in range(100_001):
        (path / f"p{number}-1-0.json").write_text("{}")


def _needing(path: Path) -> None:
    """A library that needs 2,000 others, whose names are one long string, or parts of it."""
    path.write_bytes(_elf_with_names(2000, 1 << 20))


def _elf_with_names(count: int, length: int) -> bytes:
    import struct

    strings = b"\0" + b"a" * length + b"\0"
    dynamic = b"".join(struct.pack("<QQ", 1, 1 + number) for number in range(count))
    at = 64 + 3 * 56
    end = at + len(dynamic) + 48 + len(strings)
    dynamic += struct.pack("<QQQQQQ", 5, at + len(dynamic) + 48, 10, len(strings), 0, 0)
    header = b"\x7fELF\2\1\1" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, 0, 0, 64, 56, 3, 0, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, end, end, 4096)
    table = struct.pack("<IIQQQQQQ", 2, 6, at, at, at, len(dynamic), len(dynamic), 8)
    stack = struct.pack("<IIQQQQQQ", 0x6474E551, 6, 0, 0, 0, 0, 0, 16)
    return header + load + table + stack + dynamic + strings


_STUB = "pytriton/tritonserver/python_backend_stubs/*/triton_python_backend_stub"
_RECORD = "nvidia_pytriton-*.dist-info/RECORD"
_NESTED = {
    "names": "if " + ".".join("a" * 3000) + ":\n    import os\n",
    "sums": "if " + "+".join("1" * 20_000) + ":\n    import os\n",
    "signs": "if " + "-" * 20_000 + "1:\n    import os\n",
    "parts": "import " + ".".join("a" * 100_000) + "\n",
    "statements": "import os\n" * 4_000_000,
    "flags": "".join(f"if F{number}:\n    import os\n" for number in range(30_000)),
}

#: where it is put, below site-packages; how it is made; whether something is not read for it
CASES: dict[str, tuple[str, Make, bool]] = {
    "record-number": (_RECORD, _text("pytriton/__init__.py,sha256=abc,xyz\n"), False),
    "record-digits": (_RECORD, _text(f"pytriton/__init__.py,sha256=abc,{'9' * 5000}\n"), False),
    "record-square": (_RECORD, _text("pytriton/__init__.py,sha256=abc,²\n"), False),
    "record-nul": (_RECORD, _text("pytriton/\0,sha256=abc,1\n"), False),
    "record-rows": (_RECORD, _text("".join(f"x/{n}.py,sha256=a,1\n" for n in range(1_000_000))), True),
    "record-20-gb": (_RECORD, _sparse(20 << 30), True),
    "record-1.5-gb": (_RECORD, _sparse(3 << 29), True),
    "triton-20-gb": ("pytriton/triton.py", _sparse(20 << 30), True),
    "numpy-version-20-gb": ("numpy/version.py", _sparse(20 << 30), True),
    "numpy-fifo": ("numpy/version.py", lambda path: os.mkfifo(path), False),
    "numpy-zero": ("numpy/version.py", lambda path: path.symlink_to("/dev/zero"), False),
    "modules-chained": ("numpy/__init__.py", _chain, True),
    "libpython-names": ("nvidia_pytriton.libs/libpython3.11.so.1.0", _needing, True),
    "pth-nul": ("zz.pth", _text("a\0b\n/x\n"), False),
    "pyvenv-fifo": ("../../../pyvenv.cfg", lambda path: os.mkfifo(path), False),
    "conda-nested": ("../../../conda-meta/p-1-0.json", _text('{"files": ' + "[" * 200_000), False),
    "conda-fifo": ("../../../conda-meta/p-1-0.json", lambda path: os.mkfifo(path), False),
    "conda-zero": ("../../../conda-meta/p-1-0.json", lambda path: path.symlink_to("/dev/zero"), False),
    "conda-many": ("../../../conda-meta", _records, True),
    "modules-many": ("numpy/__init__.py", _many, True),
    "stub-20-gb": (_STUB, _sparse(20 << 30), False),
    "server-links-to-root": ("pytriton/tritonserver/root", lambda path: path.symlink_to("/"), False),
    "server-links-elsewhere": ("pytriton/tritonserver/etc", lambda path: path.symlink_to("/etc"), True),
    "server-nested": (
        "pytriton/tritonserver/deep",
        lambda path: subprocess.run(["mkdir", "-p", f"{path}/{'d/' * 1900}"], check=True),
        True,
    ),
    **{f"source-{name}": ("numpy/__init__.py", _text(text), True) for name, text in _NESTED.items()},
}
CASES["source-flags"] = (*CASES["source-flags"][:2], False)


@contextlib.contextmanager
def _placed(clone: Path, name: str, make: Make) -> Iterator[None]:
    path = Path(os.path.abspath(next((clone / _SITE).glob(name), clone / _SITE / name)))
    path.parent.mkdir(exist_ok=True)
    kept = path.with_name(f"{path.name}.kept")
    if path.exists():
        path.rename(kept)
    make(path)
    try:
        yield
    finally:
        _remove(path)
        _remove(path.parent / "chain")
        with contextlib.suppress(OSError):
            path.parent.rmdir()  # conda-meta is made for the case
        if kept.exists():
            kept.rename(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        subprocess.run(["rm", "-rf", str(path)], check=True)
    else:
        path.unlink(missing_ok=True)


def _check(clone: Path, cwd: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a check; on a busy machine seconds of the clock say nothing, those of the processor do."""
    began = _children_s()
    done = subprocess.run(
        [*_DOCTOR, "check", "--timeout", "9", "--prefix", str(clone), *options],
        cwd=cwd, capture_output=True, text=True, check=False, timeout=10 * _SECONDS, preexec_fn=_limit,
        env={**os.environ, **variables},
    )  # fmt: skip
    assert _children_s() - began < _SECONDS
    return done


def _children_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


@pytest.mark.parametrize("case", CASES)
def test_a_check_ends_with_a_verdict(case: str, clone: Path, tmp_path: Path) -> None:
    name, make, left_out = CASES[case]
    with _placed(clone, name, make):
        done = _check(clone, tmp_path, "--json")
    assert done.returncode in (0, 1), done.stderr[-2000:]
    report = json.loads(done.stdout)
    ids = {finding["id"] for finding in report["findings"]}
    assert report["verdict"] != "ok"
    assert ("file-not-read" in ids) is left_out, ids


def test_a_pyvenv_without_an_end(clone: Path, tmp_path: Path) -> None:
    """Root does not start what others might have written without being told to."""
    with _placed(clone, "../../../pyvenv.cfg", lambda path: path.symlink_to("/dev/zero")):
        done = _check(clone, tmp_path)
        assert done.returncode in (0, 1, 2) and "Traceback" not in done.stderr, done
        trusted = _check(clone, tmp_path, "--trust-owner")
    assert trusted.returncode in (0, 1), trusted.stderr[-2000:]


def test_an_archive_of_20_gb_on_pythonpath(clone: Path, tmp_path: Path) -> None:
    _sparse(20 << 30)(tmp_path / "a.zip")
    done = _check(clone, tmp_path, "--json", PYTHONPATH=str(tmp_path / "a.zip"))
    assert done.returncode in (0, 1), done.stderr[-2000:]


@pytest.mark.parametrize("made", ["fifo", "zero", "nul", "20 gb"])
def test_the_list_of_conda_environments(made: str, tmp_path: Path) -> None:
    (tmp_path / ".conda").mkdir()
    listed = tmp_path / ".conda" / "environments.txt"
    _odd(listed, made)
    done = subprocess.run(
        [*_DOCTOR, "check", "--conda-env", "nowhere"],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, cwd=tmp_path, capture_output=True,
        text=True, check=False, timeout=10 * _SECONDS, preexec_fn=_limit,
    )  # fmt: skip
    assert done.returncode == 2 and "Traceback" not in done.stderr, done


@pytest.mark.parametrize("made", ["fifo", "zero", "nul", "20 gb"])
def test_a_lock_is_refused_in_one_line(made: str, tmp_path: Path) -> None:
    _odd(tmp_path / "conda-lock.yml", made)
    with pytest.raises(InstallError) as refused:
        of_lock(str(tmp_path / "conda-lock.yml"))
    assert "\n" not in str(refused.value)


def _odd(path: Path, made: str) -> None:
    makes: dict[str, Make] = {
        "fifo": lambda path: os.mkfifo(path),
        "zero": lambda path: path.symlink_to("/dev/zero"),
        "nul": _text("/a\0b\n\0\n"),
        "20 gb": _sparse(20 << 30),
    }
    makes[made](path)


def test_a_nul_in_a_path_file_of_the_user_site(tmp_path: Path) -> None:
    site = tmp_path / "lib" / f"python3.{sys.version_info[1]}" / "site-packages"
    site.mkdir(parents=True)
    (site / "zz.pth").write_text("/x\0y\n\0\n/tmp\n")
    done = subprocess.run(
        [*_DOCTOR, "check", "--json", "--python", os.path.realpath(sys.executable)],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONUSERBASE": str(tmp_path)},
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=10 * _SECONDS,
    )  # fmt: skip
    assert done.returncode == 1 and json.loads(done.stdout)["findings"], done.stderr


def test_a_folder_that_holds_itself_is_an_error(clone: Path, tmp_path: Path) -> None:
    name, make, _ = CASES["server-links-to-root"]
    with _placed(clone, name, make):
        done = _check(clone, tmp_path, "--json")
    ids = {finding["id"] for finding in json.loads(done.stdout)["findings"]}
    assert "server-not-copyable" in ids


def test_a_huge_pyproject_is_not_read(clone: Path, tmp_path: Path) -> None:
    _sparse(3 << 30)(tmp_path / "pyproject.toml")
    assert _check(clone, tmp_path).returncode in (0, 1)


def test_deep_toml_is_one_line(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "tritondoctor.toml").write_text("a = " + "[" * 5000)
    done = _check(clone, tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr


def test_a_relocation_outside_the_symbol_table(tmp_path: Path) -> None:
    """D11b: relocations of a library that needs GLIBC_PRIVATE name a symbol that is not there."""
    library = tmp_path / "bad.so"
    (tmp_path / "x.c").write_text("extern char **_dl_argv; char **get(void) { return _dl_argv; }\n")
    compiled = ["gcc", "-shared", "-fPIC", "x.c", "-o", "bad.so", "/lib64/ld-linux-x86-64.so.2"]
    subprocess.run(compiled, cwd=tmp_path, check=True)
    content = bytearray(library.read_bytes())
    for place in range(0, len(content) - 8, 8):
        info = int.from_bytes(content[place : place + 8], "little")
        if info & 0xFFFFFFFF == 6 and 0 < info >> 32 < 64:  # R_X86_64_GLOB_DAT
            content[place + 4 : place + 8] = (0xFFFFFF).to_bytes(4, "little")
    library.write_bytes(content)
    command = [sys.executable, "-m", "tritondoctor", "libs", str(library)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr[-2000:]


@pytest.mark.parametrize("words", [("explain",), ("check", "--from"), ("explain", "-")])
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom"])
def test_a_device_without_an_end(words: tuple[str, ...], device: str) -> None:
    """It was read for ever; what was meant is another path, or a redirection."""
    with open(device, "rb") as endless:
        names = () if words[-1] == "-" else (device,)
        done = subprocess.run(
            [*_DOCTOR, *words, *names], stdin=endless, capture_output=True, text=True, timeout=_SECONDS,
            check=False,
        )  # fmt: skip
    assert done.returncode == 2 and "has no end" in done.stderr
