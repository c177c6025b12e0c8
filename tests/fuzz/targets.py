"""The parsers of what other people made: bytes in, and nothing but a result out."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.fuzz import seeds
from tritondoctor import target
from tritondoctor.examination import policy, snapshot
from tritondoctor.facts.conda import packages
from tritondoctor.facts.imports import distributions, requirements, statements, zipped
from tritondoctor.facts.interpreter import answer, embedded, sys_path
from tritondoctor.facts.interpreter.model import Interpreter
from tritondoctor.facts.launch import model_repository, pytriton
from tritondoctor.facts.launch.settings import Settings
from tritondoctor.facts.launch.shell_walk import Walk
from tritondoctor.facts.machine import shell_files
from tritondoctor.fleet import gather, reading
from tritondoctor.installing import InstallError
from tritondoctor.installing.packages import of_lock
from tritondoctor.loader import BadElf, Files, Skipped, read_elf, read_system, start, symbol_bytes
from tritondoctor.loader.cache import Cache
from tritondoctor.loader.header import EM_X86_64, Abi
from tritondoctor.loader.overlay import Data
from tritondoctor.loader.symbols import dynamic_symbols, version_symbols
from tritondoctor.logs import read, verdict
from tritondoctor.remedies import journal


class Target(NamedTuple):
    """`parse` takes any bytes and raises nothing; `seeds` are real ones."""

    parse: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]


def _laid(path: str, content: bytes) -> Files:
    return Files().with_changes({path: Data(content, 0o755)})


def _elf(content: bytes) -> None:
    files = _laid("/fuzz/lib.so", content)
    try:
        elf = read_elf(files, "/fuzz/lib.so")
        elf.load_error()
        dynamic_symbols(files, "/fuzz/lib.so")
        symbol_bytes(files, "/fuzz/lib.so", "Py_Version", 8)
        for version in (*elf.versions, "GLIBC_PRIVATE"):
            version_symbols(files, "/fuzz/lib.so", elf, version)
    except (BadElf, Skipped, OSError):
        return


def _link_map(content: bytes) -> None:
    start("/fuzz/lib.so", {"LD_LIBRARY_PATH": "/fuzz"}, "/fuzz", _laid("/fuzz/lib.so", content))


def _system(content: bytes) -> None:
    try:
        read_system(_laid("/fuzz/ld.so", content), "/fuzz/ld.so")
    except (BadElf, Skipped, OSError):
        return


def _cache(content: bytes) -> None:
    try:
        known = Cache(content, Abi(64, EM_X86_64), ("x86-64-v3",))
    except ValueError:
        return
    known.lookup("libc.so.6")


def _source(content: bytes) -> None:
    text = content.decode("utf-8", "replace")
    for whole, functions in ((False, False), (True, False), (False, True)):
        try:
            statements.imports_of(text, (3, 11, 7), whole=whole, functions=functions)
        except (SyntaxError, ValueError):
            pass
    try:
        statements.defined_names(text)
    except (SyntaxError, ValueError):
        pass


def _shell(content: bytes) -> None:
    text = content.decode("utf-8", "replace")
    variables = {"PATH": "/usr/bin", "HOME": "/root"}
    for fish in (False, True):
        for item in shell_files.assignments(text, fish=fish):
            shell_files.expand(item.value, variables)
    Walk(Files(), variables, "/", bold=True).startup(text)


def _record(content: bytes) -> None:
    files = _laid("/fuzz/x-1.dist-info/RECORD", content)
    distributions.owner_of(files, ["/fuzz"], "pytriton.triton", "")
    pytriton._damaged(files, "/fuzz", "/fuzz/x-1.dist-info/RECORD")


def _metadata(content: bytes) -> None:
    environment = requirements.installed(
        _laid("/fuzz/site/x-1.dist-info/METADATA", content), _interpreter("/fuzz/site")
    )
    environment.unmet()
    list(environment.requirements())


def _pth(content: bytes) -> None:
    files = _laid("/fuzz/site/a.pth", content)
    sys_path.of_script(files, _interpreter(), {}, "/fuzz")


def _pyvenv(content: bytes) -> None:
    files = _laid("/fuzz/pyvenv.cfg", content)
    for version in ("3.10.13", "3.11.7"):
        embedded._prefixes(files, "/fuzz/bin/python3", version)
    sys_path._system_site(files, "/fuzz")
    _on_disk(content, lambda path: target.kind_of(os.path.dirname(path), ""), "pyvenv.cfg")


def _conda_meta(content: bytes) -> None:
    packages._packages(_laid("/fuzz/conda-meta/python-3.11.7-0.json", content), "/fuzz")


def _configuration(content: bytes) -> None:
    files = _laid("/fuzz/model/config.pbtxt", content).with_changes({"/fuzz/model/1/model.py": Data(b"")})
    model_repository.probe(files, "/fuzz")


def _archive(content: bytes) -> None:
    try:
        archive = zipped.Archive(_laid("/fuzz/a.zip", content), "/fuzz/a.zip")
        for name, kind in archive.names("").items():
            if kind == "file":
                archive.read(name)
    except (OSError, ValueError):
        return


def _settings(content: bytes) -> None:
    first, _, values = content.decode("utf-8", "replace").partition("\0")
    variables = {
        f"PYTRITON_TRITON_CONFIG_{line.partition('=')[0]}": line.partition("=")[2]
        for line in values.split("\0")
    }
    settings = Settings(_laid("/fuzz/triton.py", first.encode()), "/fuzz", variables, "/")
    settings.configuration()


def _policy(content: bytes) -> None:
    try:
        _on_disk(content, lambda path: policy.find(os.path.dirname(path)), "tritondoctor.toml")
    except policy.PolicyError:
        return


def _lock(content: bytes) -> None:
    try:
        _on_disk(content, of_lock, "conda-lock.yml")
    except InstallError:
        return


def _journal(content: bytes) -> None:
    def listed(path: str) -> object:
        return journal.journals({"XDG_STATE_HOME": str(Path(path).parents[3])})

    _on_disk(content, listed, "tritondoctor/fixes/20261128-100000/record.json")


def _snapshot(content: bytes) -> None:
    try:
        snapshot.report(snapshot.parse(content, "fuzz"), "fuzz")
    except snapshot.SnapshotError:
        return


def _fleet(content: bytes) -> None:
    pieces = (
        reading.Piece(f"fuzz:{line}", "fuzz", piece)
        for line, piece in reading.objects(io.BytesIO(content))
    )
    gather.gather(pieces, None).fleet(0.0)


def _log(content: bytes) -> None:
    verdict.explain(read.read(io.BytesIO(content)))


def _answer(content: bytes) -> None:
    try:
        answer.parse(content)
    except answer.NonsenseError:
        return


def _on_disk(content: bytes, use: Callable[[str], object], name: str) -> None:
    path = os.path.join(_folder(), name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    Path(path).write_bytes(content)
    use(path)


@cache
def _folder() -> str:
    return _keep(tempfile.TemporaryDirectory(prefix="tritondoctor-fuzz-"))


_kept: list[object] = []


def _keep(folder: tempfile.TemporaryDirectory[str]) -> str:
    _kept.append(folder)
    return folder.name


def _interpreter(*sys_path: str) -> Interpreter:
    return Interpreter(
        path="/fuzz/bin/python3", starts=True, prefix="/usr", base_prefix="/usr", user_site="/fuzz/site",
        sys_path=("/usr/lib/python3.11", *sys_path),
    )  # fmt: skip


TARGETS: dict[str, Target] = {
    "ld.so.cache": Target(_cache, seeds.caches),
    "config.pbtxt": Target(_configuration, seeds.configurations),
    "conda-meta": Target(_conda_meta, seeds.conda_records),
    "record": Target(_record, seeds.records),
    "metadata": Target(_metadata, seeds.metadata),
    "pth": Target(_pth, seeds.path_files),
    "pyvenv.cfg": Target(_pyvenv, seeds.pyvenvs),
    "shell": Target(_shell, seeds.start_files),
    "zip": Target(_archive, seeds.archives),
    "answer": Target(_answer, seeds.answers),
    "policy": Target(_policy, seeds.policies),
    "journal": Target(_journal, seeds.journals),
    "settings": Target(_settings, seeds.settings),
    "source": Target(_source, seeds.sources),
    "elf": Target(_elf, seeds.libraries),
    "link-map": Target(_link_map, seeds.libraries),
    "loader": Target(_system, seeds.loaders),
    "lock": Target(_lock, seeds.locks),
    "snapshot": Target(_snapshot, seeds.snapshots),
    "fleet": Target(_fleet, seeds.reports),
    "log": Target(_log, seeds.logs),
}
